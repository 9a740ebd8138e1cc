/** Integrations in words: what one does, how it stands, and who has saved it. */
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import type { IntegrationState } from '../../../engine/integrations/integration-state.ts';
import type { Manifest } from '../../../engine/manifest/schema.ts';
import { type Actor, fullName, type ManifestVersion } from '../../../engine/people/directory.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import { someNames } from '../some-names.ts';

/** What kind of integration it is, as the rest of a line. */
export function kindWords(manifest: Manifest | undefined): string {
  if (!manifest) return t`done by hand`;
  switch (manifest.kind) {
    case 'provision':
      return t`gives access`;
    case 'text':
      return t`sends texts`;
    case 'sync':
      return manifest.action === 'create' ? t`imports people` : t`keeps facts about people`;
    default:
      return unreachable(manifest);
  }
}

/**
 * Values that an admin enters, by the names that the manifest gives them.
 * @param most as many are named: the form that asks for them has all
 */
export const valueNames = (
  ids: readonly string[],
  manifest: Manifest | undefined,
  most: number,
): string =>
  someNames(
    ids.map((id) => manifest?.initialDataForm.find((item) => item.id === id)?.name ?? id),
    most,
  );

/** A line of a list names so many of the values that are missing. */
const NAMED_IN_LINE = 3;

/** How it stands, as the rest of a line. @param manifest its newest one */
export function stateWords(state: IntegrationState, manifest?: Manifest): string {
  switch (state.kind) {
    case 'ready':
      return t`✓ ready`;
    case 'needs-secrets':
      return t`⚠ needs secrets: ${valueNames(state.missing, manifest, NAMED_IN_LINE)}`;
    case 'needs-connecting':
      return t`⚠ needs connecting`;
    case 'reconnect':
      return t`⚠ has to be connected again`;
    case 'off':
      return t`turned off`;
    case 'deleting':
      return t`is being deleted`;
    case 'manual':
      return t`✓ ready, done by hand`;
    case 'unreadable':
      return t`✗ its manifest can't be read`;
    default:
      return unreachable(state);
  }
}

/** Who saved a version, by name. */
export const whoSaved = (stores: Stores, { savedBy }: ManifestVersion): Promise<string> =>
  nameOfActor(stores, savedBy);

async function nameOfActor(stores: Stores, actor: Actor): Promise<string> {
  switch (actor.kind) {
    case 'person': {
      const person = await stores.people.find(actor.personId);
      return person ? fullName(person) : t`somebody who is gone`;
    }
    case 'operator':
      return t`${actor.user} on the command line`;
    case 'system':
      return 'Latchkey';
    default:
      return unreachable(actor);
  }
}
