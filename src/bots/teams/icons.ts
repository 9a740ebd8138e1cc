/** Draws the app's two icons, a key, as PNG. */
import { crc32, deflateSync } from 'node:zlib';

type Rgba = readonly [red: number, green: number, blue: number, alpha: number];

const BACKGROUND: Rgba = [46, 64, 87, 255];
const WHITE: Rgba = [255, 255, 255, 255];
const CLEAR: Rgba = [255, 255, 255, 0];
/** Samples on each side of a pixel, for smooth edges. */
const SAMPLES = 4;

/** 192 × 192, as Teams requires for the colour icon. White on a full square. */
export const colorIcon = (): Uint8Array => png(192, BACKGROUND);
/** 32 × 32, as Teams requires for the outline icon. White on transparent. */
export const outlineIcon = (): Uint8Array => png(32, CLEAR);

/** Whether a point of the unit square is in the key: a ring, a shaft and two teeth. */
function inKey(x: number, y: number): boolean {
  const fromRing = Math.hypot(x - 0.34, y - 0.5);
  const ring = fromRing <= 0.19 && fromRing >= 0.1;
  const shaft = x >= 0.5 && x <= 0.86 && Math.abs(y - 0.5) <= 0.045;
  const teeth = y >= 0.5 && y <= 0.66 && ((x >= 0.77 && x <= 0.86) || (x >= 0.63 && x <= 0.7));
  return ring || shaft || teeth;
}

function coverage(column: number, row: number, size: number): number {
  let covered = 0;
  for (let i = 0; i < SAMPLES; i++)
    for (let j = 0; j < SAMPLES; j++)
      if (inKey((column + (i + 0.5) / SAMPLES) / size, (row + (j + 0.5) / SAMPLES) / size))
        covered++;
  return covered / SAMPLES ** 2;
}

function png(size: number, background: Rgba): Uint8Array {
  const bytesPerRow = 1 + size * 4; // Each row begins with its filter type; 0 is none.
  const pixels = Buffer.alloc(bytesPerRow * size);
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const share = coverage(column, row, size);
      background.forEach((value, channel) => {
        const ink = WHITE[channel] ?? 255;
        pixels[row * bytesPerRow + 1 + column * 4 + channel] = Math.round(
          value + (ink - value) * share,
        );
      });
    }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8); // Eight bits for each channel, RGBA, not interlaced.
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(pixels, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
