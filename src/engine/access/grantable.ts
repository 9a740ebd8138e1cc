/** Whether a grant may start now: checked at the click, and again when a deferred grant starts. */
import { t } from '../../core/translate.ts';
import { unansweredOf } from '../calls/run-context.ts';
import { type StateStores, whyNotSetUp } from '../integrations/integration-state.ts';
import { manifestIn } from '../integrations/manifest-of.ts';
import type { Manifest } from '../manifest/schema.ts';
import { fullName, type Integration, type Person } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { RunInputs } from '../runs/run.ts';

export type ReadManifest =
  | { readonly ok: true; readonly manifest: Manifest; readonly versionId: string }
  /** `why` is a sentence for people. */
  | { readonly ok: false; readonly why: string };

/** `notSetUp`: why nothing can be sent to the app now, as a sentence for people. What is decided already waits until it can. */
export type Grantable = ReadManifest & { readonly notSetUp?: string | undefined };

export interface Granting {
  /** As they are now; undefined where the row was deleted. */
  readonly person: Person | undefined;
  readonly integration: Integration | undefined;
  /** The integration's name, also where its row was deleted. */
  readonly name: string;
  readonly form: RunInputs['form'];
  /** The sentence for new questions of the form without an answer, and what to do. */
  readonly sayUnanswered?: (unasked: string) => string;
}

export async function whetherGrantable(
  stores: StateStores,
  { person, integration, name, form, sayUnanswered = unansweredAt(name) }: Granting,
): Promise<Grantable> {
  if (!person) return refused(t`The person is no longer in the directory.`);
  if (!person.active)
    return refused(t`${fullName(person)} has left. An admin can reactivate them; then grant it.`);
  if (!integration || integration.deletedAt) return refused(t`${name} has been deleted.`);
  if (!integration.enabled)
    return refused(t`${integration.name} is turned off. An admin can turn it on again.`);
  const ready = await readManifest(stores, integration);
  if (!ready.ok) return ready;
  const unasked = unansweredOf(ready.manifest, form);
  if (unasked.length > 0) return refused(sayUnanswered(unasked.join(', ')));
  return { ...ready, notSetUp: await whyNotSetUp(stores, integration, ready.manifest) };
}

const refused = (why: string): ReadManifest => ({ ok: false, why });

const unansweredAt =
  (name: string) =>
  (unasked: string): string =>
    t`The form for ${name} has changed and now needs ${unasked}. Grant it again.`;

export async function readManifest(
  stores: Pick<Stores, 'integrations'>,
  integration: Integration,
): Promise<ReadManifest> {
  if (integration.manifestVersionId === undefined)
    return refused(
      t`${integration.name} has no manifest, so Latchkey can't do it. Someone has to do it by hand.`,
    );
  const version = await stores.integrations.findVersion(integration.manifestVersionId);
  const manifest = manifestIn(version);
  if (!version || !manifest)
    return refused(
      t`Latchkey can't read the manifest of ${integration.name}. An admin needs to save it again.`,
    );
  if (manifest.kind !== 'provision')
    return refused(
      manifest.kind === 'text'
        ? t`${integration.name} sends texts; it doesn't grant access.`
        : t`${integration.name} imports people; it doesn't grant access.`,
    );
  return { ok: true, manifest, versionId: version.id };
}
