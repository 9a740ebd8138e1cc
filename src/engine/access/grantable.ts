/** Whether a grant may start now: asked at the click, and again of one that waited behind another. */
import { say } from '../../core/say.ts';
import { unansweredOf } from '../calls/context.ts';
import { manifestIn } from '../integrations/manifest-of.ts';
import type { Manifest } from '../manifest/schema.ts';
import { fullName, type Integration, type Person } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { RunInputs } from '../runs/run.ts';

export type Ready =
  | { readonly ok: true; readonly manifest: Manifest; readonly versionId: string }
  /** `why` is a sentence for people. */
  | { readonly ok: false; readonly why: string };

export interface Granting {
  /** As they are now; undefined where there is no such row any more. */
  readonly person: Person | undefined;
  readonly integration: Integration | undefined;
  /** The integration's name, also where it has no row any more. */
  readonly name: string;
  readonly form: RunInputs['form'];
  /** Tells people that the form asks by now for what nobody has answered, and what to do. */
  readonly sayUnanswered?: ((unasked: string) => string) | undefined;
}

export async function whetherGrantable(
  stores: Pick<Stores, 'integrations'>,
  { person, integration, name, form, sayUnanswered = unansweredAt(name) }: Granting,
): Promise<Ready> {
  if (!person) return refused(say`The person is no longer in the directory.`);
  if (!person.active)
    return refused(
      say`${fullName(person)} has left. An admin can make them active again; then grant it.`,
    );
  if (!integration || integration.deletedAt) return refused(say`${name} was deleted meanwhile.`);
  if (!integration.enabled)
    return refused(say`${integration.name} is turned off. An admin can turn it on again.`);
  const ready = await readManifest(stores, integration);
  if (!ready.ok) return ready;
  const unasked = unansweredOf(ready.manifest, form);
  return unasked.length > 0 ? refused(sayUnanswered(unasked.join(', '))) : ready;
}

const refused = (why: string): Ready => ({ ok: false, why });

const unansweredAt =
  (name: string) =>
  (unasked: string): string =>
    say`The form of ${name} was changed: it asks for ${unasked} by now, and nobody has answered that. Grant it anew.`;

export async function readManifest(
  stores: Pick<Stores, 'integrations'>,
  integration: Integration,
): Promise<Ready> {
  if (integration.manifestVersionId === undefined)
    return refused(
      say`${integration.name} has no manifest, so Latchkey can't do it by itself. Somebody has to do it by hand.`,
    );
  const version = await stores.integrations.findVersion(integration.manifestVersionId);
  const manifest = manifestIn(version);
  if (!version || !manifest)
    return refused(
      say`The manifest of ${integration.name} can't be read. An admin has to save it again.`,
    );
  if (manifest.kind !== 'provision')
    return refused(
      manifest.kind === 'text'
        ? say`${integration.name} sends texts; it gives nobody access.`
        : say`${integration.name} imports people; it gives nobody access.`,
    );
  return { ok: true, manifest, versionId: version.id };
}
