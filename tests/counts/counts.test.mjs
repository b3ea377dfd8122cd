// How many instructions a trivial call takes, counted by valgrind, which comes to the same on a busy machine: a change that makes calls
// dearer fails here. What start and end of the program take is left out by counting a run of twice as many calls as well.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { before, test } from 'node:test';
import { at } from '../../scripts/paths.mjs';
import { ask } from '../../scripts/shell.mjs';

// As counted in the release profile under valgrind 3.19.0. Eleven runs were the same, but for 0.1 % between those of the first, which looks at
// the clock. A path that was made cheaper or dearer on purpose gets its new count here.
const COUNTED = {
  // Submitted, run in the calling thread, and answered.
  inline: 3_600,
  // 64 in flight on a lane that answers 8 at a time, each with a caller who is woken.
  lane: 3_510,
  // A call and its reply, encoded and decoded, 32 to a frame. An error that may say why a lane was lost is larger than one with a text only.
  wire: 1_481,
};
// What they were counted with; the C library's allocator is a third of them.
const WITH = { rustc: 'rustc 1.95.0 (59807616e 2026-04-14)', glibc: '2.36' };
// One needless copy of a short vector is 3.5 %, taking a free lock once more 0.5 to 0.9 %, which is not seen. Other compilers and other C libraries may differ by more than that.
const DEARER = { same: 1.015, other: 1.1 };
// Below this something is no longer done that was done, or the counts above are out of date and guard nothing.
const CHEAPER = 0.75;

const CALLS = 6_400;
const ELSEWHERE = process.arch !== 'x64' && 'the counts are those of x86-64';

let program;

before(() => {
  const build = spawnSync('cargo', ['build', '--release', '--package', 'offloop-counts', '--message-format', 'json'], { cwd: at(), encoding: 'utf8', maxBuffer: 1 << 28 });
  assert.equal(build.status, 0, build.stderr);
  const messages = build.stdout.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  program = messages.find(({ executable }) => executable)?.executable;
  assert.ok(program, 'cargo names the program that it built');
});

function instructions(path, calls) {
  const { status, stderr, error } = spawnSync('valgrind', ['--tool=callgrind', '--callgrind-out-file=/dev/null', program, path, String(calls)], { encoding: 'utf8' });
  assert.ifError(error);
  assert.equal(status, 0, stderr);
  const [, count] = /Collected : (\d+)/.exec(stderr) ?? assert.fail(`no count in what valgrind says: ${stderr}`);
  return Number(count);
}

function here() {
  return { rustc: ask('rustc', '--version'), glibc: process.report.getReport().header.glibcVersionRuntime };
}

for (const [path, counted] of Object.entries(COUNTED)) {
  test(`a trivial call takes no more instructions than it did: ${path}`, { skip: ELSEWHERE }, (t) => {
    const each = (instructions(path, 2 * CALLS) - instructions(path, CALLS)) / CALLS;
    t.diagnostic(`${each.toFixed(1)} instructions`);
    const same = here().rustc === WITH.rustc && here().glibc === WITH.glibc;
    const [least, most] = [counted * CHEAPER, counted * DEARER[same ? 'same' : 'other']];
    assert.ok(each >= least && each <= most, `${each.toFixed(1)} instructions, ${counted} when it was written down; ${least.toFixed(0)} to ${most.toFixed(0)} are allowed`);
  });
}
