/** `events`: the addresses that receive events, and a form to add one. */
import { z } from 'zod';
import { plural, sayNumber, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { addEndpoint } from '../../../engine/event-endpoints/change-endpoint.ts';
import { MAX_ENDPOINTS } from '../../../engine/event-endpoints/event-endpoint.ts';
import { isAdmin } from '../../../engine/people/permission.ts';
import type { Turn } from '../../live/context.ts';
import { formAction, type Reply, sayHere } from '../../view/action.ts';
import { note } from '../../view/card.ts';
import { adminsTo, readersTo } from '../admins.ts';
import { change } from '../change.ts';
import { type ListCard, listCard, listRow, openButton } from '../list-card.ts';
import { pageShown, rowsAt } from '../paging.ts';
import { deleteButton, endpointFields, nameTaken, readEndpointFields } from './edit-endpoint.ts';
import { kindsWords, openEndpoint, showEndpoint, stateWords } from './endpoint-card.ts';
import { changing, seeing } from './endpoint-ref.ts';

const endpoints: ListCard<z.infer<typeof pageShown>> = listCard({
  id: 'event-endpoints.page',
  payload: pageShown,
  admit: readersTo(seeing),

  async read(_shown, at, { stores, actor }) {
    const [readable, unread] = await Promise.all([
      stores.eventEndpoints.list(),
      stores.eventEndpoints.unreadable(),
    ]);
    const all = [...readable, ...unread.map((each) => ({ ...each, isUnread: true as const }))];
    return { ...rowsAt(all, at), mayChange: isAdmin(actor) };
  },

  title: () => t`Event endpoints`,
  empty: () =>
    t`No event endpoints yet. They are addresses of yours, to which Latchkey sends what happens, as signed webhooks.`,
  counted: ({ total }) =>
    plural(total, { one: t`1 event endpoint`, other: t`${sayNumber(total)} event endpoints` }),

  row(endpoint, { mayChange }, turn) {
    const { id: endpointId, name } = endpoint;
    if ('isUnread' in endpoint)
      return listRow(
        name,
        t`⚠ It can't be read, so nothing is sent there. Delete it and add it again.`,
        ...(mayChange ? [deleteButton(endpoint)] : []),
      );
    const about = `${kindsWords(endpoint)} · ${stateWords(endpoint, turn)}`;
    return listRow(name, about, openButton(name, openEndpoint.with({ endpointId })));
  },

  before: ({ mayChange }) =>
    mayChange
      ? [{ label: t`Add an endpoint…`, tone: 'primary', does: addEndpointHere.with({}) }]
      : [],
});
export const turnEndpointsPage = endpoints.turnPage;

export const openEndpoints = (turn: Turn): Promise<Reply> => endpoints.reply({ page: 0 }, turn);

export const addEndpointHere = formAction({
  id: 'event-endpoint.add',
  payload: z.object({}),
  admit: adminsTo(changing),
  title: () => t`Add an event endpoint`,
  submitLabel: () => t`Add`,

  fields: async () => ({
    intro: [
      t`Latchkey sends each event to this address as JSON: who, which app, by whom, and ids. It's signed as in Standard Webhooks, with a secret that you see once, in your browser.`,
    ],
    fields: endpointFields(),
  }),

  async submit(values, _payload, turn) {
    const read = readEndpointFields(values);
    if (read.errors) return { kind: 'invalid', errors: read.errors };
    const added = await change(turn, (tx, by) =>
      addEndpoint(tx, read.fields, { ...by, isRevealed: false }),
    );
    switch (added.kind) {
      case 'added':
        return showEndpoint(added.endpoint);
      case 'taken':
        return { kind: 'invalid', errors: nameTaken() };
      case 'too-many':
        return sayHere(
          note(
            t`There are already ${MAX_ENDPOINTS} event endpoints`,
            t`Delete one that is no longer used, or pass events on from one to several systems.`,
          ),
        );
      default:
        return unreachable(added);
    }
  },
});
