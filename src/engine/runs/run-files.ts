/** The files of a run: saved from one answer, sent with later requests. They are read in parts, so none is in memory as a whole. */
import type { BodySink, FileToSend } from '../ports/http.ts';
import type { RunFilePart, RunFileStore } from '../ports/run-stores.ts';

/** Encrypting a part takes a few milliseconds, and a few times its size in memory. */
export const FILE_PART_BYTES = 256 * 1024;
/** The largest file that `save_as_file` accepts. */
const MAX_FILE_BYTES = 100 * 1024 * 1024;

/** Another worker holds the run now, so this one stores nothing more for it. */
export class LostRun extends Error {
  readonly code = 'lost-run';
  constructor() {
    super('The run is no longer held by this worker');
    this.name = 'LostRun';
  }
}

export interface FileSaver extends BodySink {
  /** Stores the last part, which completes the file. @returns its size in bytes */
  finish(contentType: string | undefined): Promise<number>;
}

/**
 * @param takes whether an answer with this status is the file
 * @param putPart stores a part; false when the run was lost
 */
export function fileSaver({
  runId,
  name,
  takes,
  putPart,
}: {
  readonly runId: string;
  readonly name: string;
  readonly takes: (status: number) => boolean;
  readonly putPart: (part: RunFilePart) => Promise<boolean>;
}): FileSaver {
  let index = 0;
  let size = 0;
  let held: Uint8Array[] = [];
  let heldBytes = 0;

  async function put(last: boolean, contentType?: string): Promise<void> {
    const bytes = Buffer.concat(held, heldBytes);
    held = [];
    heldBytes = 0;
    const part = { runId, name, index, last, bytes, ...(contentType && { contentType }) };
    if (!(await putPart(part))) throw new LostRun();
    index += 1;
  }

  return {
    takes,
    maxBytes: MAX_FILE_BYTES,
    async write(piece) {
      size += piece.byteLength;
      for (let at = 0; at < piece.byteLength; ) {
        // A full part is stored only when more bytes come, so that the last part of several is never empty.
        if (heldBytes === FILE_PART_BYTES) await put(false);
        const taken = piece.subarray(at, at + FILE_PART_BYTES - heldBytes);
        held.push(taken);
        heldBytes += taken.byteLength;
        at += taken.byteLength;
      }
    },
    async finish(contentType) {
      await put(true, contentType);
      return size;
    },
  };
}

export const fileReader =
  (files: RunFileStore, runId: string) =>
  async (name: string): Promise<FileToSend> => {
    const file = await files.find(runId, name);
    if (!file) throw new FileMissing();
    return { ...file, pieces: () => piecesOf(files, runId, name) };
  };

async function* piecesOf(
  files: RunFileStore,
  runId: string,
  name: string,
): AsyncGenerator<Uint8Array> {
  for (let index = 0, last = false; !last; index += 1) {
    const part = await files.part(runId, name, index);
    if (!part) throw new FileMissing();
    yield part.bytes;
    last = part.last;
  }
}

/** A saved file of the run, or a part of it, no longer exists. */
class FileMissing extends Error {
  readonly code = 'file-missing';
  constructor() {
    super('A saved file of the run is not there');
    this.name = 'FileMissing';
  }
}
