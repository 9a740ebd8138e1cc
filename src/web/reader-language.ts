/** Some pages are somebody's of whom chat knows what they read: what they chose there goes before what their browser says. */
import type { Request, RequestHandler } from 'express';
import { inLocale } from '../core/say.ts';
import { personOfLink } from '../engine/links/links.ts';
import {
  personOfBrowser,
  SESSION_LIFE_MS,
  type SessionPurpose,
} from '../engine/links/web-sessions.ts';
import { readerOfEmailed } from '../engine/messages/emailed-links.ts';
import { emailedTokenIn } from './emailed-links.ts';
import { browserOf, type SessionParts } from './sessions.ts';

/** Comes before the pages, and leaves everybody else's as they are. */
export function inChosenLanguage(parts: SessionParts): RequestHandler {
  return async (request, _response, next) => {
    const personId = await readerOf(request, parts);
    const person = personId && (await parts.stores.people.find(personId));
    if (person && person.locale !== undefined) inLocale(person.locale, next);
    else next();
  };
}

const purposes = Object.keys(SESSION_LIFE_MS) as SessionPurpose[];

/** @returns the id of whom the link is for, or of whoever has opened the page in this browser */
async function readerOf(request: Request, parts: SessionParts): Promise<string | undefined> {
  const [, kind, token = ''] = request.path.split('/');
  if (kind === 'links') {
    const emailed = emailedTokenIn(token);
    return emailed === undefined
      ? personOfLink(parts.stores, token, parts.keyedHash)
      : (await readerOfEmailed(parts.stores, emailed))?.id;
  }
  for (const purpose of purposes) {
    const browser = browserOf(request, purpose, parts); // A cookie comes with its own page only.
    if (browser) return personOfBrowser(parts.stores, browser);
  }
  return undefined;
}
