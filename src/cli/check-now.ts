import type { CheckDeps } from '../engine/access/ask-app.ts';
import { checkAccess } from '../engine/access/check-access.ts';
import { repeating } from '../engine/calls/repeat.ts';
import type { Access } from '../engine/people/directory.ts';
import type { Time } from '../engine/ports/time-and-chance.ts';

/**
 * Asks one integration about one person while the command waits. Retries that are safe happen here, since the command has
 * no queue.
 * @returns as `checkAccess`
 */
export const checkNow = (
  personId: string,
  integrationId: string,
  deps: Omit<CheckDeps, 'before' | 'form'> & Time,
): Promise<Access | undefined> =>
  checkAccess(personId, integrationId, { ...deps, http: repeating(deps.http, deps) });
