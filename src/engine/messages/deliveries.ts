/** The messages of a run that succeeded: rendered with the run's variables, and stored with its outcome. */
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Context } from '../calls/context.ts';
import type { ManifestNotification } from '../manifest/schema.ts';
import type { Person } from '../people/directory.ts';
import { oneAddress, readEmail } from '../people/person-details.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { renderText, scopeOf, warningsOf } from '../templates/render.ts';
import { inWords, type Variables } from '../templates/variables.ts';
import type { Kind } from '../work/leased.ts';
import { homesOfAdmins, invalidate } from '../work/topics.ts';
import type { Delivery, DeliveryIn, Notification, Outgoing } from './delivery.ts';

export interface RenderedNotifications {
  readonly deliveries: readonly Notification[];
  /** Why some notifications can't be sent. The others are still sent. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** Renders the messages of a run that succeeded. Never throws. */
export function renderNotifications(
  specs: readonly ManifestNotification[],
  variables: Variables,
): RenderedNotifications {
  const scope = scopeOf(variables);
  const deliveries: Notification[] = [];
  const problems: string[] = [];
  for (const [index, spec] of specs.entries()) {
    const to = renderText(spec.to, scope);
    const subject = renderText(spec.subject ?? '', scope);
    const message = renderText(spec.message, scope);
    const which = t`Notification ${index + 1} (${spec.type})`;
    if (!to.ok) problems.push(t`${which} could not be created. ${to.error}`);
    else if (!subject.ok) problems.push(t`${which} could not be created. ${subject.error}`);
    else if (!message.ok) problems.push(t`${which} could not be created. ${message.error}`);
    else if (to.value.trim() === '')
      problems.push(t`${which} has no recipient: ${spec.to} is empty.`);
    else if (spec.type === 'email' && oneAddress(to.value) === undefined)
      problems.push(
        t`${which} can't be sent: ${spec.to} must be exactly one email address, without a name.`,
      );
    else
      deliveries.push(
        delivery({
          type: spec.type,
          to: to.value.trim(),
          subject: oneLine(subject.value),
          message: message.value,
        }),
      );
  }
  return { deliveries, problems, warnings: warningsOf(scope) };
}

/** A line break in a subject would begin another mail header. */
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

function delivery({ type, to, subject, message }: Required<ManifestNotification>): Notification {
  switch (type) {
    case 'email':
      return { type, to, subject, message };
    case 'text':
    case 'chat':
      return { type, to, message, ...(subject !== '' && { subject }) };
    default:
      return unreachable(type);
  }
}

/** A rendered message, or a sentence for people that says why it could not be rendered. */
export type Written =
  | { readonly ok: true; readonly outgoing: Outgoing }
  | { readonly ok: false; readonly why: string };

/** Renders every notification. One that can't be rendered says why and doesn't stop the others. */
export function deliveriesOf(
  { manifest, redact, hasSecret }: Context,
  variables: Variables,
): readonly Written[] {
  const { deliveries, problems } = renderNotifications(manifest.notifications, inWords(variables));
  return [
    ...deliveries.map((notification): Written => {
      const { subject = '', message, to } = notification;
      const text = JSON.stringify([subject, message]);
      // Not by comparing with the redacted text: that one is cut when it is long, so it differs without any secret.
      const secret = hasSecret(text);
      const hasPlainSubject = secret && subject !== '' && !hasSecret(subject);
      const outgoing: Outgoing = {
        notification,
        secret,
        shownTo: redact(to),
        ...(hasPlainSubject && { hasPlainSubject }),
      };
      return { ok: true, outgoing };
    }),
    ...problems.map((problem): Written => ({ ok: false, why: redact(problem) })),
  ];
}

/** In the transaction that stores the outcome, so that exactly the runs that succeeded send their messages. */
export async function storeDeliveries(
  tx: Transaction,
  runId: string,
  written: readonly Written[],
): Promise<void> {
  for (const [position, each] of written.entries()) {
    if (each.ok) await queueDelivery(tx, { runId, position, outgoing: each.outgoing });
    else
      await tx.deliveries.insert({
        id: tx.newId(),
        version: 1,
        runId,
        position,
        createdAt: tx.now,
        attempts: 0,
        body: 'dropped',
        state: 'failed',
        finishedAt: tx.now,
        why: each.why,
      });
  }
  if (written.some(({ ok }) => !ok)) await invalidate(tx, ...(await homesOfAdmins(tx)));
}

/** Finds the person by email, or by a phone number that only one person has. */
export const personBy = (
  { people }: Pick<Stores, 'people'>,
  to: string,
): Promise<Person | undefined> => {
  const email = readEmail(to);
  return email ? people.findByEmail(email) : people.findByPhone(to);
};

/** Stores a message that a worker sends at once. */
export async function queueDelivery(
  tx: Transaction,
  {
    outgoing,
    ...about
  }: Pick<Delivery, 'runId' | 'plannedItemId' | 'position'> & { readonly outgoing: Outgoing },
): Promise<DeliveryIn<'waiting'>> {
  const person = await personBy(tx, outgoing.notification.to);
  const waiting: DeliveryIn<'waiting'> = {
    ...about,
    outgoing: { ...outgoing, ...(person && { personId: person.id }) },
    id: tx.newId(),
    version: 1,
    createdAt: tx.now,
    attempts: 0,
    body: 'kept',
    state: 'waiting',
    dueAt: tx.now,
  };
  await tx.deliveries.insert(waiting);
  await wakeDelivery(tx, waiting, tx.now);
  return waiting;
}

/** The key keeps it at one wake-up per delivery. */
export async function wakeDelivery(
  tx: Transaction,
  { id, outgoing }: Delivery,
  dueAt: Date,
): Promise<void> {
  const lane = outgoing?.notification.type === 'chat' ? 'chat' : 'background';
  await tx.queue.push('delivery.send', { deliveryId: id }, { lane, dueAt, key: `delivery:${id}` });
}

export const deliveryWork: Kind<Delivery> = {
  store: ({ deliveries }) => deliveries,
  wake: wakeDelivery,
};
