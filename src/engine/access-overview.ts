/** What is known of one person at every integration that gives access: a page of rows for a card or a terminal. */
import type { Access, Integration, Person } from './directory.ts';
import { parseManifest } from './manifest/parse.ts';
import type { Page, Stores } from './ports.ts';
import type { Run } from './run.ts';

export interface AccessRow {
  readonly integration: Integration;
  /** Whether the manifest can ask, and can take away. */
  readonly hasExists: boolean;
  readonly hasRevoke: boolean;
  readonly access?: Access;
  /** The unfinished run of this person and integration, if there is one. */
  readonly run?: Run;
  /** When the last run that succeeded has ended: what `exists` said before is out of date. */
  readonly changedAt?: Date;
}

/** Whether there may be something to take away: everything that isn't known to be gone, and what is being granted. */
export const mayBeRevoked = ({ hasRevoke, hasExists, access, run }: AccessRow): boolean =>
  hasRevoke && (run?.kind === 'execute' || (access ? access.state !== 'none' : hasExists));

export interface AccessPage {
  readonly rows: readonly AccessRow[];
  readonly total: number;
}

/**
 * The integrations that give access, by name: those that are turned on, and of those that are turned off the ones where
 * this person has something, or may have.
 */
export async function accessOf(stores: Stores, person: Person, page: Page): Promise<AccessPage> {
  const [provisioning, known, unfinished, succeeded] = await Promise.all([
    provisioningIntegrations(stores),
    stores.access.forPerson(person.id),
    stores.runs.unfinishedOf(person.id),
    stores.runs.lastSucceeded(person.id),
  ]);
  const all = provisioning.map(({ integration, hasExists, hasRevoke }): AccessRow => {
    const access = known.find(({ integrationId }) => integrationId === integration.id);
    const run = unfinished.find(({ integrationId }) => integrationId === integration.id);
    const last = succeeded.find(({ integrationId }) => integrationId === integration.id);
    return {
      integration,
      hasExists,
      hasRevoke,
      ...(access && { access }),
      ...(run && { run }),
      ...(last?.state === 'succeeded' && { changedAt: last.finishedAt }),
    };
  });
  const rows = all.filter(
    ({ integration, access, run }) =>
      integration.enabled || run !== undefined || (access && access.state !== 'none'),
  );
  return { rows: rows.slice(page.offset, page.offset + page.limit), total: rows.length };
}

/** The integrations that have a manifest which gives access, turned on or off, by name. */
export async function provisioningIntegrations(
  stores: Stores,
): Promise<readonly Pick<AccessRow, 'integration' | 'hasExists' | 'hasRevoke'>[]> {
  const rows = [];
  for (const integration of await stores.integrations.list()) {
    const version = await stores.integrations.findVersion(integration.manifestVersionId);
    const parsed = version && parseManifest(version.manifest);
    if (!parsed?.ok || parsed.manifest.kind !== 'provision') continue;
    const { exists, revoke } = parsed.manifest;
    rows.push({ integration, hasExists: exists !== undefined, hasRevoke: revoke.length > 0 });
  }
  return rows;
}
