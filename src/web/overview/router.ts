/**
 * `/overview/<session>`: who has what and why, for admins and auditors. It only reads. Filters are in the address, and each list is
 * also a CSV file, which is written line by line during the download, as a pack of evidence is.
 */
import { type Request, type RequestHandler, Router } from 'express';
import { t } from '../../core/translate.ts';
import { type Export, reviewFile } from '../../engine/work/exports.ts';
import { type MessagePage, PAGE_SCRIPT, sendHtml, sendPage } from '../pages.ts';
import { queryIn } from '../query.ts';
import { sendFile } from '../send-file.ts';
import { publicPath, requireSession, sessionPath } from '../sessions.ts';
import { apps, oneApp } from './app-pages.ts';
import { evidenceFile, evidencePage } from './evidence-page.ts';
import { appFile, findingsFile, healthFile, peopleFile, removalsFile } from './files.ts';
import { findings } from './findings-page.ts';
import { healthPage } from './health-page.ts';
import { onePerson, people } from './people-pages.ts';
import { removals } from './removals-page.ts';
import { oneReview, reviews } from './reviews-page.ts';
import { summary } from './summary-page.ts';
import type { OverviewDeps, Turn } from './turn.ts';
import { draw, type View } from './views.ts';

/** Undefined where there is no such thing. */
type Shows = (turn: Turn, id: string) => Promise<View | undefined>;

export function overviewPages(deps: OverviewDeps): Router {
  const router = Router();
  const root = '/overview/:session';
  router.get(root, shows(deps, summary));
  router.get(`${root}/people`, shows(deps, people));
  router.get(`${root}/people/:id`, shows(deps, onePerson));
  router.get(`${root}/apps`, shows(deps, apps));
  router.get(`${root}/apps/:id`, shows(deps, oneApp));
  router.get(`${root}/removals`, shows(deps, removals));
  router.get(`${root}/reviews`, shows(deps, reviews));
  router.get(`${root}/reviews/:id`, shows(deps, oneReview));
  router.get(`${root}/findings`, shows(deps, findings));
  router.get(`${root}/health`, shows(deps, healthPage));
  router.get(`${root}/evidence`, shows(deps, evidencePage));
  router.get(`${root}/evidence.zip`, saves(deps, evidenceFile));
  router.get(`${root}/people.csv`, saves(deps, peopleFile));
  router.get(`${root}/apps/:id/people.csv`, saves(deps, appFile));
  router.get(`${root}/removals.csv`, saves(deps, removalsFile));
  router.get(`${root}/findings.csv`, saves(deps, findingsFile));
  router.get(`${root}/health.csv`, saves(deps, healthFile));
  router.get(
    `${root}/reviews/:id/review.csv`,
    saves(deps, ({ stores }, id) => reviewFile(id, stores)),
  );
  return router;
}

async function admit(request: Request, deps: OverviewDeps) {
  const admitted = await requireSession(request, 'overview', deps);
  if (!admitted.ok) return admitted;
  const { session, person: reader } = admitted;
  const turn: Turn = {
    ...deps,
    frame: {
      session,
      root: publicPath(sessionPath(session), deps),
      script: publicPath(PAGE_SCRIPT, deps),
    },
    query: queryIn(request),
    zone: reader.timeZone ?? deps.timeZone,
    reader,
  };
  return { ok: true, turn } as const;
}

const shows =
  (deps: OverviewDeps, show: Shows): RequestHandler =>
  async (request, response) => {
    const admitted = await admit(request, deps);
    if (!admitted.ok) return sendPage(response, admitted.status, admitted.page);
    const { turn } = admitted;
    const view = await show(turn, idIn(request));
    if (view) sendHtml(response, 200, draw(view, turn.frame));
    else sendPage(response, 404, nothing(turn));
  };

const saves =
  (
    deps: OverviewDeps,
    open: (turn: Turn, id: string) => Promise<Export | undefined>,
  ): RequestHandler =>
  async (request, response) => {
    const admitted = await admit(request, deps);
    if (!admitted.ok) return sendPage(response, admitted.status, admitted.page);
    const { turn } = admitted;
    const file = await open(turn, idIn(request));
    if (!file || !(await sendFile(response, file, { ...deps, request, taker: turn.reader })))
      sendPage(response, 404, nothing(turn));
  };

const idIn = ({ params }: Request): string => {
  const id = params['id'];
  return typeof id === 'string' ? id : '';
};

const nothing = ({ frame }: Turn): MessagePage => ({
  title: t`This no longer exists`,
  text: t`It has been deleted, or the address is damaged.`,
  link: { label: t`Overview`, url: frame.root },
});
