/** What happens once a minute, now: this process ticks as another one would. */
import { dueSources } from '../../src/app/due-sources.ts';
import type { Foundation } from '../../src/app/foundation.ts';
import { fireDue, type Source } from '../../src/engine/work/due.ts';
import type { TestChat } from './chat.ts';

/** @throws what a source or an occurrence has thrown */
export async function tick(foundation: Foundation): Promise<void> {
  const { stores, transact, now, config } = foundation;
  const errors: unknown[] = [];
  const sources = dueSources({ timeZone: config.timeZone });
  await fireDue({ stores, transact, sources, onError: (error) => errors.push(error) }, now());
  if (errors.length > 0) throw new AggregateError(errors, 'A tick failed');
}

/** Does what of these sources is due by now. @returns how much that was @throws what fails */
export const fire = (
  { services }: Pick<TestChat, 'services'>,
  sources: readonly Source[],
): Promise<number> => fireDue({ ...services, sources, onError: thrown }, services.now());

const thrown = (error: unknown): never => {
  throw error;
};
