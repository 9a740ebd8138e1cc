/** A file that is written line by line while it is downloaded. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { CSV_BOM } from '../core/csv.ts';
import { codeOf } from '../core/error-code.ts';
import type { Person } from '../engine/people/directory.ts';
import type { Database } from '../engine/ports/unit-of-work.ts';
import type { Export } from '../engine/work/exports.ts';
import { uncached } from './pages.ts';

export interface Taking extends Pick<Database, 'transact'> {
  readonly request: Request;
  readonly taker: Person;
}

/**
 * The audit log says who took it. A HEAD request takes nothing.
 * @returns false when nothing was sent, since what the file is about was deleted after it was opened
 */
export async function sendFile(
  response: Response,
  file: Export,
  { request, taker, transact }: Taking,
): Promise<boolean> {
  const isHead = request.method === 'HEAD';
  const lines = file.lines[Symbol.asyncIterator]();
  const first = isHead ? undefined : await lines.next();
  if (first?.done) return false;
  uncached(response).type(file.type).attachment(file.fileName);
  if (!first) {
    response.end();
    return true;
  }
  await transact((tx) =>
    tx.audit('export.made', {
      actor: { kind: 'person', personId: taker.id, via: 'web' },
      personId: file.personId,
      integrationId: file.integrationId,
      detail: { file: file.fileName, ...file.filter },
    }),
  );
  const content = contentOf(file.type, first.value, { [Symbol.asyncIterator]: () => lines });
  await pipeline(Readable.from(content), response).catch((error: unknown) => {
    if (!isGivenUp(error)) throw error;
  });
  return true;
}

/** True when the reader closed the connection. */
const isGivenUp = (error: unknown): boolean => codeOf(error) === 'ERR_STREAM_PREMATURE_CLOSE';

type Piece = string | Uint8Array;

async function* contentOf(
  type: Export['type'],
  first: Piece,
  more: AsyncIterable<Piece>,
): AsyncIterable<Piece> {
  if (type === 'text/csv') yield CSV_BOM;
  yield first;
  yield* more;
}
