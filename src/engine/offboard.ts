/**
 * Offboarding: planned for a last day, begun when it is over in the person's time zone, and gone on with until everything is
 * known to be gone or was done by hand. The sources of the tick are here too.
 */
import { say } from '../core/say.ts';
import { unreachable } from '../core/unreachable.ts';
import { type Asking, askApprovers, cancelRequests } from './ask-access.ts';
import { deactivate } from './change-person.ts';
import { addDays, startOfDay } from './days.ts';
import { type Access, type Actor, fullName, type Integration, type Person } from './directory.ts';
import type { Source } from './due.ts';
import { parseManifest } from './manifest/parse.ts';
import { endTask } from './manual.ts';
import { markCancelled, type Offboarding, type OffboardingItem } from './offboarding.ts';
import type { Stores, Transaction } from './ports/unit-of-work.ts';
import { queueReplan } from './queue-replan.ts';
import { cancelOffboardingItems } from './sequences/cancel-planned.ts';
import { offboardingSubject, personSubject, taskSubject, touch } from './subjects.ts';
import { takeAway } from './take-away.ts';

/** Who is told, in the transaction of the change itself. */
export interface OffboardingNews {
  started(tx: Transaction, offboarding: Offboarding): Promise<void>;
  /** Everything is gone, or was done by hand. */
  done(tx: Transaction, offboarding: Offboarding): Promise<void>;
}

type Planning = Pick<Asking, 'now' | 'newId'>;

export interface OffboardingParts extends Asking {
  readonly offboardingNews: OffboardingNews;
}

export type Planned =
  | { readonly kind: 'planned'; readonly offboarding: Offboarding }
  | { readonly kind: 'refused'; readonly why: string };

/**
 * Plans somebody's last day, or moves it while it has not begun.
 * @param endDate ISO date; one that is over begins at once, at the next tick
 */
export async function planOffboarding(
  tx: Transaction,
  wanted: { readonly person: Person; readonly endDate: string; readonly actor: Actor },
  parts: Planning,
): Promise<Planned> {
  const { endDate, actor } = wanted;
  const person = await tx.people.hold(wanted.person.id);
  if (!person) return { kind: 'refused', why: say`They are no longer in the directory.` };
  const admins = await tx.people.admins();
  if (person.role === 'admin' && admins.every(({ id }) => id === person.id))
    return {
      kind: 'refused',
      why: say`${fullName(person)} is the only admin. Make somebody else one first.`,
    };
  const current = await tx.offboardings.current(person.id);
  if (current?.state === 'running')
    return { kind: 'refused', why: say`${fullName(person)} is being offboarded already.` };
  const offboarding: Offboarding = current
    ? await tx.offboardings.save({ ...current, endDate })
    : {
        id: parts.newId(),
        version: 1,
        personId: person.id,
        ...(actor.kind === 'person' && { startedById: actor.personId }),
        state: 'planned',
        endDate,
        createdAt: parts.now(),
      };
  if (!current) await tx.offboardings.insert(offboarding);
  await tx.people.save({ ...person, endDate });
  await queueReplan(tx.queue, { personId: person.id });
  await audit(tx, 'offboarding.planned', offboarding, actor, parts, { endDate });
  await touch(tx, personSubject(person.id), offboardingSubject(offboarding.id));
  return { kind: 'planned', offboarding };
}

/** @returns undefined where it has begun or is over: what is gone stays gone. */
export async function cancelOffboarding(
  tx: Transaction,
  id: string,
  actor: Actor,
  parts: Planning,
): Promise<Offboarding | undefined> {
  const offboarding = await tx.offboardings.find(id);
  const person = offboarding && (await tx.people.find(offboarding.personId));
  if (offboarding?.state !== 'planned' || !person) return undefined;
  const cancelled = await markCancelled(tx, offboarding, actor, parts);
  const { endDate: _, ...staying } = person;
  await tx.people.save(staying);
  const why = () => say`The offboarding was cancelled.`;
  await cancelOffboardingItems(tx, staying.id, why, actor, parts);
  await touch(tx, personSubject(person.id));
  return cancelled;
}

export const offboardingSources = (parts: OffboardingParts): readonly Source[] => [
  {
    name: 'offboarding-start',
    async *due({ offboardings, people }, now) {
      const { offboardings: planned } = await offboardings.list('planned', FIRST);
      for (const each of planned) {
        const person = await people.find(each.personId);
        const at = endOf(each.endDate, person?.timeZone ?? parts.timeZone);
        if (at <= now) yield { subject: each.id, at };
      }
    },
    async fire(tx, { subject }) {
      const offboarding = await tx.offboardings.find(subject);
      if (offboarding?.state === 'planned') await begin(tx, offboarding, parts);
    },
  },
  {
    name: 'offboarding-try',
    async *due({ offboardings }, now) {
      const { offboardings: running } = await offboardings.list('running', FIRST);
      for (const each of running) {
        const next = nextTry(await offboardings.items(each.id));
        if (next && next <= now) yield { subject: each.id, at: next };
      }
    },
    async fire(tx, { subject }, now) {
      const offboarding = await tx.offboardings.find(subject);
      if (offboarding?.state === 'running') await goOn(tx, offboarding, now, parts);
    },
  },
];

/** The soonest of them; a company that lets more people go at once waits a minute for the next ones. */
const FIRST = { offset: 0, limit: 200 };

/** When a day is over in a time zone. */
const endOf = (day: string, timeZone: string): Date => startOfDay(addDays(day, 1), timeZone);

function nextTry(items: readonly OffboardingItem[]): Date | undefined {
  const times = items.flatMap(({ nextTryAt }) => (nextTryAt ? [nextTryAt.getTime()] : []));
  return times.length > 0 ? new Date(Math.min(...times)) : undefined;
}

const SYSTEM: Actor = { kind: 'system' };

/** Somebody has become the only admin since their last day was planned. */
class CannotBegin extends Error {
  readonly code = 'cannot-begin-offboarding';
}

/** Their last day is over: they are nobody's approver any more, and everything that they may have is taken away. */
async function begin(
  tx: Transaction,
  offboarding: Offboarding,
  parts: OffboardingParts,
): Promise<void> {
  const person = await tx.people.hold(offboarding.personId);
  if (!person) return;
  const running = await tx.offboardings.save({ ...offboarding, state: 'running' });
  const left = await deactivate(tx, person, { ...parts, actor: SYSTEM });
  if (!left.ok) throw new CannotBegin(left.why); // Rolled back, and tried again at the next tick.
  await endDuties(tx, person, parts);
  for (const integration of await tx.integrations.list())
    if (await mayHave(tx, person, integration)) {
      const item: OffboardingItem = {
        offboardingId: running.id,
        integrationId: integration.id,
        state: 'revoking',
        tries: 0,
        nextTryAt: parts.now(),
      };
      await tx.offboardings.putItem(item);
    }
  await audit(tx, 'offboarding.started', running, SYSTEM, parts);
  await parts.offboardingNews.started(tx, running);
  await goOn(tx, running, parts.now(), parts);
}

/** What an offboarding would take away now, by name. */
export interface FutureEnd {
  readonly integration: Integration;
  readonly access: Access | undefined;
  readonly hasExists: boolean;
  readonly how: 'by-itself' | 'by-hand';
}

export async function whatWillEnd(stores: Stores, person: Person): Promise<readonly FutureEnd[]> {
  const ends: FutureEnd[] = [];
  for (const integration of await stores.integrations.list()) {
    if (!(await mayHave(stores, person, integration))) continue;
    const version = await stores.integrations.findVersion(integration.manifestVersionId);
    const parsed = version && parseManifest(version.manifest);
    const manifest =
      parsed?.ok && parsed.manifest.kind === 'provision' ? parsed.manifest : undefined;
    ends.push({
      integration,
      access: await stores.access.find(person.id, integration.id),
      hasExists: manifest?.exists !== undefined,
      how: manifest && manifest.revoke.length > 0 ? 'by-itself' : 'by-hand',
    });
  }
  return ends;
}

/** Everything that isn't known to be gone; where nobody has ever asked, what can be asked and revoked is, to be sure. */
async function mayHave(tx: Stores, person: Person, integration: Integration): Promise<boolean> {
  const access = await tx.access.find(person.id, integration.id);
  if (access) return access.state !== 'none';
  if (await tx.runs.unfinished(person.id, integration.id)) return true;
  const version = await tx.integrations.findVersion(integration.manifestVersionId);
  const parsed = version && parseManifest(version.manifest);
  if (!integration.enabled || !parsed?.ok || parsed.manifest.kind !== 'provision') return false;
  return parsed.manifest.exists !== undefined && parsed.manifest.revoke.length > 0;
}

/** Open requests, approver duties, delegations and tasks end with somebody's last day. */
async function endDuties(tx: Transaction, person: Person, parts: OffboardingParts): Promise<void> {
  await cancelRequests(tx, { personIds: [person.id] }, SYSTEM, parts);
  await tx.delegations.delete(person.id);
  for (const { personId } of await tx.delegations.to(person.id))
    await tx.delegations.delete(personId);
  const MANY = { offset: 0, limit: 1000 };
  const { requests } = await tx.requests.list({ state: 'open', approverId: person.id }, MANY);
  for (const request of requests) {
    const integration = await tx.integrations.find(request.integrationId);
    if (integration) await askApprovers(tx, request, integration, parts);
  }
  const { tasks } = await tx.tasks.list({ state: 'open', assigneeId: person.id }, MANY);
  for (const task of tasks) {
    const { assigneeId: _, ...anybodys } = task;
    await parts.taskNews.opened(tx, await tx.tasks.save(anybodys));
    await touch(tx, taskSubject(task.id), personSubject(task.personId));
  }
  const own = await tx.tasks.list({ state: 'open', personId: person.id }, MANY);
  for (const task of own.tasks)
    if (task.state === 'open' && task.kind === 'grant')
      await endTask(tx, task, 'cancelled', SYSTEM, parts);
}

/** Takes every item whose time has come one step further, and ends when none is left. */
async function goOn(
  tx: Transaction,
  offboarding: Offboarding,
  now: Date,
  parts: OffboardingParts,
): Promise<void> {
  const person = await tx.people.find(offboarding.personId);
  if (!person) return;
  if (person.active) {
    await markCancelled(tx, offboarding, SYSTEM, parts); // They are back: nothing more is taken away.
    return;
  }
  const since = endOf(offboarding.endDate, person.timeZone ?? parts.timeZone);
  const begun = since > offboarding.createdAt ? since : offboarding.createdAt;
  for (const item of await tx.offboardings.items(offboarding.id)) {
    if (!item.nextTryAt || item.nextTryAt > now) continue;
    const integration = await tx.integrations.find(item.integrationId);
    await tx.offboardings.putItem(
      integration && !integration.deletedAt
        ? await stepFurther(tx, item, { person, integration, since: begun }, parts)
        : withoutNext({ ...item, state: 'by-hand', why: say`The integration was deleted.` }),
    );
  }
  const items = await tx.offboardings.items(offboarding.id);
  if (items.every(({ nextTryAt }) => nextTryAt === undefined)) {
    const done = await tx.offboardings.save({ ...offboarding, state: 'done', endedAt: now });
    await audit(tx, 'offboarding.done', done, SYSTEM, parts);
    await parts.offboardingNews.done(tx, done);
  }
  await touch(tx, offboardingSubject(offboarding.id), personSubject(person.id));
}

async function stepFurther(
  tx: Transaction,
  item: OffboardingItem,
  about: { readonly person: Person; readonly integration: Integration; readonly since: Date },
  parts: OffboardingParts,
): Promise<OffboardingItem> {
  const taken = await takeAway(
    tx,
    {
      ...about,
      actor: SYSTEM,
      tries: item.tries,
      ...(item.taskId !== undefined && { taskId: item.taskId }),
    },
    parts,
  );
  const { why: _, nextTryAt: __, ...rest } = item;
  switch (taken.kind) {
    case 'gone':
      return { ...rest, state: 'gone' };
    case 'revoked':
      return { ...rest, state: 'revoked', runId: taken.runId };
    case 'revoking': {
      const { kind: ___, ...step } = taken;
      return { ...rest, state: 'revoking', ...step };
    }
    case 'by-hand': {
      const { kind: ___, ...step } = taken;
      return { ...rest, state: 'by-hand', ...step };
    }
    default:
      return unreachable(taken);
  }
}

function withoutNext(item: OffboardingItem): OffboardingItem {
  const { nextTryAt: _, ...rest } = item;
  return rest;
}

const audit = (
  tx: Transaction,
  what: string,
  { id, personId }: Offboarding,
  actor: Actor,
  { newId, now }: Pick<OffboardingParts, 'newId' | 'now'>,
  detail: Readonly<Record<string, string>> = {},
): Promise<void> =>
  tx.audit.add({
    id: newId(),
    at: now(),
    actor,
    what,
    personId,
    detail: { offboardingId: id, ...detail },
  });
