/**
 * Deleting an integration. Its grants stop, everyone's access is removed, and the last removal ends the deletion. If people keep
 * their access, it is deleted at once, and a task lists them.
 */
import { HOUR_MS } from '../../core/hours.ts';
import { beginRemoval } from '../access/removals/begin-removal.ts';
import {
  nameWhatStays,
  peopleWithAccess,
  somePeopleWithAccess,
} from '../access/removals/people-with-access.ts';
import { grantsToStop } from '../access/stop-grants.ts';
import { type ChangedBy, type Integration, SYSTEM } from '../people/directory.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { Transaction, UnitOfWork } from '../ports/unit-of-work.ts';
import { settingsOf } from '../settings/settings.ts';
import type { Source } from '../work/due.ts';
import { invalidateIntegration } from '../work/topics.ts';
import { held, note, stopAndNote } from './change-integration.ts';
import { queueEmptying } from './queue-emptying.ts';

/** What becomes of people's access when an integration is deleted. */
export type AccessWhenDeleted =
  /** It is removed first; the last removal ends the deletion. */
  | 'remove'
  /** It stays at the app; Latchkey can't remove it any more. */
  | 'keep';

/**
 * It grants no access any more. Removals need its manifest and secrets, so the deletion ends with the last of them. Unfinished
 * grants are stopped, and what they may have done already is removed.
 * @returns the integration as it is now: deleted, or with `deletingSince`
 */
export async function deleteIntegration(
  tx: Transaction,
  integration: Integration,
  { access, ...deps }: ChangedBy & { readonly access: AccessWhenDeleted },
): Promise<Integration> {
  const current = await held(tx, integration);
  if (current.deletedAt) return current;
  await tx.drafts.deleteFor(current.id);
  const isNew = current.deletingSince === undefined;
  const before = settingsOf(current).whenDeleted?.people;
  const people = before ?? (await peopleWithAccess(tx, current.id)).length;
  const deleting = await tx.integrations.save({
    ...current,
    enabled: false,
    deletingSince: current.deletingSince ?? tx.now,
    settings: { ...settingsOf(current), whenDeleted: { access, people } },
  });
  if (isNew)
    await stopAndNote(tx, deleting, {
      ...deps,
      what: 'integration.deleting',
      detail: { name: current.name, access },
    });
  if (access === 'remove') {
    await queueEmptying(tx.queue, current.id);
    return deleting;
  }
  await nameWhatStays(tx, deleting, deps);
  return finishDeleting(tx, deleting, deps);
}

/**
 * The job of a deletion. It begins the removal of everyone's access, some people at a time. Each has their own transaction, so an
 * error with one person stops nobody else. For a deleted integration, it deletes the access rows.
 * @throws {AggregateError} the errors of these people; the job is retried, and the integration stays until it succeeds
 */
export async function emptyIntegration(
  job: Jobs['integration.empty'],
  { transact }: { readonly transact: UnitOfWork },
): Promise<void> {
  const { integrationId } = job;
  const some = await transact((tx) => peopleToRemove(tx, job));
  const errors: unknown[] = [];
  for (const personId of some)
    try {
      await transact((tx) => beginAt(tx, integrationId, personId));
    } catch (error) {
      errors.push(error);
    }
  const last = some.at(-1);
  if (last !== undefined) await transact((tx) => queueEmptying(tx.queue, integrationId, last));
  if (errors.length > 0)
    throw new AggregateError(errors, `The removal of ${errors.length} people could not begin`);
}

/** @returns some people whose access has to be removed; none if nobody is left */
async function peopleToRemove(
  tx: Transaction,
  { integrationId, afterPersonId }: Jobs['integration.empty'],
): Promise<readonly string[]> {
  const integration = await tx.integrations.hold(integrationId, 'alone');
  if (!integration?.deletingSince) return [];
  if (integration.deletedAt) {
    await forgetAccess(tx, integrationId);
    return [];
  }
  const access = settingsOf(integration).whenDeleted?.access;
  if (access !== 'remove') {
    // An admin has chosen since that people keep it. Where the choice can't be read, the deletion waits until one chooses again.
    if (access === 'keep') await finishDeleting(tx, integration, { actor: SYSTEM });
    return [];
  }
  const some = await somePeopleWithAccess(tx, integrationId, afterPersonId);
  // People whose removal could not begin still have access rows, so the deletion doesn't end yet.
  if (some.length === 0 && (await somePeopleWithAccess(tx, integrationId)).length === 0)
    await finishDeleting(tx, integration, { actor: SYSTEM });
  return some;
}

async function beginAt(tx: Transaction, integrationId: string, personId: string): Promise<void> {
  const cause = { kind: 'integration-deleted' } as const;
  const person = await tx.people.hold(personId);
  const integration = await tx.integrations.hold(integrationId, 'shared');
  if (!person || !integration?.deletingSince || integration.deletedAt) return;
  if (settingsOf(integration).whenDeleted?.access !== 'remove') return;
  const open = await tx.removals.open(personId, integrationId);
  if (open?.causes.some(({ kind }) => kind === cause.kind)) return; // The job ran before.
  await beginRemoval(tx, { person, integration, cause, actor: SYSTEM });
}

/**
 * A removal there has ended. If it was the last one, the deletion ends. Before that, the job searches once more for people whose
 * removal has yet to begin, or failed.
 */
export async function finishDeletingOf(
  tx: Transaction,
  integrationId: string,
  deps: ChangedBy,
): Promise<void> {
  const integration = await tx.integrations.hold(integrationId, 'alone');
  if (!integration?.deletingSince || integration.deletedAt) return;
  if ((await tx.removals.count({ integrationId, state: 'open' })) > 0)
    return invalidateIntegration(tx, integrationId); // Its card counts them.
  if (settingsOf(integration).whenDeleted?.access === 'keep')
    await finishDeleting(tx, integration, deps);
  else await queueEmptying(tx.queue, integrationId);
}

/** Ends the deletion: its name is free again, and its access rows and findings are deleted. The history stays. */
async function finishDeleting(
  tx: Transaction,
  integration: Integration,
  deps: ChangedBy,
): Promise<Integration> {
  const { id } = integration;
  if ((await tx.removals.count({ integrationId: id, state: 'open' })) > 0) return integration;
  if ((await grantsToStop(tx, id)).length > 0) return integration; // A job is still stopping them.
  const saved = await tx.integrations.save({ ...integration, deletedAt: tx.now });
  await forgetAccess(tx, id);
  await note(tx, saved, {
    ...deps,
    what: 'integration.deleted',
    detail: { name: integration.name },
  });
  await forgetSecrets(tx, saved);
  return saved;
}

/** Queues the job of each deletion again once an hour, in case it was lost or given up. */
export const deletionSource: Source = {
  name: 'integration-deleting',
  async *due({ integrations }, now) {
    const hour = new Date(Math.floor(now.getTime() / HOUR_MS) * HOUR_MS);
    for (const { id, deletingSince } of await integrations.list())
      if (deletingSince && deletingSince < hour) yield { subject: id, at: hour };
  },
  fire: (tx, { subject }) => queueEmptying(tx.queue, subject),
};

/** Deletes the access rows of a deleted integration, its listed accounts and what they showed, some at a time. */
async function forgetAccess(tx: Transaction, integrationId: string): Promise<void> {
  // First: what a round at work would find from here on nobody could close.
  const round = await tx.accountRounds.at(integrationId);
  if (round) await tx.accountRounds.delete(round.id);
  const deleted = await tx.access.deleteSomeAt(integrationId);
  if (deleted + (await tx.findings.deleteSomeAt(integrationId)) > 0)
    await queueEmptying(tx.queue, integrationId);
}

/** Deletes secrets and token of a deleted integration, once all its runs have ended. */
export async function forgetSecrets(tx: Transaction, { id }: Integration): Promise<void> {
  const integration = await tx.integrations.hold(id, 'alone');
  if (!integration?.deletedAt || (await tx.runs.unfinishedAt(id)).length > 0) return;
  await tx.secrets.deleteAll(id);
  await tx.oauth.delete(id);
}
