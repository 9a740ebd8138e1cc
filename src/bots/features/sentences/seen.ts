/** What has a name for this reader. What they may not see is read over as if it didn't exist: it also hides nothing else. */
import type { Bundle } from '../../../engine/bundles/bundle.ts';
import { offeredOf } from '../../../engine/bundles/offered-bundles.ts';
import { manifestsOf } from '../../../engine/integrations/manifest-of.ts';
import { type Integration, isManual } from '../../../engine/people/directory.ts';
import { mayAt } from '../../../engine/people/permission.ts';
import type { Turn } from '../../live/context.ts';
import { mayRequestForOthers } from '../requests/pick-request.ts';

/** Those that a list or their own card shows them, in their order. */
export async function appsSeenBy(
  apps: readonly Integration[],
  turn: Turn,
): Promise<readonly Integration[]> {
  const open = apps.filter((app) => mayAt(turn.actor, 'see app', app));
  const own = await onOwnCard(
    apps.filter((app) => !open.includes(app)),
    turn,
  );
  return apps.filter((app) => open.includes(app) || own.includes(app));
}

/** As `accessOf` lists them: one that is turned off only where there is, or may be, something of theirs. */
export async function onOwnCard(
  apps: readonly Integration[],
  { stores, actor }: Turn,
): Promise<readonly Integration[]> {
  if (apps.length === 0) return [];
  const manifests = await manifestsOf(stores, apps);
  const granting = apps.filter(
    (app) => isManual(app) || manifests.get(app.id)?.kind === 'provision',
  );
  const known = granting.every(({ enabled }) => enabled)
    ? []
    : await stores.access.forPerson(actor.id);
  return granting.filter(
    ({ enabled, id }) =>
      enabled || known.some(({ integrationId, state }) => integrationId === id && state !== 'none'),
  );
}

/** Those that they may request. For someone else more may be offered, so people who may request for others find all. */
export async function bundlesSeenBy(
  bundles: readonly Bundle[],
  turn: Turn,
): Promise<readonly Bundle[]> {
  if (bundles.length === 0 || (await mayRequestForOthers(turn))) return bundles;
  const offered = await offeredOf(bundles, turn.actor, turn.stores);
  return offered.map(({ bundle }) => bundle);
}
