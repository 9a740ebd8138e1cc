import { sayStored } from '../core/stored-sentence.ts';
import type { OpenRemoval } from '../engine/access/removals/removal.ts';
import { fullName } from '../engine/people/directory.ts';
import { counted } from './counted.ts';
import { shownTime } from './output.ts';
import { inSession, personNamed, type Session } from './session.ts';

/** Stuck removals of all people. Nobody reads more than these. */
const MAX_STUCK = 500;

/** `latchkey removals [PERSON]`: the person's open removals, or all stuck ones. */
export const removalsCommand = (who?: string): Promise<void> =>
  inSession(async (session) => {
    const { stores, output } = session;
    if (who !== undefined) {
      const person = await personNamed(who, session);
      const removals = await stores.removals.openOf(person.id);
      output.table(COLUMNS, await rowsOf(removals, session), 'Nothing is being removed.');
      return;
    }
    const open = await stores.removals.count({ state: 'open' });
    const { removals, total } = await stores.removals.stuck({ offset: 0, limit: MAX_STUCK });
    output.table(
      COLUMNS,
      await rowsOf(removals, session),
      `${counted(open, 'removal')} in progress, none stuck.`,
    );
    if (total > 0) output.note(`${counted(open, 'removal')} in progress, ${total} of them stuck.`);
  });

const COLUMNS = ['PERSON', 'INTEGRATION', 'STATE', 'BEGAN', 'NEXT', 'WHY'];

const rowsOf = (
  removals: readonly OpenRemoval[],
  { stores }: Pick<Session, 'stores'>,
): Promise<string[][]> =>
  Promise.all(
    removals.map(async ({ personId, integrationId, state, beganAt, retryAt, dueAt, why }) => {
      const person = await stores.people.find(personId);
      const integration = await stores.integrations.find(integrationId);
      return [
        person ? `${fullName(person)} <${person.email}>` : personId,
        integration?.name ?? integrationId,
        state,
        shownTime(beganAt),
        shownTime(retryAt ?? dueAt),
        why === undefined ? '' : sayStored(why),
      ];
    }),
  );
