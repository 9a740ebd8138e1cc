import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What the disk says of a block. */
const BLOCK = 512;

/** Bytes on the disk, as `du` counts them. Links are not followed. */
export async function sizeOf(path: string): Promise<number> {
  const found = await lstat(path);
  const own = found.blocks * BLOCK;
  if (!found.isDirectory()) return own;
  let sum = own;
  for (const name of await readdir(path)) sum += await sizeOf(join(path, name));
  return sum;
}
