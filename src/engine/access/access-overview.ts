/** What is known of one person at every integration that gives access: a page of rows for a card or a terminal. */

import { manifestIn } from '../integrations/manifest-of.ts';
import { type Access, type Integration, isManual, type Person } from '../people/directory.ts';
import type { FactQuestion } from '../people/fact-questions.ts';
import type { Page } from '../ports/store.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { isActive, type Run } from '../runs/run.ts';
import type { Task } from '../tasks/task.ts';
import type { Hold } from './hold.ts';
import type { OpenRemoval } from './removals/removal.ts';

export interface AccessRow {
  readonly integration: Integration;
  /** It has no manifest: people do it by hand. */
  readonly byHand: boolean;
  /** Whether Latchkey can ask, and whether it can be taken away: by the manifest, or by hand. */
  readonly hasExists: boolean;
  readonly hasRevoke: boolean;
  /** What it asks about the person, and nobody has confirmed. */
  readonly asks?: readonly FactQuestion[];
  readonly access?: Access;
  /** The unfinished run of this person and integration, if there is one: the active one before those that wait behind it. */
  readonly run?: Run;
  /** When the last run that succeeded has ended: what `exists` said before is out of date. */
  readonly changedAt?: Date;
  /** The open task of somebody who gives it or takes it away by hand. */
  readonly task?: Task;
  /** Why it is there: open holds, the oldest first. */
  readonly holds: readonly Hold[];
  /** The open removal. */
  readonly removal?: OpenRemoval;
}

/** Whether there may be something to remove: what isn't known to be gone, and what is being granted. Without a `revoke` people do it. */
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

export interface AccessPage {
  readonly rows: readonly AccessRow[];
  readonly total: number;
}

/**
 * The integrations that give access, by name: those that are turned on, and of those that are turned off the ones where
 * this person has something, or may have.
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
    const missing = asks.filter(({ id }) => !Object.hasOwn(person.stored, id));
    return {
      integration,
      ...means,
      ...(missing.length > 0 && { asks: missing }),
      ...(access && { access }),
      ...(run && { run }),
      ...(last?.state === 'succeeded' && { changedAt: last.finishedAt }),
      ...(task && { task }),
      holds: holds.filter(({ integrationId }) => integrationId === integration.id),
      ...(removal && { removal }),
    };
  });
  const rows = all.filter(
    ({ integration, access, run, task, removal }) =>
      integration.enabled || run || task || removal || (access && access.state !== 'none'),
  );
  return { rows: rows.slice(page.offset, page.offset + page.limit), total: rows.length };
}

/** Open tasks about one person, of which there are a few. */
const MANY = { offset: 0, limit: 1000 };

type Provisioning = Pick<AccessRow, 'integration' | 'byHand' | 'hasExists' | 'hasRevoke'> &
  Required<Pick<AccessRow, 'asks'>>;

/** The integrations that give access, by their manifest or by hand, turned on or off, by name. */
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
 * `Asana (has access), Zoom (unknown)` of what is turned on, from the last known state, without asking anybody. It is a
 * variable of manifests, which goes to third parties: so it is the same in every language.
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
