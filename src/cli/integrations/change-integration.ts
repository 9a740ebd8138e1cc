/** `latchkey integration update|versions|restore|off|on|delete`: an admin's actions from chat, for the time when chat is down. */
import { compact } from '../../core/compact.ts';
import { plural } from '../../core/translate.ts';
import { peopleWithAccess } from '../../engine/access/removals/people-with-access.ts';
import {
  restoreVersion,
  type SavedManifest,
  saveManifest,
  turnOff,
  turnOn,
} from '../../engine/integrations/change-integration.ts';
import {
  type AccessWhenDeleted,
  deleteIntegration,
} from '../../engine/integrations/delete-integration.ts';
import { whatIsLost } from '../../engine/integrations/integration-state.ts';
import { diffManifests } from '../../engine/manifest/diff.ts';
import { problemText } from '../../engine/manifest/problem.ts';
import { checkFor } from '../../engine/manifest/workspace-check.ts';
import type { Integration } from '../../engine/people/directory.ts';
import { CommandError } from '../command-error.ts';
import { printChanges } from '../configuration-files/print-changes.ts';
import { counted } from '../counted.ts';
import { type Output, shownTime } from '../output.ts';
import { contentOf, type Session, withIntegration } from '../session.ts';

/** `latchkey integration update NAME FILE [--dry-run]` */
export const updateIntegrationCommand = (
  name: string,
  file: string,
  { dryRun = false }: { readonly dryRun?: boolean },
): Promise<void> =>
  withIntegration(name, async (integration, session) => {
    const { stores, output, transact } = session;
    const text = await contentOf(file);
    const before = await stores.integrations.findVersion(integration.manifestVersionId);
    const changes = before ? diffManifests(before.manifest, text) : [];
    printChanges(changes, output);
    if (before && changes.length === 0)
      output.note(`${file} says what version ${before.number} says.`);
    if (!dryRun) {
      const saved = await transact((tx) =>
        saveManifest(tx, integration, { text, actor: session.actor }),
      );
      printSaved(saved, { integration, refused: `${file} was not saved` }, output);
      return;
    }
    const checked = await checkFor(stores, text, integration);
    for (const warning of checked.warnings) output.note(`Warning: ${problemText(warning)}`);
    if (!checked.ok)
      throw new CommandError(`${file} can't be saved`, checked.errors.map(problemText));
    output.note('Nothing was saved, since this is a dry run.');
  });

/** `latchkey integration versions NAME` */
export const listVersionsCommand = (name: string): Promise<void> =>
  withIntegration(name, async (integration, session) => {
    const versions = await session.stores.integrations.versions(integration.id);
    session.output.table(
      ['VERSION', 'SAVED', 'USED'],
      versions.map(({ id, number, createdAt }) => [
        `${number}`,
        shownTime(createdAt),
        id === integration.manifestVersionId ? 'now' : '',
      ]),
      `${integration.name} has no manifest: people grant and revoke it by hand.`,
    );
  });

/** `latchkey integration restore NAME NUMBER` */
export const restoreVersionCommand = (name: string, number: number): Promise<void> =>
  withIntegration(name, async (integration, session) => {
    const versions = await session.stores.integrations.versions(integration.id);
    const version = versions.find((each) => each.number === number);
    if (!version)
      throw new CommandError(
        `${integration.name} has no version ${number}; see "latchkey integration versions"`,
      );
    const current = versions.find(({ id }) => id === integration.manifestVersionId);
    if (current) printChanges(diffManifests(current.manifest, version.manifest), session.output);
    const saved = await session.transact((tx) =>
      restoreVersion(tx, integration, { versionId: version.id, actor: session.actor }),
    );
    printSaved(
      saved,
      { integration, refused: `version ${number} was not restored` },
      session.output,
    );
  });

/** `latchkey integration off NAME` */
export const turnOffCommand = (name: string): Promise<void> =>
  withIntegration(name, async (integration, session) => {
    if (!integration.enabled) throw new CommandError(`${integration.name} is turned off already`);
    const { unfinished } = await whatIsLost(session.stores, integration);
    await session.transact((tx) => turnOff(tx, integration, session));
    session.output.line(
      `${integration.name} is turned off. It can't be granted any more. Access that people have can still be revoked.`,
    );
    if (unfinished > 0)
      session.output.note('Its unfinished grants stop, and Latchkey removes what they had done.');
  });

/** `latchkey integration on NAME` */
export const turnOnCommand = (name: string): Promise<void> =>
  withIntegration(name, async (integration, session) => {
    if (integration.enabled) throw new CommandError(`${integration.name} is turned on already`);
    if (integration.deletingSince)
      throw new CommandError(
        `${integration.name} is being deleted and can't be turned on any more`,
      );
    await session.transact((tx) => turnOn(tx, integration, session));
    session.output.line(`${integration.name} is turned on.`);
  });

/** `latchkey integration delete NAME --yes [--remove-access|--keep-access]` */
export const deleteIntegrationCommand = (name: string, options: DeleteOptions): Promise<void> =>
  withIntegration(name, async (integration, session) => {
    const people = (await peopleWithAccess(session.stores, integration.id)).length;
    for (const line of await lossOf(integration, session)) session.output.note(line);
    const access = whatOfAccess(integration, people, options);
    if (!options.yes)
      throw new CommandError(`${integration.name} was not deleted; add --yes to delete it`);
    const after = await session.transact((tx) =>
      deleteIntegration(tx, integration, { access, actor: session.actor }),
    );
    if (after.deletedAt) session.output.line(`Deleted ${integration.name}.`);
    else
      session.output.line(
        `${integration.name} is being deleted: while Latchkey runs, it removes the access of ${counted(people, 'person', 'people')}; the integration goes with the last one.`,
      );
    if (access === 'keep' && people > 0)
      session.output.note(
        `${counted(people, 'person', 'people')} keep access. A task for an admin names them.`,
      );
  });

export interface DeleteOptions {
  readonly yes?: boolean;
  readonly removeAccess?: boolean;
  readonly keepAccess?: boolean;
}

/** @throws {CommandError} when people have access and no option says what happens to it */
export function whatOfAccess(
  { name }: Pick<Integration, 'name'>,
  people: number,
  { removeAccess = false, keepAccess = false }: DeleteOptions,
): AccessWhenDeleted {
  if (removeAccess && keepAccess)
    throw new CommandError('use --remove-access or --keep-access, not both');
  if (removeAccess) return 'remove';
  if (keepAccess || people === 0) return 'keep';
  throw new CommandError(
    `${name} was not deleted: ${counted(people, 'person has', 'people have')} access or may have it. Add --remove-access to remove it first, or --keep-access to keep it`,
  );
}

async function lossOf(integration: Integration, { stores }: Session): Promise<readonly string[]> {
  const { unfinished, secrets, connected, versions } = await whatIsLost(stores, integration);
  const { name } = integration;
  return compact([
    `Deleting ${name} forgets its settings and ${counted(versions, 'version')} of its manifest.`,
    secrets.length > 0 && `Its secrets are deleted for good: ${secrets.join(', ')}.`,
    connected && 'Its connection is deleted too: to use it again, connect it again.',
    unfinished > 0 &&
      `${counted(unfinished, 'run')} in progress: grants stop, and Latchkey removes what they had done.`,
  ]);
}

/** @throws {CommandError} when it was not saved */
function printSaved(
  saved: SavedManifest,
  {
    integration: { name, manifestVersionId },
    refused,
  }: { readonly integration: Integration; readonly refused: string },
  output: Output,
): void {
  for (const warning of saved.warnings) output.note(`Warning: ${problemText(warning)}`);
  if (!saved.ok) throw new CommandError(refused, saved.errors.map(problemText));
  const { version, missing, dropped } = saved;
  output.line(
    version.id === manifestVersionId
      ? `Version ${version.number} of ${name} stays: nothing has changed.`
      : `Saved version ${version.number} of ${name}.`,
  );
  if (dropped.length > 0) output.note(`Deleted what it no longer asks for: ${dropped.join(', ')}.`);
  if (missing.length > 0)
    output.note(
      `It can't be used before ${missing.join(', ')} ${plural(missing.length, { one: 'is', other: 'are' })} set: latchkey integration secrets "${name}" FILE`,
    );
}
