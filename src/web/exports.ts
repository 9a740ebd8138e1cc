/** `/exports/<session>`: a file for the person who requested it in chat. It is written line by line during the download. */
import { type Request, type Response, Router } from 'express';
import { t } from '../core/translate.ts';
import type { PersonalData } from '../engine/ports/people-stores.ts';
import { openExport } from '../engine/work/exports.ts';
import { type MessagePage, sendPage } from './pages.ts';
import { sendFile } from './send-file.ts';
import { publicPath, requireSession, type SessionDeps, sessionPath } from './sessions.ts';

export interface ExportDeps extends SessionDeps {
  readonly personalData: PersonalData;
}

export function exportPages(deps: ExportDeps): Router {
  const router = Router();
  router.get('/exports/:session', (request, response) => offer(deps, request, response));
  router.get('/exports/:session/file', (request, response) => send(deps, request, response));
  return router;
}

async function offer(deps: ExportDeps, request: Request, response: Response): Promise<void> {
  const admitted = await requireSession(request, 'export', deps);
  if (!admitted.ok) return sendPage(response, admitted.status, admitted.page);
  const found = await openExport(admitted.session.subject, {
    ...deps,
    now: deps.now(),
    taker: admitted.person,
  });
  if (!found) return sendPage(response, 404, gone());
  const url = publicPath(`${sessionPath(admitted.session)}/file`, deps);
  sendPage(response, 200, {
    title: t`Your file is ready`,
    text: t`It contains names and addresses, so keep it where only the right people can see it.`,
    endsAt: admitted.session.expiresAt,
    link: { label: t`Save ${found.fileName}`, url },
  });
}

async function send(deps: ExportDeps, request: Request, response: Response): Promise<void> {
  const admitted = await requireSession(request, 'export', deps);
  if (!admitted.ok) return sendPage(response, admitted.status, admitted.page);
  const { session, person } = admitted;
  const found = await openExport(session.subject, { ...deps, now: deps.now(), taker: person });
  if (!found || !(await sendFile(response, found, { ...deps, request, taker: person })))
    sendPage(response, 404, gone());
}

const gone = (): MessagePage => ({
  title: t`This no longer exists`,
  text: t`What it was about has been deleted. Get a new file in chat.`,
});
