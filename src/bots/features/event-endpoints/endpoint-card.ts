/** One event endpoint: where it is, whether it takes events, and buttons for all changes. Admins get it when it was turned off. */
import { compact } from '../../../core/compact.ts';
import { t } from '../../../core/translate.ts';
import { rotateSecret } from '../../../engine/event-endpoints/change-endpoint.ts';
import type { EventEndpoint } from '../../../engine/event-endpoints/event-endpoint.ts';
import { isAdmin, maySeeSetUp } from '../../../engine/people/permission.ts';
import { endpointTopic } from '../../../engine/work/topics.ts';
import type { Reader, Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply, showCard } from '../../view/action.ts';
import {
  type Button,
  buttonRow,
  type Card,
  code,
  factList,
  paragraph,
  rich,
  strong,
} from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { linkToSecret, secretState } from '../webhook-secret.ts';
import { onlyReadersCan } from '../whom-to-ask.ts';
import { openDeliveries } from './deliveries-list.ts';
import { deleteButton, editEndpoint, testEndpoint, turnEndpointTo } from './edit-endpoint.ts';
import {
  changeThis,
  endpointFor,
  endpointGone,
  endpointPayload,
  endpointToRead,
} from './endpoint-ref.ts';

export const endpointCard = liveCard({
  id: 'event-endpoint',
  payload: endpointPayload,
  topic: ({ endpointId }) => endpointTopic(endpointId),

  async render({ endpointId }, context: Reader): Promise<Card> {
    const { stores, reader } = context;
    if (!maySeeSetUp(reader))
      return onlyReadersCan(t`You can't see event endpoints any more`, context);
    const endpoint = await stores.eventEndpoints.find(endpointId);
    if (!endpoint) return endpointGone();
    return {
      title: t`Events to ${endpoint.name}`,
      blocks: [
        paragraph(stateWords(endpoint, context)),
        factList([
          [t`Address`, [code(shownUrl(endpoint))]],
          [t`Events`, kindsWords(endpoint)],
          [t`Secret`, secretWords(endpoint, context)],
        ]),
        ...buttonRow(buttonsOf(endpoint, isAdmin(reader))),
      ],
    };
  },
});

/** Auditors read it, and what is behind the host of some addresses is a secret. */
function shownUrl({ url }: EventEndpoint): string {
  const { origin, pathname, search } = new URL(url);
  return pathname + search === '/' ? origin : `${origin}/…`;
}

export const kindsWords = ({ kinds }: Pick<EventEndpoint, 'kinds'>): string =>
  kinds.length === 0 ? t`all` : kinds.join(', ');

/** Whether it takes events, and what to do where it doesn't. */
export function stateWords(endpoint: EventEndpoint, context: Reader | Turn): string {
  if (endpoint.state === 'off') return offWords(endpoint.why);
  const { failingSince, lastSentAt, pausedUntil } = endpoint;
  if (pausedUntil && pausedUntil > context.now())
    return t`It asked Latchkey to send nothing until ${showTime(pausedUntil, context)}.`;
  if (failingSince)
    return t`No try has succeeded since ${showTime(failingSince, context)}. Latchkey tries again for three days; Deliveries shows what it answered.`;
  return lastSentAt
    ? t`The last event was sent ${showTime(lastSentAt, context)}.`
    : t`Nothing has been sent yet. Send a test to see whether it arrives.`;
}

function offWords(why: Extract<EventEndpoint, { state: 'off' }>['why']): string {
  return {
    'by-hand': () => t`Turned off. What happens until it is on again is not sent.`,
    gone: () =>
      t`It answered that it no longer exists (410), so Latchkey turned it off. Delete it, or correct its address and turn it on: Latchkey sends what happened since.`,
    failing: () =>
      t`All tries failed for days, so Latchkey turned it off. Repair the receiver, then turn it on: Latchkey sends what happened since.`,
  }[why]();
}

function secretWords(endpoint: EventEndpoint, context: Reader): string {
  const { before } = endpoint;
  const now = secretState(endpoint);
  return before && before.until > context.now()
    ? t`${now}. The previous one also signs until ${showTime(before.until, context)}`
    : now;
}

function buttonsOf(endpoint: EventEndpoint, mayChange: boolean) {
  const { id: endpointId, state, isRevealed } = endpoint;
  const target = { endpointId };
  const isOff = state === 'off';
  const changes: Button[] = compact([
    !isRevealed && {
      label: t`Show the secret`,
      tone: 'primary',
      does: showEndpointSecret.with(target),
    },
    !isOff && { label: t`Send a test`, does: testEndpoint.with(target) },
    {
      label: isOff ? t`Turn on` : t`Turn off`,
      does: turnEndpointTo.with({ ...target, on: isOff }),
    },
    { label: t`Edit…`, does: editEndpoint.with(target) },
    { label: t`Replace the secret…`, does: replaceEndpointSecret.with(target) },
    deleteButton(endpoint),
  ]);
  return [
    { label: t`Deliveries`, does: openDeliveries.with(target) },
    ...(mayChange ? changes : []),
  ];
}

export const showEndpoint = ({ id: endpointId }: Pick<EventEndpoint, 'id'>): Reply =>
  showCard(endpointCard.with({ endpointId }));

export const openEndpoint = buttonAction({
  id: 'event-endpoint.open',
  payload: endpointPayload,
  admit: endpointToRead,
  handle: async (_payload, { endpoint }) => showEndpoint(endpoint),
});

export const showEndpointSecret = buttonAction({
  id: 'event-endpoint.secret',
  payload: endpointPayload,
  admit: endpointFor,

  async handle(_payload, { endpoint, ...turn }) {
    const hint = t`You can see it only once. Be ready to save it in the receiving system.`;
    return linkToSecret(endpoint, { hint }, turn);
  },
});

export const replaceEndpointSecret = formAction({
  id: 'event-endpoint.rotate',
  payload: endpointPayload,
  admit: endpointFor,
  title: () => t`Replace the secret`,
  submitLabel: () => t`Replace`,

  fields: async (_payload, { endpoint }) => ({
    intro: [
      rich`${strong(endpoint.name)} gets a new secret, shown once. For 24 hours both sign each event, so that the receiver can switch; an earlier one stops signing now.`,
    ],
  }),

  submit: (_values, _payload, turn) =>
    changeThis(turn, async (tx, endpoint, by) => {
      await rotateSecret(tx, endpoint, { ...by, isRevealed: false });
      return undefined;
    }),
});
