/** What each listed account, and each hold without one, comes to; and what becomes of the findings about them. */
import { chunksOf } from '../../core/batches.ts';
import { dayIn } from '../../core/days.ts';
import { DAY_MS, HOUR_MS } from '../../core/hours.ts';
import type { Hold } from '../access/hold.ts';
import { isOpenRemoval, isProvenGone } from '../access/removals/removal.ts';
import { type AccessIds, type Actor, type Person, SYSTEM } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { findingsTopic, invalidate } from '../work/topics.ts';
import type { HeldRound } from './account-round.ts';
import {
  type Finding,
  type FindingKind,
  type ListedAccount,
  labelOfAccount,
  subjectOf,
} from './finding.ts';

/** Since the last sign-in, and since they got it. */
const UNUSED_MS = 90 * DAY_MS;
/** Lists of apps lag behind what was just granted or removed there. */
const SETTLE_MS = HOUR_MS;

/** `fine`: nothing to say. `removing`: its removal is under way, and says the rest. */
export type Verdict = FindingKind | 'removing' | 'fine';

/** What a batch reads of everyone whose accounts it judges. */
interface Known {
  readonly people: ReadonlyMap<string, Person>;
  /** Open holds at this app. */
  readonly holds: ReadonlyMap<string, readonly Hold[]>;
  /** When they last signed in here, with any of their accounts. */
  readonly lastLogins: ReadonlyMap<string, Date>;
}

async function knownOf(
  tx: Transaction,
  { integrationId }: Pick<HeldRound, 'integrationId'>,
  personIds: readonly string[],
): Promise<Known> {
  const people = await tx.people.findMany(personIds);
  const holds = new Map<string, Hold[]>();
  for (const hold of await tx.holds.openOfPeople(personIds))
    if (hold.integrationId === integrationId)
      holds.set(hold.personId, [...(holds.get(hold.personId) ?? []), hold]);
  const logins = (await tx.listedAccounts.lastLogins(personIds)).filter(
    (login) => login.integrationId === integrationId,
  );
  return {
    people: new Map(people.map((person) => [person.id, person])),
    holds,
    lastLogins: new Map(logins.map(({ personId, at }) => [personId, at])),
  };
}

async function verdictOn(
  tx: Transaction,
  account: ListedAccount,
  { people, holds, lastLogins }: Known,
): Promise<Verdict> {
  const person = account.personId === undefined ? undefined : people.get(account.personId);
  if (!person) return 'orphan';
  const held = holds.get(person.id) ?? [];
  if (person.active && held.length > 0) {
    const last = account.lastLogin && lastLogins.get(person.id);
    const before = new Date(tx.now.getTime() - UNUSED_MS);
    if (!last || last >= before) return 'fine';
    const ended = await tx.holds.endedSince(person.id, account.integrationId, before);
    return hadSince([...held, ...ended]) < before.getTime() ? 'unused' : 'fine';
  }
  const removal = await tx.removals.latest(person.id, account.integrationId);
  if (removal && isOpenRemoval(removal)) return 'removing';
  const goneAt = isProvenGone(removal) ? removal.endedAt.getTime() : undefined;
  if (goneAt !== undefined && account.lastSeenAt.getTime() < goneAt + SETTLE_MS) return 'fine';
  return person.active ? 'found' : 'left-behind';
}

/**
 * When they got it: an account that was there before, as of someone who is back, may have an old sign-in. One hold may follow
 * another without a gap, as after a move. What was only found has been there for nobody knows how long.
 * @param holds open ones and ended ones of one person here
 */
function hadSince(holds: readonly Hold[]): number {
  const lastFirst = holds.toSorted((one, other) => endOf(other) - endOf(one));
  return lastFirst.reduce(
    (since, hold) => (endOf(hold) < since ? since : Math.min(since, beginOf(hold))),
    Number.MAX_SAFE_INTEGER,
  );
}

const beginOf = ({ source, startedAt }: Hold): number =>
  source === 'found' ? 0 : startedAt.getTime();
const endOf = ({ ended }: Hold): number => ended?.at.getTime() ?? Number.MAX_SAFE_INTEGER;

/** What a round would say of this account of that person now. */
export async function verdictNow(
  tx: Transaction,
  account: ListedAccount & { readonly personId: string },
): Promise<Verdict> {
  return verdictOn(tx, account, await knownOf(tx, account, [account.personId]));
}

/** The same finding, as it has to be judged now. */
export function judgedAs(finding: Finding, verdict: Verdict): Finding {
  if (verdict === 'fine') return { ...finding, state: 'resolved' };
  return verdict === 'removing'
    ? { ...finding, state: verdict }
    : { ...finding, kind: verdict, state: 'open' };
}

const peopleOf = (accounts: readonly ListedAccount[]): readonly string[] => [
  ...new Set(accounts.flatMap(({ personId }) => personId ?? [])),
];

/** Judges accounts that the round has listed. At most 250. */
export async function judgeAccounts(
  tx: Transaction,
  round: HeldRound,
  listed: readonly ListedAccount[],
): Promise<void> {
  const { integrationId } = round;
  const subjects = [
    ...listed.map(({ id }) => subjectOf({ accountId: id })),
    ...peopleOf(listed).map((personId) => subjectOf({ personId })),
  ];
  // The findings first: what an admin decides from here on changes their versions, so this runs again. What is read after
  // them is no older than they are: an account that was just adopted isn't an orphan.
  const before = await findingsAbout(tx, integrationId, subjects);
  const accounts = await tx.listedAccounts.findMany(listed.map(({ id }) => id));
  const personIds = peopleOf(accounts);
  const known = await knownOf(tx, round, personIds);
  const owners = await ownersOf(tx, [...before.values()]);
  for (const account of accounts) {
    const { id: accountId, personId, lastLogin } = account;
    const about = { accountId, personId, lastLogin, label: labelOfAccount(account) };
    const verdict = await verdictOn(tx, account, known);
    await settle(tx, round, { about, verdict, owners, before: before.get(subjectOf(about)) });
  }
  // Someone who is listed isn't missing.
  for (const personId of personIds) {
    const finding = before.get(subjectOf({ personId }));
    if (finding) await resolve(tx, round, finding);
  }
}

/** Judges people who hold access here, where the list is complete. At most 250. */
export async function judgeHolders(
  tx: Transaction,
  round: HeldRound,
  personIds: readonly string[],
): Promise<void> {
  const listed = new Set(await tx.listedAccounts.peopleIn(round.id, personIds));
  const absent = personIds.filter((id) => !listed.has(id));
  if (absent.length === 0) return;
  const { integrationId } = round;
  const before = await findingsAbout(
    tx,
    integrationId,
    absent.map((personId) => subjectOf({ personId })),
  );
  const { people, holds } = await knownOf(tx, round, absent);
  for (const personId of absent) {
    if (!people.get(personId)?.active) continue;
    const known = before.get(subjectOf({ personId }));
    const isKnown = known !== undefined && known.state !== 'resolved';
    if (!isKnown && !(await shouldBeListed(tx, round, holds.get(personId) ?? []))) continue;
    const about = { personId, label: '', accountId: undefined, lastLogin: undefined };
    await settle(tx, round, { about, verdict: 'missing', owners: new Map(), before: known });
  }
}

/** Whether the access is known to be there, and was before the list was read. */
async function shouldBeListed(
  tx: Transaction,
  { integrationId, startedAt }: HeldRound,
  holds: readonly Hold[],
): Promise<boolean> {
  const [first] = holds;
  if (!first) return false;
  const { personId } = first;
  const settledBy = startedAt.getTime() - SETTLE_MS;
  const access = await tx.access.find(personId, integrationId);
  if (access?.state !== 'has' || access.since.getTime() > settledBy) return false;
  if (holds.every((hold) => hold.startedAt.getTime() > settledBy)) return false;
  if (await tx.removals.open(personId, integrationId)) return false;
  return (await tx.runs.unfinished(personId, integrationId)) === undefined;
}

/** What the list no longer has, and who is no longer meant to have it. @param before seen last before this */
export async function resolveUnseen(
  tx: Transaction,
  round: HeldRound,
  { before, ...after }: { readonly id: string; readonly limit: number; readonly before: Date },
): Promise<{ readonly last: string | undefined }> {
  const unseen = await tx.findings.unseen(round.integrationId, round.id, after);
  for (const finding of unseen) if (finding.seenAt < before) await resolve(tx, round, finding);
  return { last: unseen.length < after.limit ? undefined : unseen.at(-1)?.id };
}

async function findingsAbout(
  tx: Transaction,
  integrationId: string,
  subjects: readonly string[],
): Promise<ReadonlyMap<string, Finding>> {
  const found = new Map<string, Finding>();
  for (const some of chunksOf(subjects, 250))
    for (const each of await tx.findings.about(integrationId, some))
      found.set(subjectOf(each), each);
  return found;
}

async function ownersOf(
  tx: Transaction,
  findings: readonly Finding[],
): Promise<ReadonlyMap<string, Person>> {
  const ids = findings.flatMap(({ ownerId, state }) =>
    state === 'service' && ownerId !== undefined ? [ownerId] : [],
  );
  return new Map((await tx.people.findMany([...new Set(ids)])).map((each) => [each.id, each]));
}

interface Judged {
  readonly about: Pick<Finding, 'accountId' | 'personId' | 'label' | 'lastLogin'>;
  readonly verdict: Verdict;
  readonly before: Finding | undefined;
  readonly owners: ReadonlyMap<string, Person>;
}

async function settle(
  tx: Transaction,
  round: HeldRound,
  { about, verdict, before, owners }: Judged,
): Promise<void> {
  if (verdict === 'fine') return before && resolve(tx, round, before);
  if (verdict === 'removing') {
    if (!before || before.state === 'resolved') return;
    await tx.findings.save({ ...before, ...seen(tx, round), state: 'removing' });
    return;
  }
  if (!before) {
    const finding: Finding = {
      id: tx.newId(),
      version: 1,
      integrationId: round.integrationId,
      ...about,
      kind: verdict,
      state: 'open',
      foundAt: tx.now,
      ...seen(tx, round),
    };
    await tx.findings.insert(finding);
    return opened(tx, finding);
  }
  // It was ignored as another person's: as this one's, it is new.
  const isSame = before.state !== 'ignored' || before.personId === about.personId;
  const stays = before.kind === verdict && isSame && isDecided(before, tx, owners);
  const isNew = before.state !== 'open' && !stays;
  const next: Finding = {
    ...before,
    ...about,
    ...seen(tx, round),
    kind: verdict,
    state: stays ? before.state : 'open',
    ...(isNew && { foundAt: tx.now }),
    ...(!stays && { ownerId: undefined, lookAgainOn: undefined }),
  };
  await tx.findings.save(next);
  if (isNew) await opened(tx, next);
}

const seen = (tx: Transaction, { id: roundId }: HeldRound) => ({ roundId, seenAt: tx.now });

/** Whether what an admin decided still holds. A removal that has ended, while the list still shows the account, doesn't. */
function isDecided(
  { state, ownerId = '', lookAgainOn }: Finding,
  tx: Transaction,
  owners: ReadonlyMap<string, Person>,
): boolean {
  if (state === 'ignored') return true;
  if (state !== 'service') return false;
  const today = dayIn(tx.timeZone, tx.now);
  return owners.get(ownerId)?.active === true && (lookAgainOn ?? '') > today;
}

const opened = async (tx: Transaction, finding: Finding): Promise<void> => {
  await tx.audit('finding.opened', aboutFinding(finding, SYSTEM));
  await invalidate(tx, findingsTopic);
};

/** No one decided that: the list, or what was granted or removed since, says so. */
export const noteResolved = (tx: Transaction, finding: Finding): Promise<void> =>
  tx.audit('finding.resolved', aboutFinding(finding, SYSTEM));

/** The id, since an app may have many accounts of nobody; not how the app names the account, which may be someone's name. */
export const aboutFinding = (
  { id: findingId, integrationId, personId, kind }: Finding,
  actor: Actor,
) => ({ actor, integrationId, personId, detail: { kind, findingId } });

async function resolve(tx: Transaction, round: HeldRound, finding: Finding): Promise<void> {
  if (finding.state === 'resolved') return;
  await tx.findings.save({ ...finding, ...seen(tx, round), state: 'resolved' });
  await noteResolved(tx, finding);
  await invalidate(tx, findingsTopic);
}

/** One person has only a few accounts at one app. */
const MANY = { offset: 0, limit: 100 };

/** The removal of this access was withdrawn. What was left to it is judged again now, so that admins can decide it. */
export async function judgeAfterWithdrawal(
  tx: Transaction,
  { personId, integrationId }: AccessIds,
): Promise<void> {
  const left = { states: ['removing'], personId, integrationId } as const;
  const { findings } = await tx.findings.list(left, MANY);
  for (const finding of findings) {
    const { accountId } = finding;
    const account = accountId === undefined ? undefined : await tx.listedAccounts.find(accountId);
    const verdict = account ? await verdictNow(tx, { ...account, personId }) : 'fine';
    const judged = await tx.findings.save(judgedAs(finding, verdict));
    if (judged.state === 'open') await opened(tx, judged);
    if (judged.state === 'resolved') await noteResolved(tx, judged);
  }
  if (findings.length > 0) await invalidate(tx, findingsTopic);
}
