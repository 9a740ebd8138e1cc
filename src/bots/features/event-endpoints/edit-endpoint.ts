/** What an admin does with an event endpoint: edits it, sends a test, turns it on or off, deletes it. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import {
  changeEndpoint,
  deleteEndpoint,
  type EndpointFields,
  sendTest,
  turnEndpoint,
  wrongFields,
} from '../../../engine/event-endpoints/change-endpoint.ts';
import type { EventEndpoint } from '../../../engine/event-endpoints/event-endpoint.ts';
import { eventGroups } from '../../../engine/event-endpoints/event-kinds.ts';
import { buttonAction, formAction, type Reply, sayHere } from '../../view/action.ts';
import { type Button, note, rich, strong } from '../../view/card.ts';
import type { Fields } from '../../view/form.ts';
import { asOfNow } from '../../view/left-alone.ts';
import { change } from '../change.ts';
import {
  changeThis,
  endpointFor,
  endpointGone,
  endpointNamed,
  endpointPayload,
} from './endpoint-ref.ts';

/** Whole kinds that were chosen on the command line stay choosable. */
export const endpointFields = (endpoint?: EndpointFields) =>
  ({
    name: {
      kind: 'text',
      label: t`Receiving system`,
      hint: t`For example "SIEM" or "HR portal".`,
      initial: endpoint?.name,
    },
    url: {
      kind: 'text',
      label: t`Address`,
      hint: t`It begins with https:// and receives each event as a POST.`,
      initial: endpoint?.url,
    },
    kinds: {
      kind: 'choices',
      label: t`Events`,
      hint: t`Leave blank for all. "audit" is the whole audit log.`,
      optional: true,
      options: [...new Set([...eventGroups, ...(endpoint?.kinds ?? [])])].map((kind) => ({
        label: kind,
        value: kind,
      })),
      initial: endpoint?.kinds,
    },
  }) as const satisfies Fields;

/** All trimmed, or their errors. */
export function readEndpointFields(values: {
  readonly name: string;
  readonly url: string;
  readonly kinds?: readonly string[];
}) {
  const { name, url, kinds = [] } = values;
  const fields: EndpointFields = { name: name.trim(), url: url.trim(), kinds };
  const errors = wrongFields(fields);
  return Object.keys(errors).length > 0 ? { errors } : { fields };
}

export const nameTaken = () => ({ name: t`Another event endpoint has this name.` });

export const editEndpoint = formAction({
  id: 'event-endpoint.edit',
  payload: endpointPayload,
  admit: endpointFor,
  title: () => t`Edit an event endpoint`,
  submitLabel: () => t`Save`,

  fields: async (_payload, { endpoint }) => ({ fields: endpointFields(endpoint) }),

  async submit(sent, _payload, { shown, ...turn }) {
    const read = readEndpointFields(asOfNow(sent, shown, endpointFields(turn.endpoint)));
    if (read.errors) return { kind: 'invalid', errors: read.errors };
    let isTaken = false;
    const reply = await changeThis(turn, async (tx, now, by) => {
      isTaken = (await changeEndpoint(tx, now, { ...by, to: read.fields })) === 'taken';
      return undefined;
    });
    return isTaken ? { kind: 'invalid', errors: nameTaken() } : reply;
  },
});

export const testEndpoint = buttonAction({
  id: 'event-endpoint.test',
  payload: endpointPayload,
  admit: endpointFor,

  handle: (_payload, turn) =>
    changeThis(turn, async (tx, endpoint) =>
      sayHere(
        (await sendTest(tx, endpoint))
          ? note(
              t`A test is on its way to ${endpoint.name}`,
              t`Press Deliveries in a moment to see what it answered.`,
            )
          : isOff(endpoint),
      ),
    ),
});

export const isOff = ({ name }: Pick<EventEndpoint, 'name'>) =>
  note(t`${name} is turned off`, t`Nothing is sent there. Turn it on first.`);

export const turnEndpointTo = buttonAction({
  id: 'event-endpoint.turn',
  payload: endpointPayload.extend({ on: z.boolean() }),
  admit: endpointFor,

  handle: ({ on }, turn) =>
    changeThis(turn, async (tx, endpoint, by) => {
      await turnEndpoint(tx, endpoint, { ...by, isOn: on });
      return undefined;
    }),
});

export const deleteThisEndpoint = formAction({
  id: 'event-endpoint.delete',
  payload: endpointPayload,
  admit: endpointNamed,
  title: () => t`Delete an event endpoint`,
  submitLabel: () => t`Delete`,
  tone: 'danger',

  fields: async (_payload, { endpoint }) => ({
    intro: [
      rich`This permanently deletes ${strong(endpoint.name)}, with its secret and its deliveries. Events that still wait to be sent there are not sent.`,
    ],
  }),

  submit: (_values, { endpointId }, turn) =>
    change(turn, async (tx, by): Promise<Reply> => {
      const endpoint = await tx.eventEndpoints.nameOf(endpointId);
      if (!endpoint) return sayHere(endpointGone());
      await deleteEndpoint(tx, endpoint, by);
      return { kind: 'nothing' };
    }),
});

export const deleteButton = ({ id, name }: Pick<EventEndpoint, 'id' | 'name'>): Button => ({
  label: t`Delete…`,
  about: t`Delete: ${name}`,
  does: deleteThisEndpoint.with({ endpointId: id }),
});
