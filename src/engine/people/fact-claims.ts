/**
 * Facts about people that manifests ask for (`extra_user_info`): who may enter them, and who confirms what someone else
 * typed. With a wrong username, Latchkey would grant, check and revoke a stranger's account. So nothing uses a fact before
 * the person confirms it.
 */
import { z } from 'zod';
import { DAY_MS } from '../../core/hours.ts';
import { t } from '../../core/translate.ts';
import { cancelWaitingFor, promoteAllDeferred } from '../access/deferred-grants.ts';
import { queueCheck } from '../access/queue-check.ts';
import { wakeRemovalsOf } from '../access/removals/wake-removal.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import type { AuditWhat } from '../work/audit-words.ts';
import type { Source } from '../work/due.ts';
import { everyDue } from '../work/paged.ts';
import { factTopic, invalidate, personTopic } from '../work/topics.ts';
import { type Actor, fullName, type Person, personIdOf, SYSTEM } from './directory.ts';
import type { FactClaim } from './fact-claim.ts';
import { factLabel, isAskedInChat, mayBeShared } from './fact-questions.ts';
import { inWorkspaceLocale } from './locales.ts';
import { isAdmin } from './permission.ts';
import {
  ADMINS,
  hasReadableFacts,
  knownFacts,
  PEOPLE,
  unreadWords,
  withoutStored,
  withReadableFacts,
  withStored,
} from './stored-values.ts';

export type Facts = Readonly<Record<string, string>>;

export interface TypedFacts {
  readonly personId: string;
  /** By the ids of their questions. */
  readonly facts: Facts;
  /** Who saves them now, and reads why one is refused. */
  readonly actor: Actor;
  /** Who typed them. Undefined: the actor. */
  readonly typedById?: string;
}

export type KeptFacts =
  | {
      readonly kind: 'kept';
      /** Names of the facts that the person has to confirm. */
      readonly waiting: readonly string[];
    }
  /** Another person has confirmed the same value, or it is too long: nothing was saved. */
  | { readonly kind: 'taken'; readonly name: string; readonly why: string };

/**
 * Saves what was typed about a person. If the person or an admin typed it, it is confirmed. Otherwise the person has to
 * confirm it. Holds the person.
 */
export async function keepFacts(
  tx: Transaction,
  { personId, facts, actor, typedById = personIdOf(actor) }: TypedFacts,
): Promise<KeptFacts> {
  const typed = cleaned(facts);
  const person = typed.length === 0 ? undefined : await tx.people.hold(personId);
  if (!person) return { kind: 'kept', waiting: [] };
  const taken = await firstTaken(tx, typed, { person, actor });
  if (taken) return taken;
  const writer = await confirmedBy(tx, person, { actor, typedById });
  if (writer) {
    await store(tx, person, {
      what: 'fact.entered',
      actor,
      writer,
      typedById: typedById === personIdOf(actor) ? undefined : typedById,
      facts: Object.fromEntries(typed),
    });
    return { kind: 'kept', waiting: [] };
  }
  const waiting: string[] = [];
  for (const [name, value] of typed) {
    // The person or an admin has entered it since the form was opened.
    if (Object.hasOwn(knownFacts(person), name)) continue;
    waiting.push(name);
    await claim(tx, { personId, name, value, at: tx.now, typedById }, actor);
  }
  return { kind: 'kept', waiting };
}

/** Sorted by name, so that two who save the same facts at once never deadlock. */
const cleaned = (facts: Facts): readonly (readonly [string, string])[] =>
  Object.entries(facts)
    .map(([name, value]) => [name, value.trim()] as const)
    .filter(([, value]) => value !== '')
    .toSorted(([a], [b]) => (a < b ? -1 : 1));

/** What `keepFacts` would refuse, without saving anything. */
export async function takenFact(
  stores: Pick<Stores, 'people' | 'integrations'>,
  { personId, facts, actor }: TypedFacts,
): Promise<Extract<KeptFacts, { kind: 'taken' }> | undefined> {
  const person = await stores.people.find(personId);
  return person && firstTaken(stores, cleaned(facts), { person, actor });
}

/** Who answers for what was typed; undefined where the person has to confirm it. Admins answer for others, not for themselves. */
async function confirmedBy(
  stores: Pick<Stores, 'people'>,
  person: Person,
  { actor, typedById }: Pick<TypedFacts, 'actor' | 'typedById'>,
): Promise<typeof ADMINS | typeof PEOPLE | undefined> {
  if (typedById === undefined) return actor.kind === 'operator' ? ADMINS : undefined;
  if (typedById === person.id) return PEOPLE;
  const typedBy = await stores.people.find(typedById);
  return typedBy && isAdmin(typedBy) ? ADMINS : undefined;
}

async function firstTaken(
  stores: Pick<Stores, 'people' | 'integrations'>,
  typed: readonly (readonly [string, string])[],
  { person, actor }: { readonly person: Person; readonly actor: Actor },
): Promise<Extract<KeptFacts, { kind: 'taken' }> | undefined> {
  for (const [name, value] of typed) {
    const why = tooLong(value) ?? (await whyTaken(stores, { person, name, value }, actor));
    if (why !== undefined) return { kind: 'taken', name, why };
  }
  return undefined;
}

/** In characters. An email address has at most 254, and a long public key of SSH (RSA, 4096 bits) some 750. */
const MAX_FACT = 1000;

const tooLong = (value: string): string | undefined =>
  value.length > MAX_FACT
    ? t`This has ${value.length} characters; the limit is ${MAX_FACT}. Please shorten it.`
    : undefined;

/** Why a value can't be this person's, in words that the actor may read; undefined if nobody else has it, and theirs can be read. */
async function whyTaken(
  stores: Pick<Stores, 'people' | 'integrations'>,
  {
    person,
    name,
    value,
  }: { readonly person: Person; readonly name: string; readonly value: string },
  actor: Actor,
): Promise<string | undefined> {
  if (!hasReadableFacts(person)) return unreadWords();
  const other = (await stores.people.withFact(name, value)).find(({ id }) => id !== person.id);
  if (!other || (await mayBeShared(stores, name))) return undefined;
  const label = await factLabel(stores, name);
  return (await maySeeWhose(stores, actor))
    ? t`${fullName(other)} (${other.email}) already has ${value} as ${label}. Check the spelling, or change it on their card first.`
    : t`Someone else already has ${value} as ${label}. Check the spelling, or ask a Latchkey admin.`;
}

/** Only admins and operators read whose value it is. */
async function maySeeWhose(stores: Pick<Stores, 'people'>, actor: Actor): Promise<boolean> {
  if (actor.kind !== 'person') return actor.kind === 'operator';
  const reader = await stores.people.find(actor.personId);
  return reader !== undefined && isAdmin(reader);
}

// ---------------------------------------------------------------- answering

/** Names one claim. A later claim of the same fact has another `at`. */
export interface ClaimRef {
  readonly personId: string;
  readonly name: string;
  /** Milliseconds UTC. */
  readonly at: number;
}

export type Answered =
  | { readonly kind: 'confirmed' | 'rejected' }
  /** It was answered, or someone typed another value since. */
  | { readonly kind: 'over' }
  | { readonly kind: 'not-yours' }
  | { readonly kind: 'taken'; readonly why: string };

export interface Answering {
  readonly person: Person;
  readonly actor: Actor;
}

/** Only the person; for someone who is not in chat, an admin too. */
export async function mayAnswerClaims(
  stores: Pick<Stores, 'identities'>,
  actor: Person,
  person: Person,
): Promise<boolean> {
  if (!actor.active) return false;
  if (actor.id === person.id) return true;
  return isAdmin(actor) && !(await isAskedInChat(stores, person));
}

/** Stores it as a fact of the person, in place of the old value. */
export async function confirmClaim(
  tx: Transaction,
  ref: ClaimRef,
  by: Answering,
): Promise<Answered> {
  const found = await openClaim(tx, ref, by);
  if ('kind' in found) return found;
  const { person, claim: open } = found;
  const why = await whyTaken(tx, { ...open, person }, by.actor);
  if (why !== undefined) return { kind: 'taken', why };
  const facts = { [open.name]: open.value };
  const writer = by.person.id === person.id ? PEOPLE : ADMINS;
  await store(tx, person, { what: 'fact.confirmed', actor: by.actor, writer, facts });
  return { kind: 'confirmed' };
}

/** @param instead the right value, if they know it */
export async function rejectClaim(
  tx: Transaction,
  ref: ClaimRef & { readonly instead?: string },
  by: Answering,
): Promise<Answered> {
  const found = await openClaim(tx, ref, by);
  if ('kind' in found) return found;
  const { name, instead = '' } = ref;
  if (instead.trim() === '') {
    await drop(tx, found.claim, { what: 'fact.rejected', actor: by.actor });
    return { kind: 'rejected' };
  }
  const kept = await keepFacts(tx, {
    personId: ref.personId,
    facts: { [name]: instead },
    actor: by.actor,
  });
  return kept.kind === 'taken' ? kept : { kind: 'confirmed' };
}

async function openClaim(
  tx: Transaction,
  { personId, name, at }: ClaimRef,
  by: Answering,
): Promise<{ readonly person: Person; readonly claim: FactClaim } | Answered> {
  const person = await tx.people.hold(personId);
  const actor = await tx.people.find(by.person.id);
  if (!person || !actor) return { kind: 'over' };
  if (!(await mayAnswerClaims(tx, actor, person))) return { kind: 'not-yours' };
  const open = await tx.factClaims.find(personId, name);
  return open?.at.getTime() === at ? { person, claim: open } : { kind: 'over' };
}

// ---------------------------------------------------------------- changing

/** Corrections by an admin on a person's card. They confirm each fact, and remove a fact that was emptied. */
export async function changeFacts(
  tx: Transaction,
  { personId, facts, actor }: TypedFacts,
): Promise<KeptFacts> {
  const kept = await keepFacts(tx, { personId, facts, actor });
  if (kept.kind === 'taken') return kept;
  const person = await tx.people.find(personId);
  const emptied = Object.entries(facts).flatMap(([name, value]) =>
    value.trim() === '' && person && Object.hasOwn(knownFacts(person), name) ? [name] : [],
  );
  if (!person || emptied.length === 0) return kept;
  await tx.people.save(withoutStored(withReadableFacts(person), emptied));
  await noteChange(tx, person.id, { what: 'fact.removed', actor, names: emptied });
  return kept;
}

/** Drops claims of facts that an import or a step of a run has stored. */
export async function settleKnown(tx: Transaction, people: readonly Person[]): Promise<void> {
  const stored = new Map(people.map((person) => [person.id, knownFacts(person)]));
  for (const { personId, name } of await tx.factClaims.namesOf([...stored.keys()])) {
    if (!Object.hasOwn(stored.get(personId) ?? {}, name)) continue;
    await tx.factClaims.delete(personId, name);
    await invalidateFacts(tx, personId, [name]);
    await goOn(tx, personId);
  }
}

/** A claim is a guess about a person, so it isn't kept for ever. Nobody who needs it waits three months. */
const UNANSWERED_DAYS = 90;

/** Drops claims that expired without an answer. */
export const factClaimSource: Source = {
  name: 'fact-claim',
  async *due({ factClaims }, now) {
    const kept = UNANSWERED_DAYS * DAY_MS;
    const before = new Date(now.getTime() - kept);
    const page = (offset: number) => factClaims.olderThan(before, offset);
    for await (const { personId, name, at } of everyDue(
      page,
      (each) => `${each.personId}:${each.name}`,
    ))
      yield { subject: JSON.stringify([personId, name]), at: new Date(at.getTime() + kept) };
  },
  async fire(tx, { subject, at }) {
    const [personId, name] = claimKey.parse(JSON.parse(subject));
    await tx.people.hold(personId); // As who types it again does.
    const old = await tx.factClaims.find(personId, name);
    if (old?.at.getTime() !== at.getTime() - UNANSWERED_DAYS * DAY_MS) return; // Typed again since.
    await drop(tx, old, { what: 'fact.expired', actor: SYSTEM });
  },
};

const claimKey = z.tuple([z.string(), z.string()]);

/** The person is in chat now: they confirm what waited for an admin. */
export async function askInChat(tx: Transaction, personId: string): Promise<void> {
  for (const { name } of await tx.factClaims.namesOf([personId])) {
    await ask(tx, personId, name);
    await invalidateFacts(tx, personId, [name]);
  }
}

interface Entry {
  readonly what: AuditWhat;
  readonly actor: Actor;
  /** If not the actor: who approves a request also saves what its requester typed. */
  readonly typedById?: string;
}

async function store(
  tx: Transaction,
  person: Person,
  {
    facts,
    writer,
    ...entry
  }: Entry & { readonly facts: Facts; readonly writer: typeof ADMINS | typeof PEOPLE },
): Promise<void> {
  const names = Object.keys(facts);
  await tx.people.save(withStored(withReadableFacts(person), facts, writer));
  for (const name of names) await tx.factClaims.delete(person.id, name);
  await noteChange(tx, person.id, { ...entry, names });
  await goOn(tx, person.id);
}

/** Continues what waited for the fact: grants, removals and checks. */
async function goOn(tx: Transaction, personId: string): Promise<void> {
  await promoteAllDeferred(tx, personId);
  await wakeRemovalsOf(tx, personId);
  for (const { state, integrationId } of await tx.access.forPerson(personId))
    if (state === 'unknown') await queueCheck(tx.queue, { personId, integrationId });
}

async function claim(tx: Transaction, wanted: FactClaim, actor: Actor): Promise<void> {
  const { personId, name } = wanted;
  const before = await tx.factClaims.find(personId, name);
  if (before?.value === wanted.value) return; // The person has the question already.
  await tx.factClaims.put(wanted);
  await noteChange(tx, personId, { what: 'fact.typed', actor, names: [name] });
  await ask(tx, personId, name);
}

async function drop(tx: Transaction, { personId, name }: FactClaim, entry: Entry): Promise<void> {
  const person = await tx.people.find(personId);
  // The runs keep it, and everyone reads it.
  const why = await inWorkspaceLocale(tx, async () => {
    const label = await factLabel(tx, name);
    return t`${label} of ${person ? fullName(person) : ''} wasn't confirmed. Find out what it is, then grant the access again.`;
  });
  await cancelWaitingFor(tx, { personId, name }, why);
  await tx.factClaims.delete(personId, name);
  await noteChange(tx, personId, { ...entry, names: [name] });
  await promoteAllDeferred(tx, personId);
  await wakeRemovalsOf(tx, personId);
}

const ask = (tx: Transaction, personId: string, name: string): Promise<void> =>
  tx.queue.push('fact.ask', { personId, name }, { lane: 'chat', key: `fact:${personId}:${name}` });

const invalidateFacts = (
  tx: Transaction,
  personId: string,
  names: readonly string[],
): Promise<void> =>
  invalidate(tx, personTopic(personId), ...names.map((name) => factTopic(personId, name)));

/** The audit log gets the names of the facts, never their values. */
async function noteChange(
  tx: Transaction,
  personId: string,
  { what, actor, typedById, names }: Entry & { readonly names: readonly string[] },
): Promise<void> {
  const detail = { names: names.join(', '), ...(typedById !== undefined && { typedById }) };
  await tx.audit(what, { actor, personId, detail });
  await invalidateFacts(tx, personId, names);
}
