/** The form of a policy, and how its answers are read. */
import { plural, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import type { PeopleStore } from '../../../engine/ports/people-stores.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import type { Approvers, Policy, Requesters } from '../../../engine/settings/settings.ts';
import type { Field, FieldErrors, Fields, Option } from '../../view/form.ts';

type People = Pick<Stores, 'people'>;

const mayAsk = (): readonly Option<Requesters['kind']>[] => [
  { value: 'everyone', label: t`Everyone, for themselves` },
  { value: 'departments', label: t`Only these departments` },
  { value: 'nobody', label: t`No one: admins grant it` },
];
const decides = (): readonly Option<Approvers['kind']>[] => [
  { value: 'manager', label: t`The manager of the person who requests it` },
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
/** The limit in the settings, in days; a longer time would have no effect. */
const MAX_DAYS = 366;

type Days = 'longest' | 'remind' | 'escalate' | 'expire';

/** Opens with the current policy. */
export async function policyFields(policy: Policy, { people }: People) {
  const { requesters, approvers } = policy;
  const departments = await departmentsOf(requesters, people);
  const offered = mayAsk().filter(({ value }) => value !== 'departments' || departments.length > 0);
  return {
    requesters: {
      kind: 'choice',
      label: t`Who may request it`,
      options: offered,
      initial: requesters.kind,
    },
    ...departmentsField(departments, requesters),
    approvers: {
      kind: 'choice',
      label: t`Who approves`,
      options: decides(),
      initial: approvers.kind,
    },
    people: {
      kind: 'text',
      label: t`These people`,
      hint: t`Their email addresses, separated by commas. Used when these people approve.`,
      optional: true,
      multiline: true,
      ...(approvers.kind === 'people' && { initial: await addressesOf(approvers, people) }),
    },
    approvals: {
      kind: 'choice',
      label: t`How many of them must approve`,
      options: approvalCounts,
      initial: String(policy.approvals),
    },
    longest: days(t`Longest time (days)`, t`Leave blank for no end date.`, policy.longestDays),
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

/** Empty where there are no departments, which has the same effect as leaving the field empty. */
function departmentsField(departments: readonly string[], requesters: Requesters) {
  const field = {
    kind: 'choices',
    label: t`Departments`,
    hint: t`Used when only these departments may request it.`,
    optional: true,
    options: departments.map((name) => ({ label: name, value: name })),
    ...(requesters.kind === 'departments' && { initial: requesters.departments }),
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
    ...(value !== null && { initial: String(value) }),
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

async function addressesOf(
  { personIds }: Extract<Approvers, { kind: 'people' }>,
  people: PeopleStore,
): Promise<string> {
  return (await people.findMany(personIds)).map(({ email }) => email).join(', ');
}

/** The answers of the form. */
export interface PolicyAnswers {
  readonly requesters: Requesters['kind'];
  readonly departments: readonly string[] | undefined;
  readonly approvers: Approvers['kind'];
  readonly people: string | undefined;
  readonly approvals: string;
  readonly longest: string | undefined;
  readonly remind: string | undefined;
  readonly escalate: string | undefined;
  readonly expire: string | undefined;
  readonly managers: 'yes' | 'no';
}
type Errors = FieldErrors<Awaited<ReturnType<typeof policyFields>>>;

/** Returns the errors of all fields at once. */
export async function readPolicy(
  answers: PolicyAnswers,
  { people }: People,
): Promise<
  { readonly ok: true; readonly policy: Policy } | { readonly ok: false; readonly errors: Errors }
> {
  const requesters = readRequesters(answers);
  const approvers = await readApprovers(answers, people);
  const longest = readDays(answers.longest);
  const remind = readDays(answers.remind);
  const escalate = readDays(answers.escalate);
  const expire = readDays(answers.expire);
  if (!requesters.ok || !approvers.ok || !longest.ok || !remind.ok || !escalate.ok || !expire.ok) {
    const read: Record<Days, ReadDays> = { longest, remind, escalate, expire };
    const wrongDays = Object.entries(read).flatMap(([name, { ok }]) =>
      ok ? [] : [[name, wrongDaysText()] as const],
    );
    return {
      ok: false,
      errors: {
        ...(requesters.ok ? {} : requesters.errors),
        ...(approvers.ok ? {} : approvers.errors),
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
      longestDays: longest.days,
      remindAfterDays: remind.days,
      escalateAfterDays: escalate.days,
      expireAfterDays: expire.days,
      managersGrant: answers.managers === 'yes',
    },
  };
}

type Wrong = { readonly ok: false; readonly errors: Errors };

function readRequesters({
  requesters,
  departments = [],
}: PolicyAnswers): { readonly ok: true; readonly value: Requesters } | Wrong {
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

async function readApprovers(
  { approvers, people: typed = '', approvals }: PolicyAnswers,
  people: PeopleStore,
): Promise<{ readonly ok: true; readonly value: Approvers; readonly approvals: number } | Wrong> {
  const count = Number(approvals);
  switch (approvers) {
    case 'automatic':
      return { ok: true, value: { kind: approvers }, approvals: 1 };
    case 'admins':
      return { ok: true, value: { kind: approvers }, approvals: count };
    case 'manager':
      return count === 1
        ? { ok: true, value: { kind: approvers }, approvals: 1 }
        : {
            ok: false,
            errors: {
              approvals: t`Everyone has only one manager: choose 1, or choose other approvers.`,
            },
          };
    case 'people':
      return namedApprovers(typed, count, people);
    default:
      return unreachable(approvers);
  }
}

async function namedApprovers(
  typed: string,
  approvals: number,
  people: PeopleStore,
): Promise<{ readonly ok: true; readonly value: Approvers; readonly approvals: number } | Wrong> {
  const addresses = [
    ...new Set(
      typed
        .toLowerCase()
        .split(/[\s,;]+/)
        .filter(Boolean),
    ),
  ];
  const found = await Promise.all(
    addresses.map(async (address) => ({ address, person: await people.findByEmail(address) })),
  );
  const unknown = found.filter(({ person }) => !person?.active).map(({ address }) => address);
  if (addresses.length === 0)
    return { ok: false, errors: { people: t`Enter at least one person's address.` } };
  if (unknown.length > 0)
    return {
      ok: false,
      errors: {
        people: t`No one here has ${unknown.join(', ')}. Check the spelling in "people".`,
      },
    };
  if (approvals > addresses.length)
    return {
      ok: false,
      errors: {
        approvals: plural(addresses.length, {
          one: t`There is only 1 approver: choose at most 1.`,
          other: t`There are only ${addresses.length} approvers: choose at most ${addresses.length}.`,
        }),
      },
    };
  const personIds = found.flatMap(({ person }) => (person ? [person.id] : []));
  return { ok: true, value: { kind: 'people', personIds }, approvals };
}

type ReadDays = { readonly ok: true; readonly days: number | null } | { readonly ok: false };

function readDays(typed: string | undefined): ReadDays {
  if (typed === undefined) return { ok: true, days: null };
  const count = /^\d{1,3}$/.test(typed.trim()) ? Number(typed) : 0;
  return count >= 1 && count <= MAX_DAYS ? { ok: true, days: count } : { ok: false };
}

const wrongDaysText = () => t`Enter a whole number of days from 1 to ${MAX_DAYS}, or leave blank.`;
