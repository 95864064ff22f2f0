/** Writes the PNG icons of the installed app from the same three discs as public/icons/icon.svg: `node tools/icons.mjs`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PNG } from 'pngjs';

const folder = join(import.meta.dirname, '../public/icons');
const ground = [0x1f, 0x1b, 0x19];
const discColor = [0xff, 0x9a, 0x52];
/** Centre, radius (units of a 32-unit square) and opacity. */
const discs = [
  [9.5, 20.5, 4.5, 0.28],
  [14.5, 17, 5, 0.55],
  [20.5, 13, 5.5, 1],
];
/** Samples along each side of a pixel. */
const samples = 4;

/** Share of the square's rounded ground at a point: 1 inside, 0 outside. */
function isGround(x, y, radius) {
  const dx = Math.max(radius - x, x - (32 - radius), 0);
  const dy = Math.max(radius - y, y - (32 - radius), 0);
  return dx * dx + dy * dy <= radius * radius;
}

/** `scale` below 1 keeps the discs inside the circle that a launcher may cut out. */
function drawIcon(size, { cornerRadius, scale }) {
  const png = new PNG({ width: size, height: size });
  for (let py = 0; py < size; py++) {
    for (let px = 0; px < size; px++) {
      const sum = [0, 0, 0, 0];
      for (let sample = 0; sample < samples * samples; sample++) {
        const x = ((px + ((sample % samples) + 0.5) / samples) / size) * 32;
        const y = ((py + (Math.floor(sample / samples) + 0.5) / samples) / size) * 32;
        if (!isGround(x, y, cornerRadius)) continue;
        let color = ground;
        for (const [cx, cy, radius, opacity] of discs) {
          const dx = (x - 16) / scale + 16 - cx;
          const dy = (y - 16) / scale + 16 - cy;
          if (dx * dx + dy * dy <= radius * radius) color = color.map((value, channel) => value + (discColor[channel] - value) * opacity);
        }
        color.forEach((value, channel) => (sum[channel] += value));
        sum[3] += 1;
      }
      const at = (py * size + px) * 4;
      for (let channel = 0; channel < 3; channel++) png.data[at + channel] = sum[3] === 0 ? 0 : Math.round(sum[channel] / sum[3]);
      png.data[at + 3] = Math.round((sum[3] / (samples * samples)) * 255);
    }
  }
  return PNG.sync.write(png);
}

const icons = {
  'icon-192.png': [192, { cornerRadius: 8, scale: 1 }],
  'icon-512.png': [512, { cornerRadius: 8, scale: 1 }],
  'icon-maskable-512.png': [512, { cornerRadius: 0, scale: 0.8 }],
  'apple-touch-icon.png': [180, { cornerRadius: 0, scale: 1 }],
};
for (const [name, [size, shape]] of Object.entries(icons)) writeFileSync(join(folder, name), drawIcon(size, shape));
