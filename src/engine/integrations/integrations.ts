/**
 * Adds an integration: checks its manifest, reports all errors, and stores its secrets in the vault. A manual one has no
 * manifest.
 */
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { t } from '../../core/translate.ts';
import { settingsChanged } from '../access/removals/expedite.ts';
import { noteAppOfToken } from '../calls/oauth-app.ts';
import { readManifestJson } from '../manifest/parse.ts';
import type { Problem } from '../manifest/problem.ts';
import type { Manifest } from '../manifest/schema.ts';
import { checkFor } from '../manifest/workspace-check.ts';
import type { Actor, Integration, ManifestIntegration } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { Assignee } from '../settings/settings.ts';
import { invalidateIntegration } from '../work/topics.ts';
import { addressUsesOf } from './address-values.ts';
import { manifestIn } from './manifest-of.ts';
import { claimNames } from './stored-names.ts';
import { valueProblem } from './value-problem.ts';

export interface NewIntegration {
  readonly name: string;
  /** One emoji, as `readEmoji` gives it. */
  readonly icon?: string;
  /** JSON text; stored as it is. */
  readonly manifest: string;
  /** Values of `initial_data_form`, by id; missing ones may be set later. */
  readonly secrets: Readonly<Record<string, string>>;
}

export type AddedIntegration =
  | {
      readonly ok: true;
      readonly integration: ManifestIntegration;
      readonly warnings: readonly Problem[];
      /** Ids of `initial_data_form` that nobody has set yet. */
      readonly missing: readonly string[];
    }
  | {
      readonly ok: false;
      readonly errors: readonly Problem[];
      readonly warnings: readonly Problem[];
    };

/** Short, since buttons and titles show it. */
const NAME_LENGTH = 60;

export async function addIntegration(
  tx: Transaction,
  wanted: NewIntegration,
  deps: { readonly actor: Actor },
): Promise<AddedIntegration> {
  const name = wanted.name.trim();
  await tx.storedNames.lock();
  const parsed = await checkFor(tx, wanted.manifest, { name });
  const asked = parsed.ok ? askedIds(parsed.manifest) : [];
  const errors = [
    ...(parsed.ok ? [] : parsed.errors),
    ...(await judgeName(tx, name)),
    ...(parsed.ok ? judgeSecrets(wanted.secrets, { asked, manifest: wanted.manifest }) : []),
  ];
  if (!parsed.ok || errors.length > 0) return { ok: false, errors, warnings: parsed.warnings };

  const now = tx.now;
  const versionId = tx.newId();
  const integration: ManifestIntegration = {
    id: tx.newId(),
    version: 1,
    name,
    icon: wanted.icon,
    enabled: true,
    manifestVersionId: versionId,
    createdAt: now,
  };
  await tx.integrations.insert(integration);
  await tx.integrations.insertVersion({
    id: versionId,
    integrationId: integration.id,
    number: 1,
    manifest: wanted.manifest,
    savedBy: deps.actor,
    createdAt: now,
  });
  const cleared = await claimNames(tx, integration, { manifest: parsed.manifest, since: now });
  for (const [id, value] of Object.entries(wanted.secrets))
    await tx.secrets.put(integration.id, id, value.trim());
  await tx.audit('integration.added', {
    actor: deps.actor,
    integrationId: integration.id,
    detail: { name, ...(cleared > 0 && { peopleCleared: cleared }) },
  });
  await invalidateIntegration(tx, integration.id); // It has no card yet, but the set-up list shows it.
  const missing = asked.filter((id) => !Object.hasOwn(wanted.secrets, id));
  return { ok: true, integration, warnings: parsed.warnings, missing };
}

/** Sets or replaces secrets of an integration; the others keep their values. @returns problems; empty when all were set. */
export async function setSecrets(
  tx: Transaction,
  integration: Integration,
  {
    secrets,
    ...deps
  }: { readonly actor: Actor; readonly secrets: Readonly<Record<string, string>> },
): Promise<readonly Problem[]> {
  const current = await tx.integrations.hold(integration.id, 'alone');
  if (!current || current.deletedAt)
    return [{ place: '', message: t`${integration.name} has been deleted` }];
  const version = await tx.integrations.findVersion(current.manifestVersionId);
  const manifest = manifestIn(version);
  if (!version || !manifest)
    return [{ place: 'manifest', message: t`can no longer be read; save it again` }];
  const about = { asked: askedIds(manifest), manifest: version.manifest };
  const problems = judgeSecrets(secrets, about);
  if (problems.length > 0) return problems;
  const before = { manifest, secrets: await tx.secrets.all(integration.id) };
  await noteAppOfToken(tx, integration.id, before);
  for (const [id, value] of Object.entries(secrets))
    await tx.secrets.put(integration.id, id, value.trim());
  await tx.oauth.forgetFailure(integration.id);
  await settingsChanged(tx, integration.id);
  await tx.audit('secrets.set', {
    actor: deps.actor,
    integrationId: integration.id,
    detail: { names: Object.keys(secrets).join(', ') },
  });
  await invalidateIntegration(tx, integration.id);
  return [];
}

/** Ids of the values that an admin has to enter. */
export const askedIds = ({ initialDataForm }: Manifest): readonly string[] =>
  initialDataForm.filter(({ generate }) => !generate).map(({ id }) => id);

/** @param ownId the id of the integration that has the name, or will have it */
export async function judgeName(
  tx: Transaction,
  name: string,
  ownId?: string,
): Promise<readonly Problem[]> {
  if (name === '') return [{ place: 'name', message: t`is empty; give one like Asana` }];
  if (name.length > NAME_LENGTH)
    return [
      { place: 'name', message: t`has ${name.length} characters; use ${NAME_LENGTH} at most` },
    ];
  const other = await tx.integrations.findByName(name);
  return other && other.id !== ownId
    ? [{ place: 'name', message: t`${name} is already taken; use another one` }]
    : [];
}

/** As on the page and in chat, which judge before: `enter-secrets.ts`. @param asked ids; of that manifest, a JSON text */
function judgeSecrets(
  secrets: Readonly<Record<string, string>>,
  { asked, manifest }: { readonly asked: readonly string[]; readonly manifest: string },
): readonly Problem[] {
  const json = readManifestJson(manifest);
  const raw = json.ok && isJsonObject(json.value) ? json.value : {};
  return Object.entries(secrets).flatMap(([id, value]) => {
    const message = asked.includes(id) ? problemOf(id, value.trim(), raw) : unknownId(asked);
    return message === undefined ? [] : [{ place: `secrets.${id}`, message }];
  });
}

/** An empty value would count as set. */
const problemOf = (id: string, value: string, raw: JsonObject): string | undefined =>
  value === '' ? t`This is still needed.` : valueProblem(value, addressUsesOf(id, raw));

const unknownId = (known: readonly string[]): string =>
  known.length > 0
    ? t`isn't in initial_data_form; it has ${known.join(', ')}`
    : t`isn't in initial_data_form; that is empty`;

export interface NewManual {
  readonly name: string;
  /** One emoji, as `readEmoji` gives it. */
  readonly icon?: string;
  /** Who does it. */
  readonly assignee: Assignee;
}

/** Adds a manual integration, which has no manifest: granting and revoking are tasks for people. */
export async function addManual(
  tx: Transaction,
  { name: wanted, icon, assignee }: NewManual,
  deps: { readonly actor: Actor },
): Promise<
  | { readonly ok: true; readonly integration: Integration }
  | { readonly ok: false; readonly errors: readonly Problem[] }
> {
  const name = wanted.trim();
  const errors = await judgeName(tx, name);
  if (errors.length > 0) return { ok: false, errors };
  const integration: Integration = {
    id: tx.newId(),
    version: 1,
    name,
    icon,
    enabled: true,
    settings: { assignee },
    createdAt: tx.now,
  };
  await tx.integrations.insert(integration);
  await tx.audit('integration.added', {
    actor: deps.actor,
    integrationId: integration.id,
    detail: { name },
  });
  await invalidateIntegration(tx, integration.id); // It has no card yet, but the set-up list shows it.
  return { ok: true, integration };
}
