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

/** The audit log says who took it. A HEAD request takes nothing. */
export async function sendFile(
  response: Response,
  file: Export,
  { request, taker, transact }: Taking,
): Promise<void> {
  uncached(response).type(file.type).attachment(file.fileName);
  if (request.method === 'HEAD') return void response.end();
  await transact((tx) =>
    tx.audit('export.made', {
      actor: { kind: 'person', personId: taker.id, via: 'web' },
      personId: file.personId,
      integrationId: file.integrationId,
      detail: { file: file.fileName, ...file.filter },
    }),
  );
  await pipeline(Readable.from(contentOf(file)), response).catch((error: unknown) => {
    if (!isGivenUp(error)) throw error;
  });
}

/** True when the reader closed the connection. */
const isGivenUp = (error: unknown): boolean => codeOf(error) === 'ERR_STREAM_PREMATURE_CLOSE';

async function* contentOf({ lines, type }: Export): AsyncIterable<string | Uint8Array> {
  if (type === 'text/csv') yield CSV_BOM;
  yield* lines;
}
