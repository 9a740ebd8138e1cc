/** What people read when a request got no answer. The host and the network's own words are for technical details. */
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { HttpFailure } from '../ports/http.ts';

/** @param app the app's name, as the beginning of a sentence */
export function failureWords({ code }: Pick<HttpFailure, 'code'>, app: string): string {
  switch (code) {
    case 'no-connection':
    case 'unknown-host':
      return t`${app} doesn't answer. Try again later.`;
    case 'circuit-open':
      return t`${app} failed several times in a row, so Latchkey is giving it a break. Try again in a minute.`;
    case 'timeout':
      return t`${app} took too long to answer. Try again later.`;
    case 'connection-lost':
      return t`The connection to ${app} broke. Try again later.`;
    case 'host-busy':
      return t`Too many requests to ${app} just now; this one is queued.`;
    case 'too-large':
      return t`${app} answered with more than Latchkey reads. A Latchkey admin has to look into it.`;
    case 'private-address':
      return t`${app} is at a private address that Latchkey may not call. A Latchkey admin has to allow it.`;
    case 'bad-url':
      return t`The address of ${app} isn't right. A Latchkey admin has to correct it.`;
    case 'bad-redirect':
      return t`${app} sent Latchkey to an address that it may not call. A Latchkey admin has to look into it.`;
    default:
      return unreachable(code);
  }
}
