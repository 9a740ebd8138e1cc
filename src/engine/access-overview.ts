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

/** The enabled integrations that provision, by name. */
export async function accessOf(stores: Stores, person: Person, page: Page): Promise<AccessPage> {
  const provisioning = await provisioningIntegrations(stores);
  const [known, unfinished, succeeded] = await Promise.all([
    stores.access.forPerson(person.id),
    stores.runs.unfinishedOf(person.id),
    stores.runs.lastSucceeded(person.id),
  ]);
  const rows = provisioning
    .slice(page.offset, page.offset + page.limit)
    .map(({ integration, hasExists, hasRevoke }): AccessRow => {
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
  return { rows, total: provisioning.length };
}

/** The integrations that are turned on and give access, by name. */
export async function provisioningIntegrations(
  stores: Stores,
): Promise<readonly Pick<AccessRow, 'integration' | 'hasExists' | 'hasRevoke'>[]> {
  const rows = [];
  for (const integration of await stores.integrations.list()) {
    if (!integration.enabled) continue;
    const version = await stores.integrations.findVersion(integration.manifestVersionId);
    const parsed = version && parseManifest(version.manifest);
    if (!parsed?.ok || parsed.manifest.kind !== 'provision') continue;
    const { exists, revoke } = parsed.manifest;
    rows.push({ integration, hasExists: exists !== undefined, hasRevoke: revoke.length > 0 });
  }
  return rows;
}
