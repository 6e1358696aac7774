// Reads a QR code drawn with half blocks, dark modules black, from standard input, and prints its text.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(path.join(process.env.CHAT_PACKAGES ?? process.cwd(), 'package.json'));
const jsQR = require('jsqr');
const SCALE = 4;

const rows = readFileSync(0, 'utf8').split('\n').filter(row => row.length > 0);
const [width, height] = [rows[0].length * SCALE, rows.length * 2 * SCALE];
const pixels = new Uint8ClampedArray(width * height * 4).fill(255);
for (let y = 0; y < height; y++) {
  for (let x = 0; x < width; x++) {
    const module = Math.floor(y / SCALE);
    const block = rows[module >> 1][Math.floor(x / SCALE)];
    if (block === '█' || block === (module % 2 === 0 ? '▀' : '▄'))
      pixels.fill(0, (y * width + x) * 4, (y * width + x) * 4 + 3);
  }
}
console.log(jsQR(pixels, width, height)?.data ?? 'no code');
