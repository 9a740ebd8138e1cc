/** What happens once a minute, now: this process ticks as another one would. */
import { dueSources } from '../../src/app/due-sources.ts';
import type { Foundation } from '../../src/app/foundation.ts';
import type { Clock } from '../../src/engine/ports/time-and-chance.ts';
import type { Database } from '../../src/engine/ports/unit-of-work.ts';
import { fireDue, type Source } from '../../src/engine/work/due.ts';

/** @returns how much was due @throws the first failure */
export const tick = (foundation: Foundation): Promise<number> =>
  fire(foundation, dueSources({ timeZone: foundation.config.timeZone }));

/** The same of some sources. */
export const fire = (
  { stores, transact, now }: Database & { readonly now: Clock },
  sources: readonly Source[],
): Promise<number> => fireDue({ stores, transact, sources, onError: thrown }, now());

const thrown = (error: unknown): never => {
  throw error;
};
