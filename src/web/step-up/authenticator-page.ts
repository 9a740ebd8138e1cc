/**
 * `/authenticator/<session>`: someone sets up the app on their phone whose codes approvals ask for. The page shows its key once, as a QR
 * code; a code from the app proves that it arrived. Another admin then confirms in chat whose it is.
 */
import express, { type Request, Router } from 'express';
import { renderSVG } from 'uqr';
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Person } from '../../engine/people/directory.ts';
import type { Transaction } from '../../engine/ports/unit-of-work.ts';
import { beginEnrolment, proveAuthenticator } from '../../engine/step-up/enrol.ts';
import { keyUri } from '../../engine/step-up/totp.ts';
import { shownOnce } from '../link-texts.ts';
import {
  type MessagePage,
  PAGE_SCRIPT,
  type PageLink,
  pageTemplate,
  sendHtml,
  sendPage,
  waysBack,
} from '../pages.ts';
import {
  type GoodSession,
  publicPath,
  refusesStranger,
  requireSession,
  type SessionDeps,
} from '../sessions.ts';

/** In bytes of a submitted form: a code and two tokens. */
const FORM_BYTES = 4096;

const renderForm = pageTemplate<{
  /** SVG. */
  readonly qr: string;
  readonly key: string;
  readonly authenticatorId: string;
  readonly csrf: string;
  readonly problem?: string;
}>(new URL('./pages/authenticator.mustache', import.meta.url));

const renderRecovery = pageTemplate<{
  readonly codes: string;
  readonly once: string;
  readonly next: string;
  /** Of the operator, where no one in chat can confirm. */
  readonly command?: string;
}>(new URL('./pages/recovery.mustache', import.meta.url));

type Answer =
  | { readonly kind: 'html'; readonly status: number; readonly html: string }
  | { readonly kind: 'page'; readonly status: number; readonly page: MessagePage };

export function authenticatorPages(deps: SessionDeps): Router {
  const router = Router();
  const answering = (work: typeof show) => async (request: Request, response: express.Response) => {
    const answer = await deps.transact(async (tx): Promise<Answer> => {
      const admitted = await requireSession(request, 'authenticator', { ...deps, tx });
      if (!admitted.ok) return { kind: 'page', ...admitted };
      return work(tx, { ...admitted, request, chats: waysBack(response) }, deps);
    });
    if (answer.kind === 'page') sendPage(response, answer.status, answer.page);
    else sendHtml(response, answer.status, answer.html);
  };
  router.get('/authenticator/:session', answering(show));
  router.post(
    '/authenticator/:session',
    (request, response, next) => {
      const refusal = refusesStranger(request, 'authenticator', deps);
      if (refusal) sendPage(response, refusal.status, refusal.page);
      else next();
    },
    express.urlencoded({ extended: false, limit: FORM_BYTES, inflate: false }),
    answering(prove),
  );
  return router;
}

interface Turn {
  readonly session: GoodSession;
  readonly person: Person;
  readonly request: Request;
  /** For the last page. */
  readonly chats: readonly PageLink[];
  /** With the code that was typed. */
  readonly problem?: string;
}

async function show(
  tx: Transaction,
  { session, person, problem }: Turn,
  deps: SessionDeps,
): Promise<Answer> {
  const page = { id: session.id, personId: person.id, openedAt: session.createdAt };
  const begun = await beginEnrolment(tx, page);
  if (!begun) return { kind: 'page', status: 410, page: over() };
  const { id, key } = begun;
  const html = renderForm({
    title: t`Your authenticator`,
    qr: renderSVG(keyUri(key, person.email), { border: 2 }),
    key: (key.match(/.{1,4}/g) ?? []).join(' '),
    authenticatorId: id,
    csrf: session.csrf,
    endsAt: session.expiresAt,
    scripts: [publicPath(PAGE_SCRIPT, deps)],
    problem,
  });
  return { kind: 'html', status: problem === undefined ? 200 : 422, html };
}

async function prove(tx: Transaction, turn: Turn, deps: SessionDeps): Promise<Answer> {
  const { session, person, request, chats } = turn;
  const typed = (request.body ?? {}) as Readonly<Record<string, unknown>>;
  const proven = await proveAuthenticator(tx, {
    id: textIn(typed, 'authenticator'),
    personId: person.id,
    typed: textIn(typed, 'code'),
  });
  switch (proven.kind) {
    case 'wrong': {
      const problem = t`This code is wrong. The app shows a new one every 30 seconds; check that your phone's clock is right.`;
      return show(tx, { ...turn, problem }, deps);
    }
    case 'over':
      await tx.webSessions.delete(session.id);
      return { kind: 'page', status: 410, page: over() };
    case 'proven': {
      await tx.webSessions.delete(session.id);
      const html = renderRecovery({
        title: t`✓ Your app has the key`,
        codes: proven.recovery.join('\n'),
        once: shownOnce(),
        ...(await nextStep(tx, person, proven.check)),
        chats,
        scripts: [publicPath(PAGE_SCRIPT, deps)],
      });
      return { kind: 'html', status: 200, html };
    }
    default:
      return unreachable(proven);
  }
}

async function nextStep(
  tx: Transaction,
  person: Person,
  check: string,
): Promise<{ readonly next: string; readonly command?: string }> {
  const others = (await tx.people.admins()).filter(({ id }) => id !== person.id);
  return others.length > 0
    ? {
        next: t`Now tell another Latchkey admin, in person or in a call, that it was you, and read out these five characters: ${check}. Your codes count once they have confirmed it.`,
      }
    : {
        next: t`You are the only Latchkey admin. Your codes count once the operator has confirmed it on the command line:`,
        command: `latchkey authenticator confirm ${person.email} ${check}`,
      };
}

const textIn = (typed: Readonly<Record<string, unknown>>, name: string): string => {
  const value = Object.hasOwn(typed, name) ? typed[name] : undefined;
  return typeof value === 'string' ? value : '';
};

const over = (): MessagePage => ({
  title: t`Start again`,
  text: t`This key is no longer in use: too many codes were wrong, or you opened a newer page. Go back to Latchkey in chat and get a new link.`,
});
