/**
 * Changes of an integration by an admin: its manifest, name, settings, and turning it off and on. Each is one transaction with
 * its audit entry, and refreshes the cards that show the integration.
 */
import { t } from '../../core/translate.ts';
import { settingsChanged } from '../access/removals/expedite.ts';
import { stopGrantsAt } from '../access/stop-grants.ts';
import { noteAppOfToken } from '../calls/oauth-app.ts';
import { stopSyncs } from '../imports/end-sync.ts';
import { diffManifests } from '../manifest/diff.ts';
import type { Problem } from '../manifest/problem.ts';
import type { Manifest } from '../manifest/schema.ts';
import { checkFor } from '../manifest/workspace-check.ts';
import type {
  ChangedBy,
  Integration,
  ManifestIntegration,
  ManifestVersion,
} from '../people/directory.ts';
import { inWorkspaceLocale } from '../people/locales.ts';
import type { AuditedAct, Stores, Transaction } from '../ports/unit-of-work.ts';
import { queueReevaluation } from '../requests/queue-reevaluation.ts';
import { noteEveryone } from '../rules/note-people.ts';
import { type IntegrationSettings, policyOf, settingsOf } from '../settings/settings.ts';
import { changeOf, shortened } from '../work/audit-details.ts';
import { type ChangeResult, done, failed } from '../work/change-result.ts';
import { invalidateIntegration } from '../work/topics.ts';
import { askedIds } from './integrations.ts';
import { manifestIn, manifestOf } from './manifest-of.ts';
import { settingsInWords } from './settings-in-words.ts';
import { claimNames } from './stored-names.ts';

export type SavedManifest =
  | {
      readonly ok: true;
      readonly integration: ManifestIntegration;
      readonly version: ManifestVersion;
      readonly warnings: readonly Problem[];
      /** Ids of `initial_data_form` that nobody has set yet. */
      readonly missing: readonly string[];
      /** Names of the secrets that were deleted, since the manifest no longer asks for them; `oauth` for the token. */
      readonly dropped: readonly string[];
    }
  | {
      readonly ok: false;
      readonly errors: readonly Problem[];
      readonly warnings: readonly Problem[];
    };

/**
 * Saves the next version of the manifest, unless it is equal to the newest. A manual integration becomes one that Latchkey
 * carries out.
 * @param seen the integration as the admin saw it: if someone has saved a version since, that is an error
 * @param text JSON; kept as it is
 */
export const saveManifest = (
  tx: Transaction,
  seen: Integration,
  { text, ...deps }: ChangedBy & { readonly text: string },
): Promise<SavedManifest> => save(tx, seen, { ...deps, text, detail: {} });

/** Saves the manifest of an earlier version as a new version. */
export async function restoreVersion(
  tx: Transaction,
  seen: Integration,
  { versionId, ...deps }: ChangedBy & { readonly versionId: string },
): Promise<SavedManifest> {
  const version = await tx.integrations.findVersion(versionId);
  if (!version || version.integrationId !== seen.id)
    return refuse(t`${seen.name} has no such version; choose another one`);
  return save(tx, seen, { ...deps, text: version.manifest, detail: { restored: version.number } });
}

const refuse = (message: string, warnings: readonly Problem[] = []): SavedManifest => ({
  ok: false,
  errors: [{ place: '', message }],
  warnings,
});

async function save(
  tx: Transaction,
  seen: Integration,
  {
    text,
    detail,
    actor,
  }: ChangedBy & { readonly detail: Readonly<Record<string, number>>; readonly text: string },
): Promise<SavedManifest> {
  const current = await tx.integrations.hold(seen.id, 'alone');
  if (!current || current.deletedAt) return refuse(t`${seen.name} has been deleted`);
  await tx.storedNames.lock();
  const checked = await checkFor(tx, text, current);
  const { warnings } = checked;
  if (!checked.ok) return { ok: false, errors: checked.errors, warnings };
  const before = await tx.integrations.findVersion(current.manifestVersionId);
  if (current.manifestVersionId !== seen.manifestVersionId)
    return refuse(
      t`someone has already saved version ${before?.number ?? ''}; check what it changes, then save yours again`,
      warnings,
    );
  const change = { before, next: checked.manifest };
  const kept = await dependsOnKind(tx, current, change);
  if (kept) return refuse(kept, warnings);
  if (before?.manifest === text && isManifestIntegration(current)) {
    const secrets = await secretsAfter(tx, current, change);
    if (secrets.dropped.length > 0) {
      const what = { number: before.number, ...detail, ...droppedOf(secrets) };
      await note(tx, current, { what: 'integration.saved', actor, detail: what });
    }
    return { ok: true, integration: current, version: before, warnings, ...secrets };
  }

  const version: ManifestVersion = {
    id: tx.newId(),
    integrationId: current.id,
    number: (before?.number ?? 0) + 1,
    manifest: text,
    savedBy: actor,
    createdAt: tx.now,
  };
  const { integration, cleared } = await storeVersion(tx, current, { ...change, version });
  const secrets = await secretsAfter(tx, integration, change);
  await note(tx, integration, {
    what: 'integration.saved',
    actor,
    detail: {
      number: version.number,
      ...detail,
      ...(cleared > 0 && { peopleCleared: cleared }),
      ...droppedOf(secrets),
    },
  });
  return { ok: true, integration, version, warnings, ...secrets };
}

/** Makes it the integration's manifest. @returns `cleared`: the people whom `claimNames` counts */
async function storeVersion(
  tx: Transaction,
  current: Integration,
  { before, next, version }: ManifestChange & { readonly version: ManifestVersion },
): Promise<{ readonly integration: ManifestIntegration; readonly cleared: number }> {
  const manifestBefore = manifestIn(before);
  if (manifestBefore)
    await noteAppOfToken(tx, current.id, {
      manifest: manifestBefore,
      secrets: await tx.secrets.all(current.id),
    });
  await tx.integrations.insertVersion(version);
  const saved = await tx.integrations.save({ ...current, manifestVersionId: version.id });
  const integration: ManifestIntegration = { ...saved, manifestVersionId: version.id };
  const cleared = await claimNames(tx, integration, { manifest: next, since: version.createdAt });
  if (!before || !manifestBefore || changesRenewal(before.manifest, version.manifest))
    await tx.oauth.forgetFailure(current.id);
  await settingsChanged(tx, current.id);
  // Its options may need approval now, or no longer: that changes the approvers of open requests.
  await queueReevaluation(tx.queue, { integrationId: saved.id });
  return { integration, cleared };
}

/** A label, or the request of a grant, gives a sign-in that the app rejected no other chance. */
const changesRenewal = (before: string, after: string): boolean =>
  diffManifests(before, after).some(({ place }) =>
    /^oauth($|\.(access_token|refresh)\b)/.test(place),
  );

const droppedOf = ({ dropped }: { readonly dropped: readonly string[] }) =>
  dropped.length > 0 && { droppedSecrets: dropped.join(', ') };

const isManifestIntegration = (integration: Integration): integration is ManifestIntegration =>
  integration.manifestVersionId !== undefined;

interface ManifestChange {
  readonly before: Pick<ManifestVersion, 'manifest'> | undefined;
  readonly next: Manifest;
}

/** Why the manifest can't change its kind; undefined if it may, or keeps its kind. A manual integration grants access, too. */
async function dependsOnKind(
  tx: Transaction,
  { id, name }: Integration,
  { before, next }: ManifestChange,
): Promise<string | undefined> {
  // A sync leaves no access that someone would have to remove.
  if (next.kind === 'provision' || manifestIn(before)?.kind === next.kind) return undefined;
  const { has, unknown } = await tx.access.countAt(id);
  const unfinished = (await tx.runs.unfinishedAt(id)).length;
  const granting = { state: 'open', kind: 'grant', integrationId: id } as const;
  const { total: tasks } = await tx.tasks.list(granting, { offset: 0, limit: 1 });
  if (has + unknown + unfinished + tasks > 0)
    return t`${name} grants access, and people have or may have it; Latchkey could no longer remove it. Add what imports people as an integration of its own`;
  const asked = { state: 'open', integrationId: id } as const;
  const { total: requests } = await tx.requests.list(asked, { offset: 0, limit: 1 });
  return requests === 0
    ? undefined
    : t`${name} grants access, and requests for it are open. Wait until they are decided, or add what imports people as an integration of its own`;
}

/**
 * Deletes the secrets that the manifest no longer asks for, and a token without `oauth`, and returns the ids that nobody has set.
 * Unfinished runs may need them for their version: then they stay until the next save.
 */
async function secretsAfter(
  tx: Transaction,
  { id }: Integration,
  { before, next }: ManifestChange,
): Promise<{ readonly missing: readonly string[]; readonly dropped: readonly string[] }> {
  const asked = askedIds(next);
  const names = await tx.secrets.names(id);
  const revealed = names.filter((name) => isRevealed(name, { before, next }));
  const isBusy = (await tx.runs.unfinishedAt(id)).length > 0;
  const unasked = names.filter((name) => !asked.includes(name));
  const dropped = [...new Set([...revealed, ...(isBusy ? [] : unasked)])];
  for (const name of dropped) await tx.secrets.delete(id, name);
  const isDisconnected = !isBusy && !next.oauth && (await tx.oauth.delete(id));
  const kept = names.filter((name) => !dropped.includes(name));
  return {
    missing: asked.filter((name) => !kept.includes(name)),
    dropped: isDisconnected ? [...dropped, 'oauth'] : dropped,
  };
}

/** Whether the new manifest would show a value that was entered as a secret. */
export const isRevealed = (name: string, { before, next }: ManifestChange): boolean =>
  wasSecret(before, name) && !isSecret(next, name);

const isSecret = ({ initialDataForm }: Manifest, name: string): boolean =>
  initialDataForm.some(({ id, secret }) => id === name && secret) ||
  initialDataForm.every(({ id }) => id !== name);

/** A value that the version before doesn't ask for came with an older one: it counts as a secret. */
function wasSecret(version: ManifestChange['before'], name: string): boolean {
  const manifest = manifestIn(version);
  return !manifest || isSecret(manifest, name);
}

/**
 * Settings that can't be read stay as they are until an admin sets again what decides there. Then everything else stays closed.
 * @param change some of its settings: a missing one stays, and `undefined` resets it to the default
 * @returns the integration as it is now
 */
export async function changeSettings(
  tx: Transaction,
  integration: Integration,
  { change, actor }: ChangedBy & { readonly change: IntegrationSettings },
): Promise<ChangeResult<Integration>> {
  const current = await held(tx, integration);
  if (current.deletedAt) return done(current);
  const why = await whyUnread(tx, current, change);
  if (why !== undefined) return failed(why);
  const settings = { ...settingsOf(current), ...change };
  const saved = await tx.integrations.save({ ...current, settings });
  const detail = await inWorkspaceLocale(tx, async () => {
    const after = await settingsInWords(saved, tx);
    // The words leave out a number that has no effect now.
    const policy = JSON.stringify(policyOf(current)) !== JSON.stringify(policyOf(saved));
    return {
      ...(policy && shortened({ policy: after.policy })),
      ...changeOf(await settingsInWords(current, tx), after),
    };
  });
  await note(tx, saved, { what: 'integration.settings', actor, detail });
  await queueReevaluation(tx.queue, { integrationId: saved.id });
  return done(saved);
}

/**
 * Why the change can't be saved; undefined where it can. Of settings that can't be read, the policy decides, or what an import owns; where
 * there is neither, any change sets them again.
 */
export async function whyUnread(
  stores: Pick<Stores, 'integrations'>,
  integration: Integration,
  change: IntegrationSettings,
): Promise<string | undefined> {
  if (integration.settings !== 'unread' || 'policy' in change) return undefined;
  const { name } = integration;
  const manifest = await manifestOf(stores, integration);
  if (!manifest || manifest.kind === 'provision')
    return t`The settings of ${name} can't be read, so nothing changed. An admin has to press "Settings…" on its card, and choose them again.`;
  const isOwner = manifest.kind === 'sync' && manifest.action === 'create';
  return isOwner && !('owns' in change)
    ? t`The settings of ${name} can't be read, so nothing changed. An admin has to press "Owned fields…" on its card, and choose them again.`
    : undefined;
}

/**
 * Turned off, it grants no access; what it granted can still be removed. Unfinished grants are stopped, and what they may have
 * done already is revoked.
 * @returns the integration as it is now
 */
export async function turnOff(
  tx: Transaction,
  integration: Integration,
  deps: ChangedBy,
): Promise<Integration> {
  const current = await held(tx, integration);
  if (!current.enabled || current.deletedAt) return current;
  const saved = await tx.integrations.save({ ...current, enabled: false });
  await stopAndNote(tx, saved, { ...deps, what: 'integration.off' });
  return saved;
}

/** Times of its schedule that passed while it was off are skipped. @returns the integration as it is now */
export async function turnOn(
  tx: Transaction,
  integration: Integration,
  deps: ChangedBy,
): Promise<Integration> {
  const current = await held(tx, integration);
  if (current.enabled || current.deletedAt || current.deletingSince) return current;
  const saved = await tx.integrations.save({
    ...current,
    enabled: true,
    ...((await hasSchedule(tx, current)) && { settings: scheduledFrom(tx.now, current) }),
  });
  await note(tx, saved, { ...deps, what: 'integration.on' });
  await noteEveryone(tx); // Rules give what they could not give meanwhile.
  await settingsChanged(tx, saved.id);
  return saved;
}

async function hasSchedule(tx: Transaction, integration: Integration): Promise<boolean> {
  const manifest = await manifestOf(tx, integration);
  return manifest?.kind === 'sync' && manifest.schedule !== undefined;
}

/** Settings that can't be read stay as they are: by them the schedule is paused anyway. */
function scheduledFrom(now: Date, { settings = {} }: Integration): Integration['settings'] {
  if (settings === 'unread') return settings;
  const { isPaused = false } = settings.schedule ?? {};
  return { ...settings, schedule: { isPaused, since: now.toISOString() } };
}

/** The integration as it is now; nobody else changes it before the transaction ends. */
export async function held(tx: Transaction, { id, name }: Integration): Promise<Integration> {
  const current = await tx.integrations.hold(id, 'alone');
  if (!current) throw new Error(`The integration ${name} has no row any more`);
  return current;
}

/** Stops grants and imports there, and writes the audit entry. */
export async function stopAndNote(
  tx: Transaction,
  integration: Integration,
  { what, actor, detail = {} }: AuditedAct,
): Promise<void> {
  const { cancelled, followed } = await stopGrantsAt(tx, integration, { actor });
  await stopSyncs(tx, integration.id, actor);
  await queueReevaluation(tx.queue, { integrationId: integration.id });
  await note(tx, integration, {
    what,
    actor,
    detail: {
      ...detail,
      ...(cancelled > 0 && { cancelled }),
      ...(followed > 0 && { followed }),
    },
  });
}

export async function note(
  tx: Transaction,
  { id: integrationId }: Integration,
  { what, actor, detail }: AuditedAct,
): Promise<void> {
  await tx.audit(what, { actor, integrationId, detail });
  await invalidateIntegration(tx, integrationId);
}
