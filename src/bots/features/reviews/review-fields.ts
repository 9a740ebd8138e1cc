/** What the forms of a review and of a recurring review both ask: which access, who reviews, and what becomes of what is undecided. */
import { t } from '../../../core/translate.ts';
import type { Integration, Person } from '../../../engine/people/directory.ts';
import { isAdmin, mayAt } from '../../../engine/people/permission.ts';
import type {
  ReviewerKind,
  ReviewScope,
  ReviewSettings,
  Undecided,
} from '../../../engine/reviews/review.ts';
import type { Turn } from '../../live/context.ts';
import type { OrRefused } from '../../view/action.ts';
import type { Fields, Option, OrErrors } from '../../view/form.ts';
import { auditRefusal } from '../admins.ts';
import { appOptions } from '../app-options.ts';
import { notTheirs } from '../integrations/integration-target.ts';
import {
  PEOPLE,
  peopleAnswered,
  peopleFields,
  personAnswered,
  personFields,
} from '../people/person-fields.ts';

export interface Allowed {
  readonly starter: Person;
  readonly apps: readonly Integration[];
  /** They start it as an owner of these, and not as an admin. */
  readonly isOwners: boolean;
}

/** What the actor may review: admins everything, owners their apps. @param what completes "You can't …" */
export async function mayStart(
  what: () => string,
  turn: Turn,
): Promise<OrRefused<{ readonly allowed: Allowed }>> {
  const starter = await turn.stores.people.find(turn.actor.id);
  const all = starter ? await turn.stores.integrations.list() : [];
  const apps = all.filter((each) => starter && mayAt(starter, 'run reviews', each));
  if (starter && (isAdmin(starter) || apps.length > 0))
    return { allowed: { starter, apps, isOwners: !isAdmin(starter) } };
  await auditRefusal(what, turn, {});
  return { refused: await notTheirs(what, turn) };
}

const reviewerOptions = (): readonly Option<ReviewerKind>[] => [
  { value: 'managers', label: t`Each person's manager` },
  { value: 'owners', label: t`The owners of each app` },
  { value: 'named', label: t`These people` },
];

const undecidedOptions = (): readonly Option<Undecided>[] => [
  { value: 'keep', label: t`It stays as it is` },
  { value: 'remove', label: t`It is removed` },
  { value: 'admins', label: t`Latchkey admins decide it` },
];
export const undecidedLabel = (undecided: Undecided): string =>
  undecidedOptions().find(({ value }) => value === undecided)?.label ?? '';

/** A bundle's form has the first ones; more are rare. */
const BUNDLES = { offset: 0, limit: 500 };

/** @param before what the recurring review says now */
export async function reviewFields(
  { apps, isOwners }: Allowed,
  turn: Turn,
  before?: ReviewSettings & { readonly scope: ReviewScope },
) {
  const { stores } = turn;
  const scope = before?.scope ?? {};
  const hint = t`Only used if you choose "These people". They share the people to review.`;
  const options = (await appOptions(stores)).filter(({ value }) =>
    apps.some(({ id }) => id === value),
  );
  const { picked, emails } = await peopleFields(
    { label: t`These people`, emailLabel: t`These people (email addresses)`, hint },
    await stores.people.findMany(before?.reviewerIds ?? []),
    turn,
  );
  return {
    reviewers: {
      kind: 'choice',
      label: t`Who reviews`,
      hint: t`No one reviews their own access: it goes to the next one, such as their manager's manager, an owner or an admin.`,
      options: reviewerOptions(),
      initial: before?.reviewers ?? (isOwners ? 'owners' : 'managers'),
    },
    people: picked,
    peopleEmails: emails,
    undecided: {
      kind: 'choice',
      label: t`What happens to undecided access at the end`,
      options: undecidedOptions(),
      initial: before?.undecided ?? 'keep',
    },
    ...onlyIf(options.length > 0, {
      integrations: {
        kind: 'choices',
        label: t`Integrations`,
        hint: t`Leave blank for all of them.`,
        optional: true,
        options,
        initial: scope.integrationIds,
      },
    } as const),
    ...onlyIf(!isOwners, await scopeFields(scope, turn)),
  } as const satisfies Fields;
}

/** Whose access, and which, an admin may leave out. */
async function scopeFields({ bundleId, department, managerId }: ReviewScope, turn: Turn) {
  const { bundles, people } = turn.stores;
  const { items } = await bundles.list('', BUNDLES);
  const departments = await people.departments();
  const { picked, email } = await personFields(
    {
      label: t`Only reports of this manager`,
      emailLabel: t`Only reports of this manager (email address)`,
    },
    managerId === undefined ? undefined : await people.find(managerId),
    turn,
  );
  return {
    ...onlyIf(items.length > 0, {
      bundle: {
        kind: 'choice',
        label: t`Only access of this bundle`,
        optional: true,
        options: items.map(({ id, name }) => ({ label: name, value: id })),
        initial: bundleId,
      },
    } as const),
    ...onlyIf(departments.length > 0, {
      department: {
        kind: 'choice',
        label: t`Only people of this department`,
        optional: true,
        options: departments.map((name) => ({ label: name, value: name })),
        initial: department,
      },
    } as const),
    manager: picked,
    managerEmail: email,
  } as const satisfies Fields;
}

const onlyIf = <F extends Fields>(isShown: boolean, fields: F): Partial<F> =>
  isShown ? fields : {};

export interface ReviewAnswers {
  readonly reviewers: ReviewerKind;
  readonly undecided: Undecided;
  readonly people?: readonly string[] | undefined;
  readonly peopleEmails?: string | undefined;
  readonly integrations?: string | readonly string[] | undefined;
  readonly bundle?: string | undefined;
  readonly department?: string | undefined;
  readonly manager?: string | undefined;
  readonly managerEmail?: string | undefined;
}

export type ReadReview = OrErrors<{ readonly asking: ReviewSettings; readonly scope: ReviewScope }>;

/**
 * An owner's review names its apps, so that it stays about them whatever they own later.
 * @param before of a recurring review: what only admins are asked, and owners leave as it is
 */
export async function readReview(
  values: ReviewAnswers,
  { apps, isOwners, before = {} }: Allowed & { readonly before?: ReviewScope | undefined },
  { shown, ...turn }: Turn & { readonly shown: Fields },
): Promise<ReadReview> {
  const named = [values.integrations ?? []].flat();
  const offered = named.filter((each) => apps.some(({ id }) => id === each));
  if (offered.length < named.length)
    return { ok: false, errors: { integrations: t`Choose from the list.` } };
  const all = isOwners ? apps.map(({ id }) => id) : undefined;
  const asking = await readAsking(values, turn);
  if (!asking.ok) return asking;
  const integrationIds = offered.length > 0 ? offered : all;
  if (isOwners) return { ...asking, scope: { ...before, integrationIds } };
  const { bundle, department, manager, managerEmail } = values;
  if (manager === undefined && !managerEmail?.trim())
    return { ...asking, scope: { integrationIds, bundleId: bundle, department } };
  const names = { picked: 'manager', email: 'managerEmail' };
  const read = await personAnswered({ picked: manager, email: managerEmail, shown, names }, turn);
  if (!read.ok) return read;
  const managerId = read.person.id;
  return { ...asking, scope: { integrationIds, bundleId: bundle, department, managerId } };
}

async function readAsking(
  { reviewers, undecided, people, peopleEmails }: ReviewAnswers,
  turn: Turn,
): Promise<OrErrors<{ readonly asking: ReviewSettings }>> {
  if (reviewers !== 'named') return { ok: true, asking: { reviewers, undecided, reviewerIds: [] } };
  const asked = { picked: people, emails: peopleEmails, isNeeded: true, names: PEOPLE };
  const read = await peopleAnswered(asked, turn);
  if (!read.ok) return read;
  if (read.people.length > MAX_REVIEWERS)
    return { ok: false, errors: { peopleEmails: t`At most ${MAX_REVIEWERS} people.` } };
  return {
    ok: true,
    asking: { reviewers, undecided, reviewerIds: read.people.map(({ id }) => id) },
  };
}

const MAX_REVIEWERS = 20;
