/** Parses a request's address, and accepts only addresses that can be called. */
import { t } from '../core/translate.ts';

export type Target =
  | { readonly ok: true; readonly url: URL }
  | { readonly ok: false; readonly message: string };

/** @returns the URL without its fragment, or a sentence about the problem without the URL, which may hold secrets */
export function readTarget(text: string): Target {
  if (!URL.canParse(text)) {
    return bad(
      t`The URL is not a complete web address. Write it like https://api.example.com/users.`,
    );
  }
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return bad(t`The URL begins with "${url.protocol}". Only https:// and http:// can be called.`);
  }
  if (url.username !== '' || url.password !== '') {
    return bad(
      t`The URL contains a user name or password. Put them in an Authorization header instead.`,
    );
  }
  url.hash = '';
  return { ok: true, url };
}

const bad = (message: string): Target => ({ ok: false, message });
