// How a program's JavaScript glue is told from another build's.
import assert from 'node:assert/strict';
import test from 'node:test';
import { numbersOf, numbersOfGlue } from '../js/lane.js';

/** A module with these exports, each a function that does nothing. */
function moduleWith(...names) {
  const text = (name) => [name.length, ...Buffer.from(name)];
  const exported = names.flatMap((name) => [...text(name), 0, 0]);
  return new WebAssembly.Module(new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, exported.length + 1, names.length, ...exported, 10, 4, 1, 2, 0, 11,
  ]));
}

const closes = (adapter) => new Function(`return { './x_bg.js': { cast: (a, b) => makeClosure(a, b, ${adapter}), memory: {} } }`);

test('glue that calls adapters which the module does not have is of another build', () => {
  const module = moduleWith('closures_____invoke__h0123');
  assert.ok(numbersOfGlue(closes('closures_____invoke__h0123'), module));
  assert.equal(numbersOfGlue(closes('closures_____invoke__h4567'), module), null);
  assert.equal(numbersOfGlue(closes('closures_____invoke__h0123'), moduleWith('other')), null);
});

test('the number is the same for the same functions, and another one for others', () => {
  const imports = (...names) => ({ './x_bg.js': Object.fromEntries(names.map((name) => [name, () => 0])) });
  assert.deepEqual(numbersOf(imports('a', 'b')), numbersOf(imports('a', 'b')));
  assert.notDeepEqual(numbersOf(imports('a', 'b')), numbersOf(imports('a', 'c')));
  assert.notDeepEqual(numbersOf(imports('a', 'b')), numbersOf(imports('a')));
});

test('what a bundler makes of the functions does not count', () => {
  assert.deepEqual(numbersOf({ x: { a: (first) => first } }), numbersOf({ x: { a: (e) => e } }));
});
