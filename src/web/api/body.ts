/** The JSON that came: nothing of it is read before its size is known. */
import { type Request, raw } from 'express';
import type { Problem } from './problems.ts';

const JSON_TYPE = 'application/json';
const MAX_BODY = 64 * 1024;

/** Its bytes, whose size is known before they are read. */
export const readJson = raw({ type: JSON_TYPE, limit: MAX_BODY, inflate: false });

const EMPTY = { body: {}, bytes: '' };
export const noBody = { body: undefined, bytes: '' };

type ReadBody = { readonly body: unknown; readonly bytes: string } | { readonly problem: Problem };

export function bodyOf(request: Request): ReadBody {
  const sent: unknown = request.body; // No bytes where there was no body, or another kind of one.
  if (!Buffer.isBuffer(sent)) return hasBody(request) ? { problem: notJson } : EMPTY;
  if (sent.length === 0) return EMPTY;
  try {
    const bytes = utf8.decode(sent);
    return { body: JSON.parse(bytes) as unknown, bytes };
  } catch {
    return {
      problem: { kind: 'unreadable', detail: 'The body is not JSON in UTF-8. Nothing was done.' },
    };
  }
}

/** Refuses what isn't UTF-8: a name in another encoding would be stored as question marks. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

const hasBody = ({ headers }: Request): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

const notJson: Problem = {
  kind: 'not-json',
  detail: 'Send JSON, with Content-Type: application/json.',
};

export const broken: Problem = {
  kind: 'broken',
  detail:
    'Try again. If it happens again, tell your Latchkey admin the X-Request-Id of this answer.',
};

/** What it is about was changed or deleted while it was worked on. */
export const overtaken: Problem = {
  kind: 'conflict',
  detail:
    'Someone else changed or deleted it at the same moment, so nothing was done. Read it again, and send the request again if it is still needed.',
};

/** Errors of express are the caller's and have a status. */
export function problemOf(status: unknown): Problem | undefined {
  if (typeof status !== 'number' || status >= 500) return undefined;
  if (status === 413)
    return { kind: 'too-large', detail: `The body has more than ${MAX_BODY / 1024} kB.` };
  if (status === 415)
    return { kind: 'not-json', detail: 'Send the body as it is, without Content-Encoding.' };
  return { kind: 'unreadable', detail: 'The address or the body is damaged, or was cut off.' };
}
