/** Reads files from the command line, never more of one than we can use. */
import { open } from 'node:fs/promises';
import { codeOf } from '../core/error-code.ts';
import { MAX_MANIFEST_CHARACTERS } from '../engine/manifest/parse.ts';

/** In bytes of UTF-8. A file that is cut here is still too long for a manifest, so it is refused. */
const MANIFEST_BYTES = 4 * (MAX_MANIFEST_CHARACTERS + 1);

/** @throws the file system's errors */
export const readManifestFile = (file: string): Promise<string> => utf8Of(file, MANIFEST_BYTES);

/** At most so many bytes of a file of any encoding. @throws the file system's errors */
export const beginningOf = async (file: string, maxBytes: number): Promise<string> =>
  (await firstBytesOf(file, maxBytes)).toString('utf8');

/**
 * At most so many bytes of a text file.
 * @throws the file system's errors; `NOT_UTF8` where it isn't UTF-8, since a guess would change names silently
 */
export async function utf8Of(file: string, maxBytes: number): Promise<string> {
  const bytes = await firstBytesOf(file, maxBytes);
  try {
    // The last character may be cut off with the file.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, {
      stream: bytes.length >= maxBytes,
    });
  } catch {
    throw Object.assign(new Error(NOT_UTF8), { code: NOT_UTF8 });
  }
}

const NOT_UTF8 = 'NOT_UTF8';

/** At most so many bytes of a file. @throws the file system's errors */
export async function firstBytesOf(file: string, maxBytes: number): Promise<Buffer> {
  const handle = await open(file);
  try {
    const pieces: Buffer[] = [];
    for (let left = maxBytes; left > 0; ) {
      const { bytesRead, buffer } = await handle.read({
        buffer: Buffer.alloc(Math.min(left, PIECE)),
      });
      if (bytesRead === 0) break;
      pieces.push(buffer.subarray(0, bytesRead));
      left -= bytesRead;
    }
    return Buffer.concat(pieces);
  } finally {
    await handle.close();
  }
}

const PIECE = 64 * 1024;

/** Why a file can't be read, after its name and a colon. @param error the file system's */
export function whyUnreadable(error: unknown): string {
  const code = codeOf(error) ?? 'unknown reason';
  switch (code) {
    case 'ENOENT':
      return 'there is no such file; check its name';
    case 'EISDIR':
      return 'this is a folder; name a file';
    case NOT_UTF8:
      return 'this is not UTF-8 text; save it as UTF-8';
    case 'EACCES':
      return 'you may not read it; check its permissions';
    default:
      return `it can't be read (${code})`;
  }
}
