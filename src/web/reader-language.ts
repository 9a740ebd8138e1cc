/** Some pages belong to a person who chose a language in chat. That choice precedes the browser's language. */
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

/** Runs before the pages. It doesn't change other people's pages. */
export function inChosenLanguage(deps: SessionDeps): RequestHandler {
  return async (request, _response, next) => {
    const personId = await readerOf(request, deps);
    const person = personId && (await deps.stores.people.find(personId));
    if (person && person.locale !== undefined) inLocale(person.locale, next);
    else next();
  };
}

const purposes = Object.keys(SESSION_LIFE_MS) as SessionPurpose[];

/** @returns the id of the link's person, or of the person who opened the page in this browser */
async function readerOf(request: Request, deps: SessionDeps): Promise<string | undefined> {
  const [, kind, token = ''] = request.path.split('/');
  if (kind === 'links') {
    const emailed = emailedTokenIn(token);
    return emailed === undefined
      ? personOfLink(deps.stores, token, deps.keyedHash)
      : (await readerOfEmailed(deps.stores, emailed))?.id;
  }
  for (const purpose of purposes) {
    const browser = browserOf(request, purpose, deps); // The browser sends the cookie only to its own page.
    if (browser) return personOfBrowser(deps.stores, browser);
  }
  return undefined;
}
