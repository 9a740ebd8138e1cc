/** Some pages are somebody's of whom chat knows what they read: what they chose there goes before what their browser says. */
import type { Request, RequestHandler } from 'express';
import { inLocale } from '../core/translate.ts';
import { personOfLink } from '../engine/links/links.ts';
import {
  personOfBrowser,
  SESSION_LIFE_MS,
  type SessionPurpose,
} from '../engine/links/web-sessions.ts';
import { readerOfEmailed } from '../engine/messages/emailed-links.ts';
import { emailedTokenIn } from './emailed-links.ts';
import { browserOf, type SessionDeps } from './sessions.ts';

/** Comes before the pages, and leaves everybody else's as they are. */
export function inChosenLanguage(deps: SessionDeps): RequestHandler {
  return async (request, _response, next) => {
    const personId = await readerOf(request, deps);
    const person = personId && (await deps.stores.people.find(personId));
    if (person && person.locale !== undefined) inLocale(person.locale, next);
    else next();
  };
}

const purposes = Object.keys(SESSION_LIFE_MS) as SessionPurpose[];

/** @returns the id of whom the link is for, or of whoever has opened the page in this browser */
async function readerOf(request: Request, deps: SessionDeps): Promise<string | undefined> {
  const [, kind, token = ''] = request.path.split('/');
  if (kind === 'links') {
    const emailed = emailedTokenIn(token);
    return emailed === undefined
      ? personOfLink(deps.stores, token, deps.keyedHash)
      : (await readerOfEmailed(deps.stores, emailed))?.id;
  }
  for (const purpose of purposes) {
    const browser = browserOf(request, purpose, deps); // A cookie comes with its own page only.
    if (browser) return personOfBrowser(deps.stores, browser);
  }
  return undefined;
}
