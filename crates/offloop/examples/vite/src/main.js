import init, { Pool } from '../pkg/blur.js';

const SIZE = 256;

await init();
const pool = new Pool();

// Vertical stripes, 16 pixels wide.
const picture = Uint8Array.from({ length: SIZE * SIZE }, (_, i) => ((i % SIZE) & 16 ? 255 : 0));
const blurred = await pool.blur(picture, SIZE, 64);

const context = document.querySelector('canvas').getContext('2d');
const image = context.createImageData(SIZE, SIZE);
blurred.forEach((grey, i) => image.data.set([grey, grey, grey, 255], 4 * i));
context.putImageData(image, 0, 0);
document.querySelector('output').value = blurred[(SIZE * SIZE + SIZE) / 2];
