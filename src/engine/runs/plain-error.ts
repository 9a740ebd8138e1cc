/** What went wrong in a run, for those who can't look at its requests: no status, no path, nothing of the manifest. */
import { sayStored } from '../../core/stored-sentence.ts';
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { RunError } from './run.ts';

/** @param app the app's name */
export function plainError({ code, message }: RunError, app: string): string {
  switch (code) {
    case 'http-status':
      return t`${app} refused it, or has a problem. A Latchkey admin can see why.`;
    case 'not-matched':
    case 'missing-path':
      return t`${app} didn't answer as expected. A Latchkey admin can see why.`;
    case 'bad-request':
      return t`Something in the setup of ${app} is wrong. A Latchkey admin can see what.`;
    case 'no-token':
      return t`Latchkey can't sign in to ${app}. A Latchkey admin has to reconnect it.`;
    case 'no-answer':
    case 'answers-missing':
    case 'fact-missing':
    case 'unknown-outcome':
    case 'integration-gone':
    case 'internal':
      return sayStored(message);
    default:
      return unreachable(code);
  }
}
