/** The form of a policy, and how its answers are read. */
import { HOURS_A_DAY, hoursWords, MAX_HOURS, parseHours } from '../../../core/hours.ts';
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import type { PeopleStore } from '../../../engine/ports/people-stores.ts';
import { approversProblem } from '../../../engine/requests/approvers-problem.ts';
import type { Approvers, Policy, Requesters } from '../../../engine/settings/settings.ts';
import type { Turn } from '../../live/context.ts';
import {
  errorsOf,
  type Field,
  type FieldErrors,
  type Fields,
  type Option,
  type OrErrors,
} from '../../view/form.ts';
import { changedFrom } from '../change.ts';
import { PEOPLE, peopleAnswered, peopleFields } from '../people/person-fields.ts';
import { wholeNumber } from '../typed-text.ts';

const mayAsk = (): readonly Option<Requesters['kind']>[] => [
  { value: 'everyone', label: t`Everyone, for themselves` },
  { value: 'departments', label: t`Only these departments` },
  { value: 'nobody', label: t`No one: admins grant it` },
];
const decides = (): readonly Option<Approvers['kind']>[] => [
  { value: 'manager', label: t`The manager of the person who gets access` },
  { value: 'people', label: t`These people` },
  { value: 'admins', label: t`Admins` },
  { value: 'automatic', label: t`No one: it's granted at once` },
];
const yesOrNo = (): readonly Option<'yes' | 'no'>[] => [
  { value: 'yes', label: t`Yes, without a request` },
  { value: 'no', label: t`No, only by approving a request` },
];
/** The most approvals that a policy may require. */
const MAX_APPROVALS = 5;
const approvalCounts: readonly Option[] = Array.from({ length: MAX_APPROVALS }, (_, index) => ({
  value: String(index + 1),
  label: String(index + 1),
}));
const MAX_DAYS = MAX_HOURS / HOURS_A_DAY;

type Days = 'remind' | 'escalate' | 'expire';

/** Opens with the current policy. */
export async function policyFields(policy: Policy, turn: Turn) {
  const { requesters, approvers } = policy;
  const { people } = turn.stores;
  const departments = await departmentsOf(requesters, people);
  const named = approvers.kind === 'people' ? await people.findMany(approvers.personIds) : [];
  const { picked, emails } = await peopleFields(
    {
      label: t`These people`,
      emailLabel: t`These people (email addresses)`,
      hint: t`Only used if you choose "These people".`,
    },
    named,
    turn,
  );
  const offered = mayAsk().filter(({ value }) => value !== 'departments' || departments.length > 0);
  return {
    requesters: {
      kind: 'choice',
      label: t`Who may request it`,
      options: offered,
      initial: requesters.kind,
    },
    ...departmentsField(departments, requesters),
    ...unlessRouted(policy, {
      approvers: {
        kind: 'choice',
        label: t`Who approves`,
        options: decides(),
        initial: approvers.kind,
      },
      people: picked,
      peopleEmails: emails,
      approvals: {
        kind: 'choice',
        label: t`How many of them must approve`,
        options: approvalCounts,
        initial: String(policy.approvals),
      },
    }),
    longest: {
      kind: 'text',
      label: t`Longest time`,
      hint: t`Like 4 hours or 30 days. Leave blank for no end date.`,
      optional: true,
      initial: policy.longestHours !== null ? hoursWords(policy.longestHours) : undefined,
    },
    remind: days(t`Remind approvers after (days)`, neverText(), policy.remindAfterDays),
    escalate: days(t`Admins can also approve after (days)`, neverText(), policy.escalateAfterDays),
    expire: days(t`Request expires after (days)`, neverText(), policy.expireAfterDays),
    managers: {
      kind: 'choice',
      label: t`Can managers grant it to their reports?`,
      options: yesOrNo(),
      initial: policy.managersGrant ? 'yes' : 'no',
    },
  } as const satisfies Fields;
}

/** Who approves in stages or by case has a card of its own; this form leaves it as it is. */
const unlessRouted = <const F extends Fields>({ route }: Policy, fields: F): F =>
  route ? ({} as F) : fields;

/** Empty where there are no departments, which has the same effect as leaving the field empty. */
function departmentsField(departments: readonly string[], requesters: Requesters) {
  const field = {
    kind: 'choices',
    label: t`Departments`,
    hint: t`Used when only these departments may request it.`,
    optional: true,
    options: departments.map((name) => ({ label: name, value: name })),
    initial: requesters.kind === 'departments' ? requesters.departments : undefined,
  } as const satisfies Field;
  return (departments.length > 0 ? { departments: field } : {}) as { departments: typeof field };
}

const neverText = () => t`Leave blank for never.`;

const days = (label: string, hint: string, value: number | null) =>
  ({
    kind: 'text',
    label,
    hint,
    optional: true,
    initial: value !== null ? String(value) : undefined,
  }) as const satisfies Field;

/** The existing departments, and those that the policy names although nobody is in them now. */
async function departmentsOf(
  requesters: Requesters,
  people: PeopleStore,
): Promise<readonly string[]> {
  const known = await people.departments();
  const named = requesters.kind === 'departments' ? requesters.departments : [];
  return [...new Set([...known, ...named])];
}

/** The answers of the form. */
export interface PolicyAnswers {
  readonly requesters: Requesters['kind'];
  readonly departments: readonly string[] | undefined;
  /** Undefined, like `approvals`, where the form opened while there was a route. */
  readonly approvers: Approvers['kind'] | undefined;
  readonly people: readonly string[] | undefined;
  readonly peopleEmails: string | undefined;
  readonly approvals: string | undefined;
  readonly longest: string | undefined;
  readonly remind: string | undefined;
  readonly escalate: string | undefined;
  readonly expire: string | undefined;
  readonly managers: 'yes' | 'no';
}
type Errors = FieldErrors<Awaited<ReturnType<typeof policyFields>>>;

/** Returns the errors of all fields at once. @param before the policy as it is: a route stays */
export async function readPolicy(
  answers: PolicyAnswers,
  turn: Turn,
  before: Policy,
): Promise<Read<{ readonly policy: Policy }>> {
  const requesters = readRequesters(answers);
  const { route } = before;
  const approvers = (route ? undefined : await readApprovers(answers, turn)) ?? approversOf(before);
  const longest = readLongest(answers.longest);
  const remind = readDays(answers.remind);
  const escalate = readDays(answers.escalate);
  const expire = readDays(answers.expire);
  if (!requesters.ok || !approvers.ok || !longest.ok || !remind.ok || !escalate.ok || !expire.ok) {
    const read: Record<Days, ReadDays> = { remind, escalate, expire };
    const wrongDays = Object.entries(read).flatMap(([name, { ok }]) =>
      ok ? [] : [[name, wrongDaysText()] as const],
    );
    return {
      ok: false,
      errors: {
        ...errorsOf(requesters),
        ...errorsOf(approvers),
        ...errorsOf(longest),
        ...Object.fromEntries(wrongDays),
      },
    };
  }
  return {
    ok: true,
    policy: {
      requesters: requesters.value,
      approvers: approvers.value,
      approvals: approvers.approvals,
      route,
      longestHours: longest.hours,
      remindAfterDays: remind.days,
      escalateAfterDays: escalate.days,
      expireAfterDays: expire.days,
      managersGrant: answers.managers === 'yes',
    },
  };
}

type Read<T> = OrErrors<T, Errors>;
type ReadApprovers = Read<{ readonly value: Approvers; readonly approvals: number }>;

function readRequesters({
  requesters,
  departments = [],
}: PolicyAnswers): Read<{ readonly value: Requesters }> {
  switch (requesters) {
    case 'everyone':
    case 'nobody':
      return { ok: true, value: { kind: requesters } };
    case 'departments':
      return departments.length > 0
        ? { ok: true, value: { kind: 'departments', departments: [...departments] } }
        : { ok: false, errors: { departments: t`Choose at least one department.` } };
    default:
      return unreachable(requesters);
  }
}

const approversOf = ({ approvers: value, approvals }: Policy) =>
  ({ ok: true, value, approvals }) as const;

/**
 * The policy as it is now, with what was changed in the form. Where there is or was a route, who approves stays: stages may
 * have been applied, or become simple, since the answers were read.
 * @param before the policy with which they were read
 */
export function policyChangedBy(read: Policy, before: Policy, now: Policy): Policy {
  const { approvers, approvals, route, ...rest } = read;
  const who =
    now.route || before.route || !isChanged({ approvers, approvals }, before)
      ? { approvers: now.approvers, approvals: now.approvals, route: now.route }
      : { approvers, approvals, route };
  return { ...now, ...changedFrom(before, rest), ...who };
}

const isChanged = (next: Partial<Policy>, before: Policy): boolean =>
  Object.keys(changedFrom(before, next)).length > 0;

async function readApprovers(
  answers: PolicyAnswers,
  turn: Turn,
): Promise<ReadApprovers | undefined> {
  const { approvers } = answers;
  if (approvers === undefined) return undefined;
  const count = Number(answers.approvals);
  switch (approvers) {
    case 'automatic':
      return { ok: true, value: { kind: approvers }, approvals: 1 };
    case 'admins':
      return { ok: true, value: { kind: approvers }, approvals: count };
    case 'manager':
      return possible({ approvers: { kind: approvers }, approvals: count });
    case 'people':
      return namedApprovers(answers, count, turn);
    default:
      return unreachable(approvers);
  }
}

async function namedApprovers(
  { people: picked, peopleEmails: emails }: PolicyAnswers,
  approvals: number,
  turn: Turn,
): Promise<ReadApprovers> {
  const read = await peopleAnswered({ picked, emails, isNeeded: true, names: PEOPLE }, turn);
  if (!read.ok) return read;
  const personIds = read.people.map(({ id }) => id);
  return possible({ approvers: { kind: 'people', personIds }, approvals });
}

function possible({ approvers: value, approvals }: Pick<Policy, 'approvers' | 'approvals'>) {
  const problem = approversProblem({ approvers: value, approvals });
  return problem
    ? ({ ok: false, errors: { approvals: problem.why } } as const)
    : ({ ok: true, value, approvals } as const);
}

function readLongest(typed: string | undefined): Read<{ readonly hours: number | null }> {
  if (typed === undefined) return { ok: true, hours: null };
  const hours = parseHours(typed);
  if (hours !== undefined && hours <= MAX_HOURS) return { ok: true, hours };
  const longest = t`Enter a time like 4 hours or 30 days, at most ${hoursWords(MAX_HOURS)}, or leave blank.`;
  return { ok: false, errors: { longest } };
}

type ReadDays = { readonly ok: true; readonly days: number | null } | { readonly ok: false };

function readDays(typed: string | undefined): ReadDays {
  if (typed === undefined) return { ok: true, days: null };
  const count = wholeNumber(typed, { least: 1, most: MAX_DAYS });
  return count === undefined ? { ok: false } : { ok: true, days: count };
}

const wrongDaysText = () => t`Enter a whole number of days from 1 to ${MAX_DAYS}, or leave blank.`;
