// One at a time, across processes: two `npm start` on a new machine must not install into the same folder together. The lock is the kernel's (flock):
// it belongs to the open file and ends with its holder, however that ends. What the file contains is only for the message to those who wait.
import { spawnSync } from 'node:child_process';
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeFolder, say, Stop } from './shell.mjs';

const EVERY_MS = 300;

export async function exclusively(file, body) {
  let release = take(file);
  if (!release) say(`waiting for another offloop command${holder(file)} to finish its part`);
  while (!release) {
    await sleep(EVERY_MS);
    release = take(file);
  }
  try {
    return await body();
  } finally {
    release();
  }
}

// Takes the lock and returns the function that gives it back, or null if somebody else has it.
export function take(file) {
  makeFolder(dirname(file));
  for (;;) {
    const fd = open(file);
    if (fd === null) return null;
    if (!lock(fd, file)) {
      closeSync(fd);
      return null;
    }
    // The last holder may have removed the file between our two steps: then others lock another one.
    if (statSync(file, { throwIfNoEntry: false })?.ino === fstatSync(fd).ino) {
      sign(fd);
      return () => {
        rmSync(file, { force: true });
        closeSync(fd);
      };
    }
    closeSync(fd);
  }
}

// ` (process 123)`, if that is known.
export function holder(file) {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    return pid > 0 && alive(pid) ? ` (process ${pid})` : '';
  } catch {
    return '';
  }
}

export function alive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

// Windows has no `flock` program, but locks a file as it opens it: UV_FS_O_EXLOCK of <https://docs.libuv.org/en/v1.x/fs.html>.
const isWindows = process.platform === 'win32';
const FLAGS = constants.O_RDWR | constants.O_CREAT | (isWindows ? 0x10000000 : 0);

function open(file) {
  try {
    return openSync(file, FLAGS);
  } catch (error) {
    if (isWindows && error.code === 'EBUSY') return null;
    throw error;
  }
}

// Node cannot lock a file. A program can that shares its open file with us, and the lock stays when that program has ended. Linux has `flock`, macOS perl.
const LOCKERS = [
  ['flock', '-n', '3'],
  ['perl', '-e', 'open(my $file, "+<&=3") or exit 2; exit(flock($file, 6) ? 0 : $!{EWOULDBLOCK} ? 1 : 2)'],
];

function lock(fd, file) {
  if (isWindows) return true;
  for (const [program, ...args] of LOCKERS) {
    const { status, error, stderr } = spawnSync(program, args, { stdio: ['ignore', 'ignore', 'pipe', fd], encoding: 'utf8' });
    if (status === 0) return true;
    if (status === 1) return false;
    if (error?.code !== 'ENOENT') throw new Stop(`cannot lock ${file}: ${stderr?.trim() || error?.message || `${program} failed`}. Use a file system that can lock files.`);
  }
  throw new Stop('neither flock nor perl is on the PATH, one of which is needed to lock files. Install util-linux (it brings flock) and try again.');
}

function sign(fd) {
  try {
    ftruncateSync(fd);
    writeSync(fd, String(process.pid), 0);
  } catch {
    // A full disk. The lock holds all the same.
  }
}
