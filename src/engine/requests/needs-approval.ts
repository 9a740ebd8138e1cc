/**
 * Options that a manager can't grant alone (`"needs_approval": true` on one of a form's `items`): their grant becomes a request,
 * and no request for one is approved automatically. What an admin grants, or has planned in a sequence, is not concerned.
 */
import { isJsonObject, type Json } from '../../core/json.ts';
import { t } from '../../core/translate.ts';
import { ownOption } from '../integrations/form.ts';
import { manifestOf } from '../integrations/manifest-of.ts';
import { type ManifestFormField, NEEDS_APPROVAL } from '../manifest/schema.ts';
import type { Actor, Integration } from '../people/directory.ts';
import { isAdmin } from '../people/permission.ts';
import type { Option } from '../ports/chat-stores.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { RunInputs } from '../runs/run.ts';

const isMarked = (item: Json): boolean => isJsonObject(item) && item[NEEDS_APPROVAL] === true;

/**
 * The options of a field that need approval. They are known by their values, so `items` beside a `url` mark options that the
 * service lists, and two options with one value both need it.
 */
const markedOptions = (field: ManifestFormField): readonly Option[] =>
  (field.items ?? []).flatMap((item) => (isMarked(item) ? (ownOption(field, item) ?? []) : []));

/** Whether it is one of a field's options that need approval. */
export function approvalMark(field: ManifestFormField): (value: string) => boolean {
  const marked = new Set(markedOptions(field).map(({ value }) => value));
  return (value) => marked.has(value);
}

export const hasMarkedOptions = (form: readonly ManifestFormField[]): boolean =>
  form.some((field) => markedOptions(field).length > 0);

/** What was chosen that needs approval, as the form calls it; empty for most. */
export function chosenForApproval(
  form: readonly ManifestFormField[],
  answers: RunInputs['form'],
): readonly string[] {
  return form.flatMap((field) => {
    const answer = Object.hasOwn(answers, field.id) ? answers[field.id] : undefined;
    const chosen = new Set([answer ?? []].flat());
    const found = markedOptions(field).filter(({ value }) => chosen.has(value));
    return [...new Set(found.map(({ label }) => label))];
  });
}

/** The same at an integration as it is now; of one that is done by hand, and of an unreadable one, there is nothing. */
export async function chosenForApprovalAt(
  stores: Pick<Stores, 'integrations'>,
  { id }: Pick<Integration, 'id'>,
  answers: RunInputs['form'],
): Promise<readonly string[]> {
  const manifest = await manifestOf(stores, await stores.integrations.find(id));
  return manifest ? chosenForApproval(manifest.form, answers) : [];
}

/** Who grants such options without a request: admins, and whoever runs Latchkey's own commands. */
export async function grantsAlone(stores: Pick<Stores, 'people'>, actor: Actor): Promise<boolean> {
  if (actor.kind !== 'person') return true;
  const person = await stores.people.find(actor.personId);
  return person !== undefined && isAdmin(person);
}

/** @param options as the form calls them; not empty */
export const sayNeedsApproval = (options: readonly string[]): string =>
  t`This needs approval, so it can only be requested: ${options.join(', ')}.`;
