/**
 * Options that a manager can't grant alone (`"needs_approval": true` on one of a form's `items`). A manager's grant of one
 * becomes a request, and no such request is approved automatically. Admins and sequences grant them without approval.
 */
import { isJsonObject, type Json } from '../../core/json.ts';
import { t } from '../../core/translate.ts';
import { ownOption } from '../integrations/form.ts';
import { manifestOf } from '../integrations/manifest-of.ts';
import { type ManifestFormField, NEEDS_APPROVAL } from '../manifest/form-schema.ts';
import type { Actor, Integration } from '../people/directory.ts';
import { isAdmin } from '../people/permission.ts';
import type { Option } from '../ports/chat-stores.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { RunInputs } from '../runs/run.ts';
import type { Stage, StageApprovers } from '../settings/route.ts';

const isMarked = (item: Json): boolean => isJsonObject(item) && item[NEEDS_APPROVAL] === true;

/**
 * The options of a field that need approval. They are compared by value: `items` beside a `url` mark options that the app
 * lists, and of two options with one value both need approval.
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

/** The labels of options that need approval by the one form and none by the other, which offers them still. */
export const noLongerMarked = (
  before: readonly ManifestFormField[],
  after: readonly ManifestFormField[],
): readonly string[] =>
  after.flatMap((field) => {
    const was = before.find(({ id }) => id === field.id);
    const isStill = approvalMark(field);
    const lost = (was ? markedOptions(was) : []).filter(({ value }) => !isStill(value));
    return lost.filter(({ value }) => offers(field, value)).map(({ label }) => label);
  });

const offers = (field: ManifestFormField, value: string): boolean =>
  'url' in field || (field.items ?? []).some((item) => ownOption(field, item)?.value === value);

/** The labels of the chosen options that need approval; mostly empty. */
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

/** The same by the integration's form of now; empty where it has no manifest, or one that can't be read. */
export async function chosenForApprovalAt(
  stores: Pick<Stores, 'integrations'>,
  { id }: Pick<Integration, 'id'>,
  answers: RunInputs['form'],
): Promise<readonly string[]> {
  const manifest = await manifestOf(stores, await stores.integrations.find(id));
  return manifest ? chosenForApproval(manifest.form, answers) : [];
}

/** Whether the actor grants such options without a request: admins, the command line and Latchkey itself do. */
export async function grantsAlone(stores: Pick<Stores, 'people'>, actor: Actor): Promise<boolean> {
  if (actor.kind !== 'person') return true;
  const person = await stores.people.find(actor.personId);
  return person !== undefined && isAdmin(person);
}

/** @param options their labels; not empty */
export const sayNeedsApproval = (options: readonly string[]): string =>
  t`This needs approval, so it can only be requested: ${options.join(', ')}.`;

/** Admins approve in place of these stages, as many as the largest of them needs. */
export const forAdmins = (stages: readonly Stage[]): readonly Stage[] => {
  const approvals = Math.max(1, ...stages.map((stage) => stage.approvals));
  return [{ approvers: [{ kind: 'admins' }], approvals, differentPerson: false }];
};

export interface CountedStages {
  readonly stages: readonly Stage[];
  /** They are left to admins, since it is for something that needs approval. */
  readonly needsAdmins: boolean;
}

/**
 * The stages as they count for a request: managers don't approve alone what needs approval.
 * @param isNeeded whether it is for something that needs approval; only asked where that matters
 */
export async function countedStages(
  given: readonly Stage[],
  isNeeded: () => Promise<boolean>,
): Promise<CountedStages> {
  const needsMore = canManagersAlone(given) && (await isNeeded());
  return {
    stages: needsMore ? withoutManagers(given) : given,
    needsAdmins: needsMore && isLeftToAdmins(given),
  };
}

/** Whether only admins approve what needs approval. People whom a stage names may, too: an admin named them. */
export const isLeftToAdmins = (stages: readonly Stage[]): boolean =>
  stages.every(({ approvers }) => approvers.every(isManagers));

const isManagers = ({ kind }: StageApprovers): boolean =>
  kind === 'manager' || kind === 'managers-manager';

/** Whether every stage has its approvals if only managers press. */
const canManagersAlone = (stages: readonly Stage[]): boolean =>
  stages.every(({ approvers, approvals }) => approvers.filter(isManagers).length >= approvals);

/** A stage of managers alone stays where another one names someone else. */
function withoutManagers(stages: readonly Stage[]): readonly Stage[] {
  if (isLeftToAdmins(stages)) return forAdmins(stages);
  return stages.map((stage) => {
    const others = stage.approvers.filter((each) => !isManagers(each));
    return others.length > 0 ? { ...stage, approvers: others } : stage;
  });
}
