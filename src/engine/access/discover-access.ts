/** Checks everyone at an integration in the background, and keeps the access that is there already. */
import { isAskable, manifestOf, manifestsOf } from '../integrations/manifest-of.ts';
import type { Manifest } from '../manifest/schema.ts';
import { type Actor, type Integration, SYSTEM } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { Woken } from '../work/leased.ts';
import { discoveryTopic, invalidate, personTopic } from '../work/topics.ts';
import type { CheckDeps } from './ask-app.ts';
import { checkOnce, isRecheck } from './check-access.ts';
import type { Discovery } from './discovery.ts';
import { isOpenRemoval } from './removals/removal.ts';

/** People of one job. */
const AT_ONCE = 10;
/** A job checks nobody else after this long: a worker that stops lets its jobs end first, and a sweep wakes late ones after a minute. */
const JOB_MS = 15_000;

export const discoveryWork: Woken<Discovery> = {
  store: ({ discoveries }) => discoveries,
  wake: (tx, { integrationId }, dueAt) =>
    tx.queue.push(
      'access.discover',
      { integrationId },
      { lane: 'background', dueAt, key: `discover:${integrationId}` },
    ),
};

/** @returns undefined where one is running already, or the integration can't check access */
export const beginDiscovery = async (
  tx: Transaction,
  { id }: Pick<Integration, 'id'>,
  startedBy: Actor,
): Promise<Discovery | undefined> => (await beginDiscoveries(tx, [id], startedBy))[0];

/** @returns those that began: none where one is running already, or the integration can't check access */
export async function beginDiscoveries(
  tx: Transaction,
  integrationIds: readonly string[],
  startedBy: Actor,
): Promise<readonly Discovery[]> {
  const held = await tx.integrations.holdMany(integrationIds);
  const manifests = await manifestsOf(tx, held);
  const wanted = held.filter((each) => canDiscover(each, manifests.get(each.id)));
  const begun = await tx.discoveries.replaceMany(
    wanted.map(
      ({ id: integrationId }): Discovery => ({
        id: tx.newId(),
        version: 1,
        integrationId,
        startedBy,
        startedAt: tx.now,
        state: 'running',
        lastPersonId: '',
        checked: 0,
        found: 0,
        unconfirmed: 0,
        dueAt: tx.now,
      }),
    ),
  );
  if (begun.length === 0) return begun;
  await tx.auditAll(
    begun.map(({ integrationId }) => ({
      what: 'discovery.started',
      actor: startedBy,
      integrationId,
    })),
  );
  for (const discovery of begun) await discoveryWork.wake(tx, discovery, tx.now);
  await invalidate(tx, discoveryTopic);
  return begun;
}

/** @returns false where none is running */
export async function stopDiscovery(
  tx: Transaction,
  integrationId: string,
  actor: Actor,
): Promise<boolean> {
  const discovery = await tx.discoveries.at(integrationId);
  if (discovery?.state !== 'running') return false;
  await endStopped(tx, discovery);
  await tx.audit('discovery.stopped', { actor, integrationId });
  return true;
}

export async function endStopped(tx: Transaction, discovery: Discovery): Promise<void> {
  const stopped = await tx.discoveries.save({ ...discovery, state: 'stopped', endedAt: tx.now });
  await invalidate(tx, discoveryTopic);
  await tx.emit({ kind: 'discovery-ended', discovery: stopped });
}

/** Turned on, and its newest manifest has `exists`. */
const canDiscover = (
  { enabled, deletedAt }: Integration,
  manifest: Manifest | undefined,
): boolean => enabled && !deletedAt && isAskable(manifest);

/** Where it waits: checks again then. */
interface Checked {
  readonly personIds: readonly string[];
  /** What broke down in Latchkey, by the person's id: their row is damaged, for instance. */
  readonly broken: ReadonlyMap<string, unknown>;
  readonly isLast: boolean;
  readonly waitMs?: number;
}

/**
 * Checks the next people. Two workers at once ask the app twice, and one of them stores it.
 * @throws {AggregateError} the errors of some people, who count as not confirmed: the others are checked all the same
 */
export async function advanceDiscovery(integrationId: string, deps: CheckDeps): Promise<void> {
  const discovery = await deps.stores.discoveries.at(integrationId);
  if (discovery?.state !== 'running') return;
  if (discovery.dueAt > deps.now()) {
    await deps.transact((tx) => discoveryWork.wake(tx, discovery, discovery.dueAt));
    return;
  }
  const integration = await deps.stores.integrations.find(integrationId);
  if (!integration || !canDiscover(integration, await manifestOf(deps.stores, integration))) {
    await deps.transact(async (tx) => {
      const now = await tx.discoveries.at(integrationId);
      if (now?.id === discovery.id && now.state === 'running') await endStopped(tx, now);
    });
    return;
  }
  const checked = await checkNext(discovery, deps);
  await deps.transact((tx) => keepChecked(tx, discovery, checked));
  const { size: count } = checked.broken;
  const who = count === 1 ? '1 person' : `${count} people`;
  if (count > 0)
    throw new AggregateError([...checked.broken.values()], `${who} could not be checked`);
}

async function checkNext(
  { integrationId, lastPersonId, waitsSince }: Discovery,
  deps: CheckDeps,
): Promise<Checked> {
  const began = deps.now().getTime();
  const ids = await deps.stores.people.activeAfter(lastPersonId, AT_ONCE);
  const personIds: string[] = [];
  const broken = new Map<string, unknown>();
  for (const id of ids) {
    const now = deps.now();
    if (now.getTime() - began > JOB_MS) return { personIds, broken, isLast: false };
    const since = personIds.length === 0 ? (waitsSince ?? now) : now;
    try {
      const access = await checkOnce(id, integrationId, { ...deps, waitsForHost: { since } });
      if (access && 'postponeMs' in access)
        return { personIds, broken, isLast: false, waitMs: access.postponeMs };
    } catch (error) {
      broken.set(id, error);
    }
    personIds.push(id);
  }
  return { personIds, broken, isLast: ids.length < AT_ONCE };
}

/** Does nothing where another worker was faster, or it was stopped. */
async function keepChecked(
  tx: Transaction,
  { id, integrationId, lastPersonId: before }: Discovery,
  { personIds, broken, isLast, waitMs }: Checked,
): Promise<void> {
  const discovery = await tx.discoveries.at(integrationId);
  if (discovery?.id !== id || discovery.state !== 'running') return;
  if (discovery.lastPersonId !== before) return;
  let { found, unconfirmed } = discovery;
  for (const personId of personIds) {
    const outcome = broken.has(personId) ? 'unconfirmed' : await keepFound(tx, discovery, personId);
    if (outcome === 'found') found += 1;
    if (outcome === 'unconfirmed') unconfirmed += 1;
  }
  const dueAt = new Date(tx.now.getTime() + (waitMs ?? 0));
  const { waitsSince, ...rest } = discovery;
  const isSame = personIds.length === 0; // It waits for the answer about the same person.
  const next = await tx.discoveries.save({
    ...rest,
    lastPersonId: personIds.at(-1) ?? before,
    checked: discovery.checked + personIds.length,
    found,
    unconfirmed,
    dueAt,
    waitsSince: waitMs === undefined ? undefined : isSame ? (waitsSince ?? tx.now) : tx.now,
    state: isLast ? 'done' : 'running',
    endedAt: isLast ? tx.now : undefined,
  });
  await invalidate(tx, discoveryTopic);
  if (isLast) await tx.emit({ kind: 'discovery-ended', discovery: next });
  else await discoveryWork.wake(tx, next, dueAt);
}

/** Access that no hold explains gets one. Someone who has left gets none: what a check finds of them is removed. */
async function keepFound(
  tx: Transaction,
  { integrationId, startedBy }: Discovery,
  personId: string,
): Promise<'found' | 'unconfirmed' | undefined> {
  const person = await tx.people.hold(personId);
  if (!person?.active) return undefined;
  const access = await tx.access.find(personId, integrationId);
  if (access?.state === 'unknown') return 'unconfirmed';
  if (access?.state !== 'has') return undefined;
  if ((await tx.holds.openAt(personId, integrationId)).length > 0) return undefined;
  // What is being removed, or was proven to be gone lately and has come back, is for an admin to look at.
  const removal = await tx.removals.latest(personId, integrationId);
  if (removal && isOpenRemoval(removal)) return undefined;
  if (removal?.state === 'gone' && isRecheck(removal, tx.now)) return undefined;
  await tx.holds.insert({
    id: tx.newId(),
    version: 1,
    personId,
    integrationId,
    source: 'found',
    givenBy: startedBy,
    startedAt: tx.now,
  });
  await tx.audit('access.found', { actor: SYSTEM, personId, integrationId });
  await invalidate(tx, personTopic(personId));
  return 'found';
}
