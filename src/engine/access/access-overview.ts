/** The access of one person at each integration that grants access: a page of rows for a card or a terminal. */
import { manifestIn } from '../integrations/manifest-of.ts';
import { type Access, type Integration, isManual, type Person } from '../people/directory.ts';
import type { FactQuestion } from '../people/fact-questions.ts';
import { knownFacts } from '../people/stored-values.ts';
import type { Page } from '../ports/store.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { isActive, type Run } from '../runs/run.ts';
import type { Task } from '../tasks/task.ts';
import type { Hold } from './hold.ts';
import type { OpenRemoval } from './removals/removal.ts';

export interface AccessRow {
  readonly integration: Integration;
  /** It has no manifest: people grant and revoke by hand. */
  readonly byHand: boolean;
  /** Whether Latchkey can check it, and whether it can be revoked, by the manifest or by hand. */
  readonly hasExists: boolean;
  readonly hasRevoke: boolean;
  /** Its questions about the person that have no answer yet. */
  readonly asks?: readonly FactQuestion[];
  readonly access?: Access;
  /** The unfinished run, if any: the active one, else one that waits. */
  readonly run?: Run;
  /** When the last successful run ended: earlier checks are out of date. */
  readonly changedAt?: Date;
  /** The open task to grant or revoke it by hand. */
  readonly task?: Task;
  /** Open holds, the oldest first. */
  readonly holds: readonly Hold[];
  readonly removal?: OpenRemoval;
}

/** Whether there may be access to remove: it isn't known to be gone, or it is being granted. */
export const mayBeRevoked = ({
  hasRevoke,
  hasExists,
  access,
  run,
  task,
  removal,
}: AccessRow): boolean =>
  removal === undefined &&
  (run?.kind === 'execute' ||
    task?.kind === 'grant' ||
    (access ? access.state !== 'none' : hasRevoke && hasExists));

/** Whether the person whose access it is may give it back: something gives it to them, or it may be there. */
export const mayBeGivenBack = ({ access, holds, run, task, removal }: AccessRow): boolean =>
  removal === undefined &&
  run === undefined &&
  (holds.length > 0 || task?.kind === 'grant' || (access !== undefined && access.state !== 'none'));

export interface AccessPage {
  readonly rows: readonly AccessRow[];
  readonly total: number;
}

/**
 * The integrations that grant access, by name. Those that are turned off are listed only where this person has, or may have,
 * access.
 */
export async function accessOf(stores: Stores, person: Person, page: Page): Promise<AccessPage> {
  const [provisioning, known, unfinished, succeeded, { tasks }, holds, removals] =
    await Promise.all([
      provisioningIntegrations(stores),
      stores.access.forPerson(person.id),
      stores.runs.unfinishedOf(person.id),
      stores.runs.lastSucceeded(person.id),
      stores.tasks.list({ state: 'open', personId: person.id }, MANY),
      stores.holds.openOf(person.id),
      stores.removals.openOf(person.id),
    ]);
  const all = provisioning.map(({ integration, asks, ...means }): AccessRow => {
    const access = known.find(({ integrationId }) => integrationId === integration.id);
    const unfinishedHere = unfinished.filter((each) => each.integrationId === integration.id);
    const run = unfinishedHere.find(isActive) ?? unfinishedHere[0];
    const last = succeeded.find(({ integrationId }) => integrationId === integration.id);
    const task = tasks.find(
      ({ integrationId, kind }) => integrationId === integration.id && kind !== 'other',
    );
    const removal = removals.find(({ integrationId }) => integrationId === integration.id);
    const missing = asks.filter(({ id }) => !Object.hasOwn(knownFacts(person), id));
    return {
      integration,
      ...means,
      ...(missing.length > 0 && { asks: missing }),
      access,
      run,
      ...(last?.state === 'succeeded' && { changedAt: last.finishedAt }),
      task,
      holds: holds.filter(({ integrationId }) => integrationId === integration.id),
      removal,
    };
  });
  const rows = all.filter(
    ({ integration, access, run, task, removal }) =>
      integration.enabled || run || task || removal || (access && access.state !== 'none'),
  );
  return { rows: rows.slice(page.offset, page.offset + page.limit), total: rows.length };
}

/** One person has only a few open tasks. */
const MANY = { offset: 0, limit: 1000 };

type Provisioning = Pick<AccessRow, 'integration' | 'byHand' | 'hasExists' | 'hasRevoke'> &
  Required<Pick<AccessRow, 'asks'>>;

/** All integrations that grant access, by manifest or by hand, turned on or off, by name. */
export async function provisioningIntegrations(stores: Stores): Promise<readonly Provisioning[]> {
  const integrations = await stores.integrations.list();
  const versions = await stores.integrations.findVersions(
    integrations.flatMap(({ manifestVersionId }) => manifestVersionId ?? []),
  );
  const rows = [];
  for (const integration of integrations) {
    if (isManual(integration)) {
      rows.push({ integration, byHand: true, hasExists: false, hasRevoke: true, asks: [] });
      continue;
    }
    const version = versions.find(({ id }) => id === integration.manifestVersionId);
    const manifest = manifestIn(version);
    if (manifest?.kind !== 'provision') continue;
    const { exists, revoke, extraUserInfo: asks } = manifest;
    rows.push({
      integration,
      byHand: false,
      hasExists: exists !== undefined,
      hasRevoke: revoke.length > 0,
      asks,
    });
  }
  return rows;
}

const words = { has: 'has access', none: 'no access', unknown: 'unknown' } as const;

/**
 * `Asana (has access), Zoom (unknown)`: the stored state at integrations that are turned on, without a check. It is a variable
 * of manifests and goes to apps, so it is the same in every language.
 */
export async function describeAccess(stores: Stores, person: Person): Promise<string> {
  const [integrations, known] = await Promise.all([
    provisioningIntegrations(stores),
    stores.access.forPerson(person.id),
  ]);
  return integrations
    .filter(({ integration }) => integration.enabled)
    .map(({ integration: { id, name } }) => {
      const access = known.find(({ integrationId }) => integrationId === id);
      return `${name} (${words[access?.state ?? 'unknown']})`;
    })
    .join(', ');
}
