/**
 * `/links/emailed.<token>`: the link in an email that doesn't contain the message itself. Opening the page changes
 * nothing, so mail scanners do no harm. Its button shows the message once, or goes to a link that asks its person in chat
 * (`links.ts`).
 */
import { type Request, type Response, Router } from 'express';
import { unreachable } from '../core/unreachable.ts';
import { linkToken } from '../engine/links/links.ts';
import {
  EMAILED,
  emailedLinkPath,
  findEmailed,
  pressEmailed,
} from '../engine/messages/emailed-links.ts';
import { askForEmailed, emailedNoMore, shownOnce, writeFirst } from './link-texts.ts';
import { sendPage, uncached } from './pages.ts';
import { publicPath, type SessionDeps } from './sessions.ts';

export function emailedLinkPages(deps: SessionDeps): Router {
  const router = Router();
  const path = emailedLinkPath(':token');
  router.get(path, (request, response) => show(deps, request, response));
  router.post(path, (request, response) => press(deps, request, response));
  return router;
}

async function show(deps: SessionDeps, request: Request, response: Response): Promise<void> {
  const found = await findEmailed(deps.stores, tokenOf(request), deps.now());
  if (found.kind === 'good') sendPage(response, 200, askForEmailed(found.way.kind));
  else sendPage(response, ...emailedNoMore(found.kind));
}

async function press(deps: SessionDeps, request: Request, response: Response): Promise<void> {
  const token = tokenOf(request);
  const pressed = await deps.transact((tx) => pressEmailed(tx, token));
  switch (pressed.kind) {
    case 'shown-now': {
      const { title, text } = pressed.message;
      return sendPage(response, 200, { title, text: shownOnce(), revealed: text });
    }
    case 'confirm': {
      const path = `/links/${linkToken(pressed.link, deps.keyedHash)}`;
      return uncached(response).redirect(303, publicPath(path, deps));
    }
    case 'write-first':
      return sendPage(response, 409, writeFirst());
    case 'unknown':
    case 'gone':
    case 'early':
    case 'expired':
    case 'shown':
    case 'stopped':
      return sendPage(response, ...emailedNoMore(pressed.kind));
    default:
      return unreachable(pressed);
  }
}

const tokenOf = ({ params }: Request): string => String(params['token'] ?? '');

/** @returns the token from the last part of a path below `/links/`; undefined for other kinds of links */
export const emailedTokenIn = (part: string): string | undefined =>
  part.startsWith(EMAILED) ? part.slice(EMAILED.length) : undefined;
