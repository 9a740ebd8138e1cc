/**
 * Facts about people that manifests ask for (`extra_user_info`): who may enter them, and who confirms what someone else
 * typed. A wrong username grants, checks and revokes the account of a stranger, so nothing uses a fact before the person
 * has confirmed it.
 */
import { z } from 'zod';
import { t } from '../../core/translate.ts';
import { cancelWaitingFor, promoteAllDeferred } from '../access/deferred-grants.ts';
import { queueCheck } from '../access/queue-check.ts';
import { wakeRemovalsOf } from '../access/removals/wake-removal.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import type { Source } from '../work/due.ts';
import { factTopic, invalidate, personTopic } from '../work/topics.ts';
import { type Actor, fullName, type Person } from './directory.ts';
import type { FactClaim } from './fact-claim.ts';
import { factLabel, mayBeShared } from './fact-questions.ts';
import { inWorkspaceLocale } from './locales.ts';
import { isAdmin } from './permission.ts';
import { PEOPLE, withoutStored, withStored } from './stored-values.ts';
import { isAskedInChat } from './waiting-facts.ts';

export type Facts = Readonly<Record<string, string>>;

export interface TypedFacts {
  readonly personId: string;
  /** By the ids of their questions. */
  readonly facts: Facts;
  /** Who keeps them now: they read the sentence where one is refused. */
  readonly actor: Actor;
  /** Who typed them, where that was not the actor. */
  readonly typedById?: string;
}

export type KeptFacts =
  | {
      readonly kind: 'kept';
      /** Those that wait for the person. */
      readonly waiting: readonly string[];
    }
  /** Another person has confirmed the same: nothing was kept. */
  | { readonly kind: 'taken'; readonly name: string; readonly why: string };

/**
 * Keeps what was typed about a person. What they typed themselves, or an admin did, is theirs from now on; of someone else's
 * the person is asked. Holds the person.
 */
export async function keepFacts(
  tx: Transaction,
  { personId, facts, actor, typedById = typist(actor) }: TypedFacts,
): Promise<KeptFacts> {
  const typed = cleaned(facts);
  const person = typed.length === 0 ? undefined : await tx.people.hold(personId);
  if (!person) return { kind: 'kept', waiting: [] };
  const taken = await firstTaken(tx, person, typed, actor);
  if (taken) return taken;
  if (await isConfirmedBy(tx, person, actor, typedById)) {
    const forOther = typedById !== typist(actor);
    const entry = { what: 'fact.entered', actor, ...(forOther && { typedById }) };
    await store(tx, person, Object.fromEntries(typed), entry);
    return { kind: 'kept', waiting: [] };
  }
  const waiting: string[] = [];
  for (const [name, value] of typed) {
    // They, or an admin, have entered it since the form was opened.
    if (Object.hasOwn(person.stored, name)) continue;
    waiting.push(name);
    await claim(tx, { personId, name, value, at: tx.now, ...(typedById && { typedById }) }, actor);
  }
  return { kind: 'kept', waiting };
}

const typist = (actor: Actor): string | undefined =>
  actor.kind === 'person' ? actor.personId : undefined;

/** In the order of their names, so that two who keep the same facts at once wait for each other and never in a circle. */
const cleaned = (facts: Facts): readonly (readonly [string, string])[] =>
  Object.entries(facts)
    .map(([name, value]) => [name, value.trim()] as const)
    .filter(([, value]) => value !== '')
    .toSorted(([a], [b]) => (a < b ? -1 : 1));

/** Says at once what would be refused once it is kept. */
export async function takenFact(
  stores: Pick<Stores, 'people' | 'integrations'>,
  { personId, facts, actor }: TypedFacts,
): Promise<Extract<KeptFacts, { kind: 'taken' }> | undefined> {
  const person = await stores.people.find(personId);
  return person && firstTaken(stores, person, cleaned(facts), actor);
}

async function isConfirmedBy(
  stores: Pick<Stores, 'people'>,
  person: Person,
  actor: Actor,
  typedById: string | undefined,
): Promise<boolean> {
  if (typedById === undefined) return actor.kind === 'operator';
  if (typedById === person.id) return true;
  const typedBy = await stores.people.find(typedById);
  return typedBy !== undefined && isAdmin(typedBy);
}

async function firstTaken(
  stores: Pick<Stores, 'people' | 'integrations'>,
  person: Person,
  typed: readonly (readonly [string, string])[],
  actor: Actor,
): Promise<Extract<KeptFacts, { kind: 'taken' }> | undefined> {
  for (const [name, value] of typed) {
    const why = await whyTaken(stores, { person, name, value }, actor);
    if (why !== undefined) return { kind: 'taken', name, why };
  }
  return undefined;
}

/** Why a value can't be this person's, for the actor; undefined where nobody else has it. */
async function whyTaken(
  stores: Pick<Stores, 'people' | 'integrations'>,
  {
    person,
    name,
    value,
  }: { readonly person: Person; readonly name: string; readonly value: string },
  actor: Actor,
): Promise<string | undefined> {
  const other = (await stores.people.withFact(name, value)).find(({ id }) => id !== person.id);
  if (!other || (await mayBeShared(stores, name))) return undefined;
  const label = await factLabel(stores, name);
  return (await maySeeWhose(stores, actor))
    ? t`${fullName(other)} (${other.email}) has ${value} as ${label} already. Check the spelling, or change it on their card first.`
    : t`Someone else has ${value} as ${label} already. Check the spelling, or ask a Latchkey admin.`;
}

/** Only admins read whose it is. */
async function maySeeWhose(stores: Pick<Stores, 'people'>, actor: Actor): Promise<boolean> {
  if (actor.kind !== 'person') return actor.kind === 'operator';
  const reader = await stores.people.find(actor.personId);
  return reader !== undefined && isAdmin(reader);
}

// ---------------------------------------------------------------- answering

/** Which claim is meant: a later one of the same fact is another one. */
export interface ClaimRef {
  readonly personId: string;
  readonly name: string;
  /** Milliseconds UTC. */
  readonly at: number;
}

export type Answered =
  | { readonly kind: 'confirmed' | 'rejected' }
  /** It was answered, or something else was typed since. */
  | { readonly kind: 'over' }
  | { readonly kind: 'not-yours' }
  | { readonly kind: 'taken'; readonly why: string };

export interface Answering {
  readonly person: Person;
  readonly actor: Actor;
}

/** The person alone; an admin for someone who is not in chat (not yet, or not any more). */
export async function mayAnswerClaims(
  stores: Pick<Stores, 'identities'>,
  actor: Person,
  person: Person,
): Promise<boolean> {
  if (!actor.active) return false;
  if (actor.id === person.id) return true;
  return isAdmin(actor) && !(await isAskedInChat(stores, person));
}

/** From now on it is a fact of theirs, in place of what was stored under that name. */
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
  const entry = { what: 'fact.confirmed', actor: by.actor };
  await store(tx, person, { [open.name]: open.value }, entry);
  return { kind: 'confirmed' };
}

/** It was wrong. @param instead what it is, where they know it */
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

/**
 * What an admin corrects on a person's card: each fact is confirmed by that, and one that was emptied is removed.
 */
export async function changeFacts(
  tx: Transaction,
  { personId, facts, actor }: TypedFacts,
): Promise<KeptFacts> {
  const kept = await keepFacts(tx, { personId, facts, actor });
  if (kept.kind === 'taken') return kept;
  const person = await tx.people.find(personId);
  const emptied = Object.entries(facts).flatMap(([name, value]) =>
    value.trim() === '' && person && Object.hasOwn(person.stored, name) ? [name] : [],
  );
  if (!person || emptied.length === 0) return kept;
  await tx.people.save(withoutStored(person, emptied));
  await auditFacts(tx, person.id, emptied, { what: 'fact.removed', actor });
  await invalidateFacts(tx, person.id, emptied);
  return kept;
}

/** Drops what is claimed of facts that are known now, by an import or a step of a run. */
export async function settleKnown(tx: Transaction, people: readonly Person[]): Promise<void> {
  const stored = new Map(people.map((person) => [person.id, person.stored]));
  for (const { personId, name } of await tx.factClaims.namesOf([...stored.keys()])) {
    if (!Object.hasOwn(stored.get(personId) ?? {}, name)) continue;
    await tx.factClaims.delete(personId, name);
    await invalidateFacts(tx, personId, [name]);
    await goOn(tx, personId);
  }
}

const DAY_MS = 24 * 60 * 60_000;
/** Whoever has not answered in a quarter of a year doesn't need it; the value is someone's guess about a person. */
const UNANSWERED_DAYS = 90;

/** Drops what nobody has answered in time. */
export const factClaimSource: Source = {
  name: 'fact-claim',
  async *due({ factClaims }, now) {
    const kept = UNANSWERED_DAYS * DAY_MS;
    for (const { personId, name, at } of await factClaims.olderThan(new Date(now.getTime() - kept)))
      yield { subject: JSON.stringify([personId, name]), at: new Date(at.getTime() + kept) };
  },
  async fire(tx, { subject, at }) {
    const [personId, name] = claimKey.parse(JSON.parse(subject));
    const old = await tx.factClaims.find(personId, name);
    if (old?.at.getTime() !== at.getTime() - UNANSWERED_DAYS * DAY_MS) return; // Typed again since.
    await drop(tx, old, { what: 'fact.expired', actor: { kind: 'system' } });
  },
};

const claimKey = z.tuple([z.string(), z.string()]);

/** Someone can be asked in chat since now: what waited for an admin is theirs to confirm. */
export async function askInChat(tx: Transaction, personId: string): Promise<void> {
  for (const { name } of await tx.factClaims.namesOf([personId])) {
    await ask(tx, personId, name);
    await invalidateFacts(tx, personId, [name]);
  }
}

interface Entry {
  readonly what: string;
  readonly actor: Actor;
  /** Where that was not the actor: a request is fulfilled by whoever approves it. */
  readonly typedById?: string | undefined;
}

async function store(tx: Transaction, person: Person, facts: Facts, entry: Entry): Promise<void> {
  const names = Object.keys(facts);
  await tx.people.save(withStored(person, facts, PEOPLE));
  for (const name of names) await tx.factClaims.delete(person.id, name);
  await auditFacts(tx, person.id, names, entry);
  await invalidateFacts(tx, person.id, names);
  await goOn(tx, person.id);
}

/** What waited for the fact goes on: grants, and checks that could not be asked without it. */
async function goOn(tx: Transaction, personId: string): Promise<void> {
  await promoteAllDeferred(tx, personId);
  await wakeRemovalsOf(tx, personId);
  for (const { state, integrationId } of await tx.access.forPerson(personId))
    if (state === 'unknown') await queueCheck(tx.queue, personId, integrationId);
}

async function claim(tx: Transaction, wanted: FactClaim, actor: Actor): Promise<void> {
  const { personId, name } = wanted;
  const before = await tx.factClaims.find(personId, name);
  if (before?.value === wanted.value) return; // They are asked already.
  await tx.factClaims.put(wanted);
  await auditFacts(tx, personId, [name], { what: 'fact.typed', actor });
  await ask(tx, personId, name);
  await invalidateFacts(tx, personId, [name]);
}

async function drop(tx: Transaction, { personId, name }: FactClaim, entry: Entry): Promise<void> {
  const person = await tx.people.find(personId);
  // It is kept with the runs, and everyone reads it.
  const why = await inWorkspaceLocale(tx, async () => {
    const label = await factLabel(tx, name);
    return t`${label} of ${person ? fullName(person) : ''} was not confirmed. Find out what it is, then grant it again.`;
  });
  await cancelWaitingFor(tx, { personId, name }, why);
  await tx.factClaims.delete(personId, name);
  await auditFacts(tx, personId, [name], entry);
  await invalidateFacts(tx, personId, [name]);
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

/** Which facts, and never what they are. */
const auditFacts = (
  tx: Transaction,
  personId: string,
  names: readonly string[],
  { what, actor, typedById }: Entry,
): Promise<void> =>
  tx.audit(what, {
    actor,
    personId,
    detail: { names: names.join(', '), ...(typedById !== undefined && { typedById }) },
  });
