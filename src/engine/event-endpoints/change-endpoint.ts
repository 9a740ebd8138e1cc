/** What admins do with event endpoints. Each change is in the audit log, and none of it shows a secret. */
import { isLoopbackHost } from '../../core/network/loopback.ts';
import { t } from '../../core/translate.ts';
import type { Link } from '../links/link.ts';
import type { Actor, ChangedBy } from '../people/directory.ts';
import { isAdmin } from '../people/permission.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { changeOf } from '../work/audit-details.ts';
import type { AuditWhat } from '../work/audit-words.ts';
import { endpointTopic, invalidate } from '../work/topics.ts';
import {
  type EventDelivery,
  type EventEndpoint,
  LONGEST_NAME,
  LONGEST_URL,
  MAX_ENDPOINTS,
  OVERLAP_MS,
  onceMore,
  rest,
  turnedOff,
} from './event-endpoint.ts';
import { TEST } from './event-kinds.ts';
import { SECRET_BYTES, secretOf } from './sign.ts';
import { wakeEndpoint } from './wake-endpoint.ts';

/** `kinds`: `isChoosable`. */
export type EndpointFields = Pick<EventEndpoint, 'name' | 'url' | 'kinds'>;
type TypedFields = Pick<EndpointFields, 'name' | 'url'>;
type Problems = { readonly [K in keyof TypedFields]?: string };

/** What is wrong with each; empty for good ones. */
export const wrongFields = ({ name, url }: TypedFields): Problems => ({
  ...(name === '' && { name: t`Enter a name.` }),
  ...(name.length > LONGEST_NAME && { name: t`Too long: at most ${LONGEST_NAME} characters.` }),
  ...(!isGoodUrl(url) && {
    url: t`Enter an address that begins with https://, without a user name and password.`,
  }),
  ...(url.length > LONGEST_URL && { url: t`Too long: at most ${LONGEST_URL} characters.` }),
});

/** Without TLS only on this machine, where nobody else listens. Which hosts may be called is decided at each call. */
function isGoodUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  const isPrivate = protocol === 'http:' && isLoopbackHost(hostname);
  return (protocol === 'https:' || isPrivate) && username === '' && password === '';
}

export type Added =
  | { readonly kind: 'added'; readonly endpoint: EventEndpoint }
  | { readonly kind: 'taken' | 'too-many' };

/** @param fields good ones @param isRevealed the caller shows the secret now */
export async function addEndpoint(
  tx: Transaction,
  fields: EndpointFields,
  { actor, isRevealed }: ChangedBy & { readonly isRevealed: boolean },
): Promise<Added> {
  if ((await tx.eventEndpoints.list()).length >= MAX_ENDPOINTS) return { kind: 'too-many' };
  const endpoint: EventEndpoint = {
    ...fields,
    id: tx.newId(),
    version: 1,
    secret: newSecret(tx),
    isRevealed,
    readSeq: (await tx.auditChain.head())?.seq ?? 0,
    state: 'idle',
  };
  if ((await tx.eventEndpoints.insert(endpoint)) === 'taken') return { kind: 'taken' };
  await note(tx, endpoint, { actor, what: 'event-endpoint.added', detail: inWords(endpoint) });
  return { kind: 'added', endpoint };
}

/** @returns 'taken' when another one has that name */
export async function changeEndpoint(
  tx: Transaction,
  endpoint: EventEndpoint,
  { to, actor }: ChangedBy & { readonly to: EndpointFields },
): Promise<EventEndpoint | 'taken'> {
  const other = await tx.eventEndpoints.named(to.name);
  if (other && other.id !== endpoint.id) return 'taken';
  const detail = changeOf(inWords(endpoint), inWords(to));
  const { pausedUntil: _, ...unpaused } = endpoint;
  const next = to.url === endpoint.url ? endpoint : unpaused; // Another system asked for the pause.
  const saved = await save(
    tx,
    { ...next, ...to },
    { actor, what: 'event-endpoint.changed', detail },
  );
  if (next !== endpoint) await sendAllNow(tx, saved);
  return saved;
}

/** Makes a new secret. For a day both sign. */
export function rotateSecret(
  tx: Transaction,
  endpoint: EventEndpoint,
  { actor, isRevealed }: ChangedBy & { readonly isRevealed: boolean },
): Promise<EventEndpoint> {
  const before = { secret: endpoint.secret, until: new Date(tx.now.getTime() + OVERLAP_MS) };
  const next = { ...endpoint, secret: newSecret(tx), isRevealed, before };
  return save(tx, next, { actor, what: 'event-endpoint.rotated' });
}

/**
 * Turned on again after Latchkey turned it off, it goes on where it stopped, so that nothing is lost. Where an admin had turned it
 * off, it goes on with what happens from now on, and with what waited already.
 */
export async function turnEndpoint(
  tx: Transaction,
  endpoint: EventEndpoint,
  { isOn, actor }: ChangedBy & { readonly isOn: boolean },
): Promise<EventEndpoint> {
  if (isOn !== (endpoint.state === 'off')) return endpoint;
  if (endpoint.state !== 'off')
    return save(tx, turnedOff(endpoint, 'by-hand', tx.now), { actor, what: 'event-endpoint.off' });
  const { failingSince: _since, pausedUntil: _until, ...kept } = endpoint;
  const readSeq =
    endpoint.why === 'by-hand' ? ((await tx.auditChain.head())?.seq ?? 0) : endpoint.readSeq;
  const on = rest({ ...kept, readSeq }, tx.now);
  const saved = await save(tx, on, { actor, what: 'event-endpoint.on' });
  await sendAllNow(tx, saved);
  return saved;
}

/** Its pauses were for a receiver that has been repaired, or is another one now. */
async function sendAllNow(tx: Transaction, endpoint: EventEndpoint): Promise<void> {
  await tx.eventDeliveries.expedite(endpoint.id);
  await wakeEndpoint(tx, endpoint, tx.now);
}

/** What waits to be sent goes with it. */
export async function deleteEndpoint(
  tx: Transaction,
  endpoint: Pick<EventEndpoint, 'id' | 'name'>,
  { actor }: ChangedBy,
): Promise<void> {
  await tx.eventEndpoints.delete(endpoint.id);
  await note(tx, endpoint, { actor, what: 'event-endpoint.removed' });
}

/** @returns the delivery; undefined for an endpoint that is off */
export async function sendTest(
  tx: Transaction,
  endpoint: EventEndpoint,
): Promise<EventDelivery | undefined> {
  if (endpoint.state === 'off') return undefined;
  const delivery: EventDelivery = {
    id: tx.newId(),
    version: 1,
    endpointId: endpoint.id,
    kind: TEST,
    at: tx.now,
    state: 'waiting',
    dueAt: tx.now,
    attempts: 0,
  };
  await tx.eventDeliveries.insertMany([delivery]);
  await wakeEndpoint(tx, endpoint, tx.now);
  return delivery;
}

/** @returns false where there is nothing to send: it waits already, or its endpoint is off */
export async function sendAgain(
  tx: Transaction,
  delivery: EventDelivery,
  { actor }: ChangedBy,
): Promise<boolean> {
  const endpoint = await tx.eventEndpoints.find(delivery.endpointId);
  if (!endpoint || endpoint.state === 'off' || delivery.state === 'waiting') return false;
  await tx.eventDeliveries.save(onceMore(delivery, tx.now));
  const detail = { kind: delivery.kind, deliveryId: delivery.id };
  await note(tx, endpoint, { actor, what: 'event-endpoint.redelivered', detail });
  await wakeEndpoint(tx, endpoint, tx.now);
  return true;
}

/** For a link of purpose `hook`: the secret, once. */
export async function revealSecret(
  tx: Transaction,
  endpoint: EventEndpoint,
  { personId }: Pick<Link, 'personId'>,
): Promise<{ readonly title: string; readonly text: string } | 'gone' | 'shown'> {
  const person = await tx.people.find(personId);
  if (!person || !isAdmin(person)) return 'gone';
  if (endpoint.isRevealed) return 'shown';
  const actor: Actor = { kind: 'person', personId, via: 'web' };
  await save(tx, { ...endpoint, isRevealed: true }, { actor, what: 'event-endpoint.revealed' });
  return { title: t`The secret of ${endpoint.name}`, text: endpoint.secret };
}

const newSecret = ({ randomBytes }: Transaction): string => secretOf(randomBytes(SECRET_BYTES));

/** Of the address only the host: the rest of some is a secret. */
const inWords = ({ name, url, kinds }: EndpointFields) => ({
  name,
  hosts: new URL(url).host,
  kind: kinds.join(', '),
});

interface Noted extends ChangedBy {
  readonly what: AuditWhat;
  readonly detail?: Readonly<Record<string, string | number | boolean>>;
}

async function save(
  tx: Transaction,
  endpoint: EventEndpoint,
  noted: Noted,
): Promise<EventEndpoint> {
  const saved = await tx.eventEndpoints.save(endpoint);
  await note(tx, saved, noted);
  return saved;
}

export async function note(
  tx: Transaction,
  { id: endpointId, name }: Pick<EventEndpoint, 'id' | 'name'>,
  { actor, what, detail }: Noted,
): Promise<void> {
  await tx.audit(what, { actor, detail: { endpointId, endpoint: name, ...detail } });
  await invalidate(tx, endpointTopic(endpointId));
}
