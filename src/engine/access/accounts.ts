/**
 * The accounts that a person may have at an app. The facts that name an account are stored before the first write of a grant is
 * sent. So Latchkey can check and revoke it by them, however the run ends.
 */
import { type Json, stringifyJson } from '../../core/json.ts';
import { onceFor } from '../../core/once-for.ts';
import { t } from '../../core/translate.ts';
import type { Context } from '../calls/context.ts';
import type { Manifest } from '../manifest/schema.ts';
import { type Access, type Facts, fullName, type Person } from '../people/directory.ts';
import { knownFacts, PEOPLE } from '../people/stored-values.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import type { Run, RunInputs } from '../runs/run.ts';
import { toText } from '../templates/render.ts';
import {
  buildVariables,
  NOT_FACTS,
  RESERVED_NAMES,
  type Variables,
} from '../templates/variables.ts';
import { invalidate, personTopic } from '../work/topics.ts';
import { type Account, OUTCOME_UNKNOWN_MS } from './account.ts';
import { keyed } from './account-keys.ts';
import type { AtApp } from './at-app.ts';
import { namesIn } from './names-in.ts';

/** What names an account: the facts that the manifest uses, and the form's answers that `revoke` uses. */
export interface AccountFacts {
  readonly facts: Account['facts'];
  readonly form: RunInputs['form'];
}

/** The facts and answers of a person that the manifest uses. @param values as templates see them */
export function accountFactsOf(
  manifest: Manifest,
  values: Variables,
  form: RunInputs['form'] = {},
): AccountFacts {
  const { facts: names, byRevoke } = usedBy(manifest);
  const facts: Record<string, Json> = {};
  for (const name of names)
    if (Object.hasOwn(values, name) && values[name] !== undefined) facts[name] = values[name];
  const answers = Object.entries(form).filter(([id]) => byRevoke.has(id));
  return { facts, form: Object.fromEntries(answers) };
}

/** Names in the templates of a manifest: of facts, and all that `revoke` uses. A run asks for them several times. */
const usedBy = onceFor(({ form, initialDataForm, headers, exists, execute, revoke }: Manifest) => {
  const others = [...form, ...initialDataForm].map(({ id }) => id);
  const used = [...namesIn([headers, exists, execute, revoke])];
  return {
    facts: used.filter((name) => !NOT_FACTS.includes(name) && !others.includes(name)),
    byRevoke: namesIn([headers, revoke]),
  };
});

/** `null`: not known of this account, even where the directory has it for another one. */
const hasFact = ({ facts }: AccountFacts, name: string): boolean => (facts[name] ?? null) !== null;

type Naming = Pick<Manifest, 'headers' | 'exists' | 'revoke'>;

/** The names of the facts that `exists` and `revoke` send to name the account. */
const namingFacts = onceFor(({ headers, exists, revoke }: Naming): readonly string[] =>
  [...namesIn([headers, exists, revoke])].toSorted(),
);

/**
 * Whether both name the same account. Facts that only `execute` uses, such as a department, don't count. Where no naming fact
 * is known of either, such as an id that the app answers with, the email address counts.
 */
export function isSameAccount(a: AccountFacts, b: AccountFacts, manifest: Naming): boolean {
  const known = namingFacts(manifest);
  const isNamed = known.some((name) => hasFact(a, name) || hasFact(b, name));
  const naming = isNamed ? known : ['email'];
  const of = ({ facts, form }: AccountFacts): string =>
    stringifyJson([
      naming.map((name) => facts[name] ?? null),
      Object.entries(form)
        .toSorted(([one], [other]) => (one < other ? -1 : 1))
        .map(([id, value]) => [id, typeof value === 'string' ? value : value.toSorted()]),
    ]);
  return of(a) === of(b);
}

/**
 * Whether what `exists` sends about this account is sure to be theirs: it is a field of the directory, or what an app has stored or an
 * admin has entered for them, and still says. What someone typed about themselves may be a colleague's.
 */
export function isProven({ facts }: AccountFacts, manifest: Naming, person: Person): boolean {
  const { storedBy = {} } = person;
  const stored = knownFacts(person);
  const sent = namesSent(manifest).filter((name) => Object.hasOwn(facts, name));
  return sent.every(
    (name) =>
      RESERVED_NAMES.some((each) => each === name) ||
      ((storedBy[name] ?? PEOPLE) !== PEOPLE && isSameFact(facts[name], stored[name])),
  );
}

const namesSent = onceFor(({ headers, exists }: Naming) => [...namesIn([headers, exists])]);

/** Facts may be lists, or integers that a double can't hold, so they compare as JSON. */
const isSameFact = (a: Json | undefined, b: Json | undefined): boolean =>
  stringifyJson(a ?? null) === stringifyJson(b ?? null);

/**
 * A write of a grant is sent next: from now on the account may be there, however the run ends. Call it in the transaction
 * that stores the step, which stores `atApp`, too. The request was rendered with `context` and `variables`.
 */
export async function noteWrite(
  tx: Transaction,
  run: Run,
  {
    atApp,
    context,
    variables,
  }: {
    readonly atApp: AtApp;
    readonly context: Pick<Context, 'manifest' | 'form'>;
    readonly variables: Variables;
  },
): Promise<void> {
  const now = tx.now;
  const writtenAt = new Date(now.getTime() + OUTCOME_UNKNOWN_MS);
  const { manifest, form } = context;
  const named = accountFactsOf(manifest, variables, form);
  const open = atApp.accounts;
  // A retry without some earlier facts names another account; the first one may still be there.
  const same =
    open.find((each) => each.runId === run.id && isExtended(each, named, manifest)) ??
    open.find((each) => isSameAccount(each, named, manifest)) ??
    // An account that was only found is this one, whatever its form's answers.
    open.find(
      (each) =>
        each.runId === undefined && isSameAccount(each, { ...named, form: each.form }, manifest),
    );
  if (same) {
    const { answer: _, revokedAt: __, ...rest } = same;
    const written = { ...rest, ...named, runId: run.id, writtenAt, wasThere: true } as const;
    atApp.change(keyed(written, manifest));
  } else {
    const account: Account = {
      id: tx.newId(),
      version: 1,
      personId: run.personId,
      integrationId: run.integrationId,
      ...named,
      runId: run.id,
      writtenAt,
      wasThere: true,
    };
    atApp.add(keyed(account, manifest));
  }
  await mayHave(tx, run, atApp);
}

/** Access that was `none`, or never checked, is `unknown` from now on. */
async function mayHave(
  tx: Transaction,
  { personId, integrationId }: Run,
  atApp: AtApp,
): Promise<void> {
  const { access } = atApp;
  if (access?.state === 'has' || access?.state === 'unknown') return;
  atApp.noteUnknown({
    personId,
    integrationId,
    state: 'unknown',
    reason: t`Latchkey sent a grant; it isn't confirmed yet.`,
    since: tx.now,
    checkedAt: access?.checkedAt ?? NEVER,
  });
  await invalidate(tx, personTopic(personId));
}

/** For access that was never checked. */
export const NEVER = new Date(0);

/** Whether it is known without a check: by a revoke, or by an admin who looked. */
export const isUnasked = ({ checkedAt }: Pick<Access, 'checkedAt'>): boolean =>
  checkedAt.getTime() === NEVER.getTime();

/**
 * The write has ended with a known outcome. Facts in the app's answer, such as an id, name the account from now on. Where it
 * had another name before, that name stays as another account, which may still be there.
 */
export function noteWritten(
  tx: Transaction,
  run: Run,
  answered: {
    readonly atApp: AtApp;
    readonly context: Pick<Context, 'manifest'>;
    readonly stored: Facts;
  },
): void {
  const { atApp } = answered;
  const open = atApp.accounts;
  // The newest one is the one whose write has ended.
  const account = open.findLast(({ runId }) => runId === run.id);
  if (!account) return;
  const { manifest } = answered.context;
  const { facts: learned } = accountFactsOf(manifest, answered.stored);
  const facts = { ...account.facts, ...learned };
  const others = open.filter(({ id }) => id !== account.id);
  for (const other of withoutFacts(others, learned, manifest)) atApp.change(other);
  const isRenamed = namingFacts(manifest).some(
    (name) => hasFact(account, name) && !isSameFact(account.facts[name], facts[name]),
  );
  if (!isRenamed) {
    atApp.change(keyed({ ...account, facts, writtenAt: tx.now }, manifest));
    return;
  }
  const { runId: _, ...before } = account;
  atApp.change({ ...before, writtenAt: tx.now });
  const { personId, integrationId, form } = account;
  const whose = { personId, integrationId, form, runId: run.id };
  const renamed: Account = {
    id: tx.newId(),
    version: 1,
    ...whose,
    facts,
    writtenAt: tx.now,
    wasThere: true,
  };
  atApp.add(keyed(renamed, manifest));
}

/** The app's answer names one account only: the person's other accounts get `null` for those facts. @returns those that change */
function withoutFacts(
  others: readonly Account[],
  learned: Account['facts'],
  manifest: Manifest,
): readonly Account[] {
  const names = namingFacts(manifest).filter((name) => name in learned);
  return others.flatMap((other) => {
    const unknown = names.filter((name) => !(name in other.facts));
    if (unknown.length === 0) return [];
    const none = Object.fromEntries(unknown.map((name) => [name, null]));
    return [keyed({ ...other, facts: { ...other.facts, ...none } }, manifest)];
  });
}

/** Whether `next` has the same naming facts as `before`, or more. */
function isExtended(before: AccountFacts, next: AccountFacts, manifest: Naming): boolean {
  const known = Object.keys(before.facts);
  const facts = Object.fromEntries(
    Object.entries(next.facts).filter(([name]) => known.includes(name)),
  );
  return isSameAccount(before, { facts, form: next.form }, manifest);
}

/** The account that the directory's facts name. Checks look for it where Latchkey knows of no write. */
export async function directoryFacts(
  tx: Pick<Stores, 'people'>,
  person: Person,
  manifest: Manifest,
): Promise<AccountFacts> {
  return (await directoryFactsOf(tx, person))(manifest);
}

/** The same for several manifests: what the directory knows is read once. */
export async function directoryFactsOf(
  tx: Pick<Stores, 'people'>,
  person: Person,
): Promise<(manifest: Manifest) => AccountFacts> {
  const [manager, buddy] = [
    person.managerId === undefined ? undefined : await tx.people.find(person.managerId),
    person.buddyId === undefined ? undefined : await tx.people.find(person.buddyId),
  ];
  return (manifest) => accountFactsOf(manifest, buildVariables({ person, manager, buddy }));
}

/** Earlier email addresses of the person's accounts, to look for in the app, too. */
export const earlierAddresses = (
  accounts: readonly Pick<AccountFacts, 'facts'>[],
  { email }: Pick<Person, 'email'>,
): readonly string[] => [
  ...new Set(
    accounts.flatMap(({ facts }) =>
      typeof facts['email'] === 'string' && facts['email'] !== email ? [facts['email']] : [],
    ),
  ),
];

/** Variables of templates for an account: the person as they are now, overridden by the account's stored facts. */
export function accountVariables(person: Person, { facts, form }: AccountFacts): Variables {
  const variables = Object.create(null) as Record<string, Json | undefined>;
  return Object.assign(variables, buildVariables({ person, form }), facts);
}

/** Addresses of a person's accounts that someone else has by now, with that person. */
export type TakenAddresses = ReadonlyMap<string, Person>;

export async function takenAddresses(
  { people }: Pick<Stores, 'people'>,
  accounts: readonly Pick<AccountFacts, 'facts'>[],
  person: Person,
): Promise<TakenAddresses> {
  const earlier = earlierAddresses(accounts, person);
  const others = earlier.length === 0 ? [] : await people.findByEmails(earlier);
  return new Map(others.flatMap((each) => (each.active ? [[each.email, each] as const] : [])));
}

/** Who has the address of this account by now. */
export const takenBy = (
  { facts }: Pick<AccountFacts, 'facts'>,
  taken: TakenAddresses,
): Person | undefined =>
  typeof facts['email'] === 'string' ? taken.get(facts['email']) : undefined;

/** As `accountVariables`, where an address that is someone else's by now isn't known: it would name their account. */
export function namingVariables(
  person: Person,
  account: AccountFacts,
  taken: TakenAddresses,
): Variables {
  const facts = takenBy(account, taken) ? { ...account.facts, email: null } : account.facts;
  return accountVariables(person, { ...account, facts });
}

/**
 * These, and the address that the person has exchanged, for an account that Latchkey didn't write: until the app follows, it is the
 * other one's.
 * @param exchanged who had that address before
 */
export const doubtedAddresses = (
  { email }: Pick<Person, 'email'>,
  { writtenAt }: Pick<Account, 'facts' | 'writtenAt'>,
  { taken, exchanged }: { readonly taken: TakenAddresses; readonly exchanged: Person | undefined },
): TakenAddresses =>
  exchanged && writtenAt === undefined ? new Map([...taken, [email, exchanged]]) : taken;

export const sayTaken = (other: Person): string =>
  t`${other.email} is ${fullName(other)}'s address now, so Latchkey can't tell whose account has it.`;

/** @param other as `takenBy` says */
export const sayDoubt = (
  other: Person,
  { facts: { email } }: Pick<AccountFacts, 'facts'>,
): string =>
  email === other.email
    ? sayTaken(other)
    : t`${toText(email ?? '')} was ${fullName(other)}'s address until lately, so Latchkey can't tell whose account has it.`;
