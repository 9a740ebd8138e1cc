/** `/exports/<session>`: a file for the one who asked for it in chat. It is written line by line while it is read. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Request, type Response, Router } from 'express';
import { CSV_BOM } from '../core/csv.ts';
import { say } from '../core/say.ts';
import type { PersonalData } from '../engine/ports/people-stores.ts';
import { type Export, openExport } from '../engine/work/exports.ts';
import { type MessagePage, sendPage, uncached } from './pages.ts';
import { publicPath, requireSession, type SessionParts, sessionPath } from './sessions.ts';

export interface ExportParts extends SessionParts {
  readonly personalData: PersonalData;
}

export function exportPages(parts: ExportParts): Router {
  const router = Router();
  router.get('/exports/:session', (request, response) => offer(parts, request, response));
  router.get('/exports/:session/file', (request, response) => send(parts, request, response));
  return router;
}

async function offer(parts: ExportParts, request: Request, response: Response): Promise<void> {
  const admitted = await requireSession(request, 'export', parts);
  if (!admitted.ok) return sendPage(response, admitted.status, admitted.page);
  const found = await openExport(admitted.session.subject, {
    ...parts,
    now: parts.now(),
    taker: admitted.person,
  });
  if (!found) return sendPage(response, 404, gone());
  const url = publicPath(`${sessionPath(admitted.session)}/file`, parts);
  sendPage(response, 200, {
    title: say`Your file is ready`,
    text: say`It holds names and addresses: keep it where only those see it who should. This page ends by itself after ten minutes.`,
    link: { label: say`Save ${found.fileName}`, url },
  });
}

async function send(parts: ExportParts, request: Request, response: Response): Promise<void> {
  const admitted = await requireSession(request, 'export', parts);
  if (!admitted.ok) return sendPage(response, admitted.status, admitted.page);
  const { session, person } = admitted;
  const found = await openExport(session.subject, { ...parts, now: parts.now(), taker: person });
  if (!found) return sendPage(response, 404, gone());
  uncached(response).type(found.type).attachment(found.fileName);
  if (request.method === 'HEAD') return void response.end(); // Nothing is taken out.
  await parts.transact((tx) =>
    tx.audit('export.made', {
      actor: { kind: 'person', personId: person.id, via: 'web' },
      ...(found.personId !== undefined && { personId: found.personId }),
      detail: { file: found.fileName },
    }),
  );
  await pipeline(Readable.from(fileOf(found)), response).catch((error: unknown) => {
    if (!isGivenUp(error)) throw error;
  });
}

/** Whoever reads the file has closed the connection. */
const isGivenUp = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';

async function* fileOf({ lines, type }: Export): AsyncIterable<string> {
  if (type === 'text/csv') yield CSV_BOM;
  yield* lines;
}

const gone = (): MessagePage => ({
  title: say`This is gone`,
  text: say`What it is about was deleted meanwhile. Ask for a new file in chat.`,
});
