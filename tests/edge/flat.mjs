// Large pictures of one colour, written without a library. What decoders allocate depends on size and kind, not on the content.
import { deflateSync } from 'node:zlib';

const u16 = (n) => [n >> 8, n & 255];
const u32 = (n) => [n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255];

// `zlib.crc32` came with node 20.15.
const crc32 = (bytes) => ~bytes.reduce((crc, byte) => {
  let rest = crc ^ byte;
  for (let bit = 0; bit < 8; bit += 1) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0);
  return rest;
}, -1) >>> 0;

/** A PNG; `channels` 1, 3 or 4. */
export function png(width, height, channels) {
  const chunk = (kind, data) => {
    const body = Buffer.concat([Buffer.from(kind), data]);
    return Buffer.concat([Buffer.from(u32(data.length)), body, Buffer.from(u32(crc32(body)))]);
  };
  const type = { 1: 0, 3: 2, 4: 6 }[channels];
  const header = Buffer.from([...u32(width), ...u32(height), 8, type, 0, 0, 0]);
  const rows = Buffer.alloc((width * channels + 1) * height, 0);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A JPEG; `channels` 1, 3 or 4. A progressive one has the first scan only. */
export function jpeg(width, height, channels, { progressive = false } = {}) {
  const segment = (marker, data) => [0xff, marker, ...u16(data.length + 2), ...data];
  const components = Array.from({ length: channels }, (_, index) => index + 1);
  // One code for "no difference to the block before", one for "no more in this block": a bit each.
  const table = (id) => [id, 1, ...Array(15).fill(0), 0];
  const head = [
    0xff, 0xd8,
    ...segment(0xdb, [0, ...Array(64).fill(1)]),
    ...segment(progressive ? 0xc2 : 0xc0, [8, ...u16(height), ...u16(width), channels, ...components.flatMap((id) => [id, 0x11, 0])]),
    ...segment(0xc4, [...table(0x00), ...table(0x10)]),
    ...segment(0xda, [channels, ...components.flatMap((id) => [id, 0]), 0, progressive ? 0 : 63, 0]),
  ];
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8) * channels;
  return Buffer.concat([Buffer.from(head), Buffer.alloc(Math.ceil((blocks * (progressive ? 1 : 2)) / 8), 0), Buffer.from([0xff, 0xd9])]);
}

/** A lossless WebP: five codes of one symbol, so that a pixel takes no bits. */
export function webp(width, height, { alpha = false } = {}) {
  const bits = [];
  const put = (value, count) => { for (let at = 0; at < count; at += 1) bits.push((value >> at) & 1); };
  put(0x2f, 8);
  put(width - 1, 14);
  put(height - 1, 14);
  put(alpha ? 1 : 0, 1);
  put(0, 3); // version
  put(0, 3); // no transform, no colour cache, no meta codes
  for (const symbol of [120, 90, 60, 200, 0]) {
    put(1, 1); // a simple code
    put(0, 1); // of one symbol
    put(symbol > 1 ? 1 : 0, 1); // of eight bits or of one
    put(symbol, symbol > 1 ? 8 : 1);
  }
  const data = Buffer.alloc(Math.ceil(bits.length / 8) + 4);
  bits.forEach((bit, at) => { data[at >> 3] |= bit << (at & 7); });
  const length = data.length + (data.length % 2);
  const size = Buffer.alloc(4);
  const little = (n) => { size.writeUInt32LE(n); return Buffer.from(size); };
  return Buffer.concat([Buffer.from('RIFF'), little(length + 12), Buffer.from('WEBPVP8L'), little(data.length), data, Buffer.alloc(data.length % 2)]);
}
