/** Who has an app for no other reason than that a check found it: no rule gives it to them, and no one granted it here. */
import type { z } from 'zod';
import { sayNumber, t } from '../../../core/translate.ts';
import { fullName, labelOf } from '../../../engine/people/directory.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction } from '../../view/action.ts';
import { readersTo } from '../admins.ts';
import { targetPayload } from '../integrations/integration-target.ts';
import { type ListCard, listCard, listRow } from '../list-card.ts';
import { pageShown } from '../paging.ts';
import { pickPerson } from '../people/find-person.ts';
import { personDetails } from '../people/person-words.ts';

const foundShown = pageShown.extend(targetPayload.shape);

const list: ListCard<z.infer<typeof foundShown>> = listCard({
  id: 'found.page',
  payload: foundShown,
  admit: readersTo(() => t`see existing access`),

  async read({ integrationId }, at, { stores }) {
    const { personIds, total } = await stores.holds.onlyFoundAt(integrationId, at);
    const [integration, items] = await Promise.all([
      stores.integrations.find(integrationId),
      stores.people.findMany(personIds),
    ]);
    return { items, total, name: integration ? labelOf(integration) : '' };
  },

  title: ({ name }) => t`${name}: found, and granted by no rule`,
  empty: () => t`Everyone whose access was found also has it by a rule, a request or a grant.`,
  counted: ({ total }) => t`${sayNumber(total)} in all`,
  explained: () =>
    t`They had it before Latchkey knew of it. Open someone's access to revoke it, or leave it as it is.`,

  row: (person) =>
    listRow(fullName(person), personDetails(person), {
      label: t`Access`,
      about: t`Access of ${fullName(person)}`,
      does: pickPerson.with({ personId: person.id, purpose: 'access' }),
    }),
});
export const { turnPage: turnFoundPage } = list;

export const openFound = buttonAction({
  id: 'found.open',
  payload: targetPayload,
  right: 'see the set-up',
  handle: ({ integrationId }, turn: Turn) => list.reply({ integrationId, page: 0 }, turn),
});
