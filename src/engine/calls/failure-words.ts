/** What people read when a request got no answer. The host and the network's own words are for technical details. */
import { sentences, t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { HttpFailure } from '../ports/http.ts';

/**
 * What happened, and whether to try again.
 * @param app the app's name, as the beginning of a sentence
 */
export function failureWords(failure: Pick<HttpFailure, 'code'>, app: string): string {
  return sentences(
    whatFailed(failure, app),
    isPassing(failure) && t`Try again later.`,
    failure.code === 'circuit-open' && t`Try again in a minute.`,
  );
}

const isPassing = ({ code }: Pick<HttpFailure, 'code'>): boolean =>
  code === 'no-connection' ||
  code === 'unknown-host' ||
  code === 'timeout' ||
  code === 'connection-lost';

/** The same where Latchkey repeats the call, so no one has to. */
export function whatFailed({ code }: Pick<HttpFailure, 'code'>, app: string): string {
  switch (code) {
    case 'no-connection':
    case 'unknown-host':
      return t`${app} doesn't answer.`;
    case 'bad-certificate':
      return t`Latchkey couldn't connect to ${app} securely: its certificate isn't valid. A Latchkey admin has to look into it.`;
    case 'circuit-open':
      return t`${app} failed several times in a row, so Latchkey is giving it a break.`;
    case 'timeout':
      return t`${app} took too long to answer.`;
    case 'connection-lost':
      return t`The connection to ${app} broke.`;
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
