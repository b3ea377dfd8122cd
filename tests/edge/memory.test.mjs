// How much memory an instance has taken after a picture: an isolate on Cloudflare has 128 MB. What an instance has once taken it
// keeps, so its size tells the peak; and that depends on the picture only, never on the machine.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { jpeg, png, webp } from './flat.mjs';
import { edgeModule } from './instance.mjs';

const MOST = 128_000_000;
/** Accepted by default: `PICTURE_MAX`. */
const LARGEST_FILE = 10 << 20;

let instance;
before(async () => { instance = await edgeModule(); }, { timeout: 900_000 });

/** Name, picture, and whether a thumbnail must be possible: 12 megapixels, and then the largest kinds that the limits let in. */
const PICTURES = [
  ['12 MP JPEG', () => jpeg(4_000, 3_000, 3), true],
  ['12 MP progressive JPEG', () => jpeg(4_000, 3_000, 3, { progressive: true }), true],
  ['12 MP CMYK JPEG', () => jpeg(4_000, 3_000, 4), true],
  ['12 MP PNG', () => png(4_000, 3_000, 3), true],
  ['12 MP PNG with alpha', () => png(4_000, 3_000, 4), true],
  ['12 MP grey PNG', () => png(4_000, 3_000, 1), true],
  ['12 MP WebP', () => webp(4_000, 3_000), true],
  ['12 MP WebP with alpha', () => webp(4_000, 3_000, { alpha: true }), true],
  ['50 MP JPEG', () => jpeg(8_160, 6_120, 3), true],
  ['50 MP progressive JPEG', () => jpeg(8_160, 6_120, 3, { progressive: true }), false],
  ['50 MP PNG', () => png(8_160, 6_120, 3), true],
  ['wide PNG', () => png(49_000, 1_000, 4), true],
  ['tall PNG', () => png(1_000, 49_000, 4), true],
  ['tall JPEG', () => jpeg(800, 60_000, 3), false],
  ['16 MP WebP with alpha', () => webp(4_000, 4_000, { alpha: true }), false],
];

for (const [name, make, possible] of PICTURES) {
  test(`fits into a lane, or is refused: ${name}`, async (context) => {
    const picture = make();
    assert.ok(picture.length <= LARGEST_FILE, `${picture.length} bytes`);
    for (const query of ['width=320', 'width=2048&height=2048&fit=cover']) {
      const { fetch, memory } = await instance();
      const response = await fetch(`/thumbnail?${query}`, { method: 'POST', body: picture });
      const text = response.ok ? '' : await response.text();
      context.diagnostic(`${query}: ${response.status}, ${(memory() / 1e6).toFixed(1)} MB of wasm memory ${text}`);
      if (possible && query === 'width=320') assert.equal(response.status, 200, text);
      else assert.ok(response.status === 200 || /too many for the memory of a lane/.test(text), text);
      // The runtime holds the posted picture as well.
      assert.ok(memory() + picture.length <= MOST, `${memory()} bytes of wasm memory and a picture of ${picture.length}`);
    }
  });
}
