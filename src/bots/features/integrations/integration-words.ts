/** Integrations in words: what one does, its state, and who saved it. */
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import type { IntegrationState } from '../../../engine/integrations/integration-state.ts';
import type { Manifest } from '../../../engine/manifest/schema.ts';
import {
  type Actor,
  type Integration,
  type ManifestVersion,
  nameOrDeleted,
} from '../../../engine/people/directory.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import { damagedWords, isDamagedActor } from '../../../engine/work/damaged-actor.ts';
import { someNames } from '../some-names.ts';

/** The kind of an integration, for the end of a line. */
export function kindWords(manifest: Manifest | undefined): string {
  if (!manifest) return t`done by hand`;
  switch (manifest.kind) {
    case 'provision':
      return t`grants access`;
    case 'text':
      return t`sends texts`;
    case 'sync':
      return manifest.action === 'create' ? t`imports people` : t`updates facts about people`;
    default:
      return unreachable(manifest);
  }
}

/** How many missing values a list row names. */
const NAMED_IN_LINE = 3;

/** The state, for the end of a line. */
export function stateWords(state: IntegrationState): string {
  switch (state.kind) {
    case 'ready':
      return t`✓ ready`;
    case 'needs-secrets':
      return t`⚠ needs secrets: ${someNames(state.names, NAMED_IN_LINE)}`;
    case 'needs-connecting':
      return t`⚠ needs connecting`;
    case 'reconnect':
      return t`⚠ needs reconnecting`;
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

/** The same for an owner, who can do nothing about it: what it lacks is an admin's to know. */
export function stateForOwners({ kind }: IntegrationState): string {
  switch (kind) {
    case 'ready':
    case 'manual':
      return t`✓ ready`;
    case 'off':
      return t`turned off`;
    case 'deleting':
      return t`is being deleted`;
    case 'needs-secrets':
    case 'needs-connecting':
    case 'reconnect':
    case 'unreadable':
      return t`⚠ needs an admin`;
    default:
      return unreachable(kind);
  }
}

/**
 * Settings that can't be read: what follows, and what an admin presses. Undefined where they can be, and where nothing in them decides.
 */
export function unreadWords(
  { settings }: Pick<Integration, 'settings'>,
  manifest: Manifest | undefined,
): string | undefined {
  if (settings !== 'unread' || manifest?.kind === 'text') return undefined;
  if (manifest?.kind !== 'sync')
    return t`Its settings can't be read, so no one can request it, and admins approve what is open. Press "Settings…" and choose them again.`;
  return manifest.action === 'create'
    ? t`Its settings can't be read, so its schedule waits. Press "Owned fields…", choose them again, and resume the schedule.`
    : t`Its settings can't be read, so its schedule waits until you resume it.`;
}

/** The name of the person who saved a version. */
export const whoSaved = (stores: Stores, { savedBy }: ManifestVersion): Promise<string> =>
  nameOfActor(stores, savedBy);

async function nameOfActor(stores: Stores, actor: Actor): Promise<string> {
  if (isDamagedActor(actor)) return damagedWords();
  switch (actor.kind) {
    case 'person': {
      const person = await stores.people.find(actor.personId);
      return nameOrDeleted(person);
    }
    case 'operator':
      return t`${actor.user} on the command line`;
    case 'system':
      return 'Latchkey';
    default:
      return unreachable(actor);
  }
}
