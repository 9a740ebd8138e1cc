/**
 * ZIP files that are written while they are sent, and end with a comment that seals them: it is made from the hash of all bytes
 * before it, so a change of any byte shows, even where no program that opens ZIP files looks.
 */
import { createHash } from 'node:crypto';
import { unzipSync, Zip, ZipDeflate } from 'fflate';

export interface FileToZip {
  readonly name: string;
  readonly content: AsyncIterable<string>;
}

/** @param seal makes the comment of `sealLength` ASCII characters from the hash (SHA-256, base64url) of what is before it */
export async function* zipped(
  files: AsyncIterable<FileToZip>,
  {
    seal,
    sealLength,
  }: { readonly seal: (hash: string) => Promise<string>; readonly sealLength: number },
): AsyncIterable<Uint8Array> {
  let made: Uint8Array[] = [];
  let failure: Error | null = null;
  const zip = new Zip((error, chunk) => {
    failure ??= error;
    made.push(chunk);
  });
  const hash = createHash('sha256');
  const taken = (): readonly Uint8Array[] => {
    if (failure) throw failure;
    const chunks = made.filter(({ length }) => length > 0);
    made = [];
    for (const chunk of chunks) hash.update(chunk);
    return chunks;
  };
  const encoder = new TextEncoder();
  for await (const { name, content } of files) {
    const file = new ZipDeflate(name, { level: 6 });
    zip.add(file);
    for await (const text of content) {
      file.push(encoder.encode(text));
      yield* taken();
    }
    file.push(new Uint8Array(), true);
    yield* taken();
  }
  zip.end();
  announceComment(made.at(-1), sealLength);
  yield* taken();
  yield encoder.encode(await seal(hash.digest('base64url')));
}

/** The last two bytes of a ZIP file without a comment are the length of its comment: 0. */
function announceComment(end: Uint8Array | undefined, length: number): void {
  if (!end) throw new TypeError('A ZIP file has an end');
  new DataView(end.buffer, end.byteOffset).setUint16(end.length - 2, length, true);
}

/** The comment, and the hash of all bytes before it. */
export function sealOf(
  zip: Uint8Array,
  sealLength: number,
): { readonly seal: string; readonly hash: string } {
  const end = Math.max(0, zip.length - sealLength);
  return {
    seal: Buffer.from(zip.subarray(end)).toString('latin1'),
    hash: createHash('sha256').update(zip.subarray(0, end)).digest('base64url'),
  };
}

/** The names of the files in it. @throws when it is no ZIP file, or says that it has more files than that */
export function namesInZip(zip: Uint8Array, maxFiles: number): readonly string[] {
  const names: string[] = [];
  unzipSync(zip, {
    filter: ({ name }) => {
      if (names.push(name) > maxFiles) throw new RangeError('It has too many files');
      return false;
    },
  });
  return names;
}

/**
 * The content of one file. Undefined: there is none of that name.
 * @throws when it is damaged, or larger than that
 */
export function fileInZip(zip: Uint8Array, wanted: string, maxBytes: number): string | undefined {
  const files = unzipSync(zip, {
    filter: ({ name, originalSize }) => name === wanted && within(originalSize, maxBytes),
  });
  const bytes = files[wanted];
  return bytes && new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

function within(size: number, maxBytes: number): true {
  if (size > maxBytes) throw new RangeError('A file in it is too large');
  return true;
}
