/**
 * `/oauth/<integration>/…`: sends an admin's browser to an app and takes it back. `connect` sends it, `callback` takes
 * its code, and `connected` shows the next step at an address without the code.
 */
import { type Request, type Response, Router } from 'express';
import { t } from '../core/translate.ts';
import { unreachable } from '../core/unreachable.ts';
import { isConnected } from '../engine/calls/context.ts';
import type { Tokens } from '../engine/calls/oauth.ts';
import {
  type Arrival,
  arrive,
  connectedBy,
  connectedCookie,
  type Departure,
  departureOf,
  mayBeOurs,
} from '../engine/integrations/connect.ts';
import { stateOf } from '../engine/integrations/integration-state.ts';
import { nextStep } from '../engine/integrations/next-step.ts';
import { showResult } from '../engine/links/page-result.ts';
import { subjectNow } from '../engine/links/web-sessions.ts';
import type { Integration } from '../engine/people/directory.ts';
import { type MessagePage, sendPage } from './pages.ts';
import { queryIn } from './query.ts';
import {
  browserOf,
  cookieIn,
  isSecure,
  notAdmin,
  noteRefusal,
  oauthPath,
  publicPath,
  type ResultDeps,
  requireSession,
  type SessionDeps,
  subjectGone,
} from './sessions.ts';

export interface OAuthDeps extends SessionDeps, ResultDeps, Omit<Departure, 'keyedHash'> {
  readonly tokens: Pick<Tokens, 'exchangeCode'>;
}

/** How much of an app's own text we show. */
const QUOTED_CHARACTERS = 300;

export function oauthPages(deps: OAuthDeps): Router {
  const router = Router();
  router.get('/oauth/:integration/connect', (request, response) => depart(deps, request, response));
  router.get('/oauth/:integration/callback', (request, response) => back(deps, request, response));
  router.get('/oauth/:integration/connected', (request, response) => done(deps, request, response));
  return router;
}

async function depart(deps: OAuthDeps, request: Request, response: Response): Promise<void> {
  const admitted = await requireSession(request, 'connect', deps);
  if (!admitted.ok) return sendPage(response, admitted.status, admitted.page);
  const { session, integration } = admitted;
  if (!integration || session.subject !== integrationIn(request))
    return sendPage(response, 403, notOurs());
  const departing = await departureOf(deps.stores, { integration, session }, deps);
  if (!departing.ok)
    return sendPage(response, 409, {
      title: t`${integration.name} can't be connected yet`,
      text: `${departing.why} ${startAgain()}`,
    });
  // A page and not a redirect: this answers a form, and Chromium allows redirects after a form only to our own pages.
  const { url } = departing;
  sendPage(response, 200, {
    title: t`Going to ${integration.name}`,
    text: t`Your browser is going to ${new URL(url).host} now. If it doesn't, press the button.`,
    goesTo: url,
    link: { label: t`Continue to ${integration.name}`, url },
  });
}

async function back(deps: OAuthDeps, request: Request, response: Response): Promise<void> {
  // A preview or a scanner that only requests the headers must not use the code.
  if (request.method === 'HEAD') return sendPage(response, 200, onlyLooked());
  const query = queryIn(request);
  const error = query.get('error') ?? undefined;
  const returned = {
    integrationId: integrationIn(request),
    state: query.get('state') ?? undefined,
    code: query.get('code') ?? undefined,
    error,
    issuer: query.get('iss') ?? undefined,
  };
  const browser = browserOf(request, 'connect', deps);
  // Before any transaction, since strangers can send very many.
  if (!mayBeOurs(browser, returned, deps.keyedHash)) return sendPage(response, 403, notOurs());
  const arrival = await deps.transact(async (tx) => {
    const arrived = await arrive(tx, returned, {
      browser,
      now: deps.now(),
      keyedHash: deps.keyedHash,
      redirectUrlOf: deps.redirectUrlOf,
    });
    if (arrived.kind === 'not-admin') await noteRefusal(tx, arrived.session);
    return arrived;
  });
  if (arrival.kind === 'good') return exchange(deps, arrival, response);
  sendPage(response, ...answerTo(arrival, error, query.get('error_description') ?? undefined));
}

type Good = Extract<Arrival, { kind: 'good' }>;

async function exchange(
  deps: OAuthDeps,
  { integration, personId, sessionId, code, verifier, app }: Good,
  response: Response,
): Promise<void> {
  const by = { kind: 'person', personId, via: 'web' } as const;
  const exchanged = await deps.tokens.exchangeCode(integration.id, { code, verifier, app }, by);
  if (exchanged.ok) {
    const card = deps.resultCard({ done: 'connect', integrationId: integration.id });
    await deps.transact((tx) => showResult(tx, sessionId, card));
    const path = publicPath(`${oauthPath(integration.id)}/connected`, deps);
    const { keyedHash } = deps;
    const cookie = connectedCookie(integration.id, personId, { now: deps.now(), keyedHash });
    const secure = isSecure(deps);
    response.cookie(CONNECTED, cookie, { httpOnly: true, sameSite: 'lax', secure, path });
    return response.redirect(303, path);
  }
  sendPage(response, 502, {
    title: t`${integration.name} isn't connected`,
    text: exchanged.why,
    details: exchanged.detail,
  });
}

/** Lax: the browser comes from the app. */
const CONNECTED = 'latchkey-connected';

/** For a while, shows the integration's state to the browser that connected it. */
async function done(deps: OAuthDeps, request: Request, response: Response): Promise<void> {
  const integrationId = integrationIn(request);
  const cookie = cookieIn(request.headers.cookie, CONNECTED) ?? '';
  const { keyedHash } = deps;
  const personId = connectedBy(cookie, integrationId, { now: deps.now(), keyedHash });
  if (personId === undefined) return sendPage(response, 403, notShown());
  const about = { purpose: 'connect', subject: integrationId, personId } as const;
  const subject = await subjectNow(deps.stores, about);
  if (subject.kind === 'not-admin') {
    await deps.transact((tx) => noteRefusal(tx, about));
    const { status, page } = notAdmin('connect');
    return sendPage(response, status, page);
  }
  if (subject.kind === 'gone' || !subject.integration) {
    const { status, page } = subjectGone();
    return sendPage(response, status, page);
  }
  const { integration } = subject;
  const state = await stateOf(deps.stores, integration);
  sendPage(response, 200, {
    title: (await isConnected(deps.stores, integration))
      ? t`${integration.name} is connected`
      : t`${integration.name} isn't connected`,
    text: t`${nextStep(integration.name, state)} You can close this page.`,
  });
}

function answerTo(
  arrival: Exclude<Arrival, Good>,
  error: string | undefined,
  description: string | undefined,
): readonly [status: number, page: MessagePage] {
  switch (arrival.kind) {
    case 'refused':
      return [400, refusedPage(arrival.integration, error ?? '', description)];
    case 'wrong-issuer':
      return [400, wrongIssuer(arrival.integration, arrival.why)];
    case 'changed':
      return [409, changed(arrival.integration)];
    case 'no-code':
      return [400, noCode(arrival.integration)];
    case 'again':
      return arrival.isConnected
        ? [200, connectedAlready(arrival.integration)]
        : [410, usedAlready(arrival.integration)];
    case 'not-ours':
      return [403, notOurs()];
    case 'expired':
      return [410, tooLate()];
    case 'not-admin': {
      const { status, page } = notAdmin('connect');
      return [status, page];
    }
    case 'gone': {
      const { status, page } = subjectGone();
      return [status, page];
    }
    default:
      return unreachable(arrival);
  }
}

const integrationIn = ({ params }: Request): string => String(params['integration'] ?? '');

const startAgain = () => t`Then press Connect on its card in chat again.`;
const kept = () => t`Any earlier connection still works.`;

const refusedPage = (
  { name }: Integration,
  error: string,
  description: string | undefined,
): MessagePage => ({
  title: t`${name} did not allow the connection`,
  text: t`The reason given: ${cut([error, description].filter(Boolean).join(', '))}. ${kept()} If that wasn't intended, press Connect on its card in chat again.`,
});

/** The beginning of an app's text. */
function cut(text: string): string {
  const characters = Array.from(text.replaceAll(/\s+/g, ' ').trim());
  return characters.length <= QUOTED_CHARACTERS
    ? characters.join('').replace(/\.$/, '')
    : `${characters.slice(0, QUOTED_CHARACTERS).join('')}…`;
}

const wrongIssuer = ({ name }: Integration, why: string): MessagePage => ({
  title: t`${name} isn't connected`,
  text: t`${why} ${kept()} Press Connect on its card in chat to try again.`,
});
const changed = ({ name }: Integration): MessagePage => ({
  title: t`${name} isn't connected`,
  text: t`${name} has just changed, so it isn't connected. Press Connect again.`,
});
const noCode = ({ name }: Integration): MessagePage => ({
  title: t`${name} sent no code`,
  text: t`So it isn't connected. ${kept()} Press Connect on its card in chat again; if that doesn't help, its manifest may need "without_code": true.`,
});
/** The first result is no longer known. After a failed Reconnect the earlier connection still works. */
const connectedAlready = ({ name }: Integration): MessagePage => ({
  title: t`${name} is connected`,
  text: t`Reloading this page changes nothing. If it said that connecting failed, the earlier connection is still in use: press Reconnect on its card in chat for a new one. Otherwise you can close this page.`,
});
const usedAlready = ({ name }: Integration): MessagePage => ({
  title: t`This has already been used`,
  text: t`It works only once, and ${name} isn't connected. Press Connect on its card in chat again.`,
});
const notOurs = (): MessagePage => ({
  title: t`This wasn't started in this browser`,
  text: t`Nothing was connected. Press Connect on the integration's card in chat, and open the link in the browser where you sign in to the app.`,
});
const notShown = (): MessagePage => ({
  title: t`There is nothing left to see here`,
  text: t`For ten minutes, this page shows the result to the browser that connected. In chat, the integration's card shows the current state.`,
});
const tooLate = (): MessagePage => ({
  title: t`This took too long`,
  text: t`You have ten minutes for this, and nothing was connected. Press Connect on the integration's card in chat again.`,
});
const onlyLooked = (): MessagePage => ({
  title: t`Connecting`,
  text: t`Open this page in the browser where you started.`,
});
