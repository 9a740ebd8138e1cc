/** Who has access to an app, for its owners, admins and auditors. */
import type { z } from 'zod';
import { sayNumber, t } from '../../../core/translate.ts';
import { endOfHolds, type Hold } from '../../../engine/access/hold.ts';
import { type Access, fullName, labelOf } from '../../../engine/people/directory.ts';
import type { Turn } from '../../live/context.ts';
import type { Reply } from '../../view/action.ts';
import { showDate, showEnd } from '../../view/dates.ts';
import { targetAt, targetPayload } from '../integrations/integration-target.ts';
import { type ListCard, listCard, listRow } from '../list-card.ts';
import { pageShown } from '../paging.ts';
import { personDetails } from '../people/person-words.ts';

const holdersShown = pageShown.extend(targetPayload.shape);

const holders: ListCard<z.infer<typeof holdersShown>> = listCard({
  id: 'holders.page',
  payload: holdersShown,
  admit: targetAt({ right: 'see app', what: () => t`see who has access there` }),

  async read({ integrationId }, at, { stores }) {
    const found = await stores.access.namedHoldersAt(integrationId, at);
    const ids = found.holders.map(({ personId }) => personId);
    const [integration, people, holds] = await Promise.all([
      stores.integrations.find(integrationId),
      stores.people.findMany(ids),
      stores.holds.openOfPeople(ids),
    ]);
    const here = holds.filter((hold) => hold.integrationId === integrationId);
    const items = found.holders.map((access) => ({
      access,
      person: people.find(({ id }) => id === access.personId),
      holds: here.filter(({ personId }) => personId === access.personId),
    }));
    return { items, total: found.total, name: integration ? labelOf(integration) : '' };
  },

  title: ({ name }) => t`Who has ${name}`,
  empty: () => t`No one has access on record.`,
  counted: ({ total }) => t`${sayNumber(total)} in all`,

  row({ access, person, holds }, _found, turn) {
    if (!person) return [];
    const about = [personDetails(person), accessWords(access, turn), untilWhen(holds, turn)];
    return listRow(fullName(person), about.filter(Boolean).join(' · '));
  },
});
export const { turnPage: turnHoldersPage } = holders;

export const openHolders = (integrationId: string, turn: Turn): Promise<Reply> =>
  holders.reply({ integrationId, page: 0 }, turn);

const accessWords = ({ state, since }: Pick<Access, 'state' | 'since'>, turn: Turn): string =>
  state === 'has' ? t`has access since ${showDate(since, turn)}` : t`not confirmed`;

function untilWhen(holds: readonly Hold[], turn: Turn): string {
  if (holds.length === 0) return '';
  const end = endOfHolds(holds);
  return end ? t`until ${showEnd(end, turn)}` : t`no end date`;
}
