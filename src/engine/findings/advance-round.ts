/**
 * Advances a round as far as one job can. Each page, and each batch of a phase, is stored with how far it is. So after a crash
 * another worker continues right there; an account that is stored twice is stored once.
 */
import { chunksOf } from '../../core/batches.ts';
import { compact } from '../../core/compact.ts';
import { DAY_MS } from '../../core/hours.ts';
import { plural, sayNumber, sentences, t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { hasReadableNames } from '../access/account.ts';
import { gatherAccountList } from '../calls/context.ts';
import type { Tokens } from '../calls/oauth.ts';
import { cursorText } from '../imports/next-page.ts';
import {
  hashOf,
  listPages,
  type PageSource,
  redactedError,
  whenAgain,
} from '../imports/page-source.ts';
import { endedEarly, type PageOutcome } from '../imports/sync.ts';
import { manifestIn } from '../integrations/manifest-of.ts';
import type { ManifestAccounts } from '../manifest/schema.ts';
import { PAGE_COUNTERS } from '../manifest/variables.ts';
import { type Person, SYSTEM } from '../people/directory.ts';
import { hasReadableFacts } from '../people/stored-values.ts';
import type { Http } from '../ports/http.ts';
import type { Time } from '../ports/time-and-chance.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { workspaceSettings } from '../settings/workspace-settings.ts';
import { alone, BREAKDOWN_PAUSE_MS, brokeDown, stillHeld, type Worker } from '../work/leased.ts';
import { findingsTopic, invalidate } from '../work/topics.ts';
import {
  endRound,
  type HeldRound,
  isClosing,
  isShort,
  nextPhase,
  type RoundFacts,
  waitRound,
} from './account-round.ts';
import { readAccount } from './account-rows.ts';
import type { AccountRow } from './finding.ts';
import {
  failRound,
  type HoldingRound,
  handOver,
  LostRound,
  roundWork,
  takeRound,
  whileOurs,
} from './hold-round.ts';
import { judgeAccounts, judgeHolders, resolveUnseen } from './judge.ts';
import {
  type NewOwners,
  noLongerMatched,
  ownersByAddress,
  ownersByIdentity,
  ownersByStored,
} from './match-accounts.ts';
import { followOrphans } from './orphan-task.ts';

export interface Rounding extends HoldingRound, Pick<Worker, 'underWay'>, Time {
  readonly stores: Stores;
  readonly http: Http;
  readonly tokens: Tokens;
}

/** Rows of one transaction, so that others can write. */
const AT_ONCE = 250;
/** Judging an account asks and writes several times, so fewer of them keep someone's click waiting no longer. */
const JUDGED_AT_ONCE = 50;
const PAUSE_MS = 5;
/** A job is short, so that other jobs of its lane get their turn, and so does a shutdown. */
const JOB_MS = 5000;
/** How often a worker may die or break down at one page or batch. */
const MAX_TRIES = 6;
/** Accounts that no list had for so long are forgotten, also where no list is ever complete. */
const FORGOTTEN_MS = 90 * DAY_MS;
/** A smaller list may have accounts of nobody here, and be right. */
const LARGE = 10;

/** Does nothing if the round isn't due, another worker holds it, or it has ended. */
export const advanceRound = (roundId: string, deps: Rounding): Promise<void> =>
  alone({ kind: roundWork, id: roundId }, deps, () => takeAndWork(roundId, deps));

async function takeAndWork(roundId: string, deps: Rounding): Promise<void> {
  const held = await takeRound(roundId, deps);
  if (!held) return;
  try {
    if (held.isLost) await whileOurs(held, deps, (tx, ours) => failRound(tx, ours, lost()));
    else if (held.tries >= MAX_TRIES)
      await whileOurs(held, deps, (tx, ours) => failRound(tx, ours, brokeDown()));
    else await work(held, deps);
  } catch (error) {
    if (error instanceof LostRound) return;
    await afterBreakdown(roundId, deps);
    throw error;
  }
}

const lost = () =>
  t`What is stored about this list is damaged, so it wasn't compared. Latchkey reads it again tonight.`;

/** Something broke in Latchkey, not at the app. If even this can't be stored, the lease expires. */
async function afterBreakdown(id: string, deps: Rounding): Promise<void> {
  await deps.transact(async (tx) => {
    const held = await stillHeld(tx, { kind: roundWork, id }, deps);
    if (!held) return;
    const dueAt = new Date(tx.now.getTime() + BREAKDOWN_PAUSE_MS);
    await handOver(tx, waitRound({ ...held, tries: held.tries + 1 }, dueAt), dueAt);
  });
}

async function work(held: HeldRound, deps: Rounding): Promise<void> {
  const until = deps.now().getTime() + JOB_MS;
  const hasTime = () => deps.now().getTime() < until;
  const listed = isClosing(held) ? undefined : await openList(held, deps);
  if (listed && !('pages' in listed)) {
    await whileOurs(held, deps, (tx, ours) => failRound(tx, ours, listed.why));
    return;
  }
  for (let round: HeldRound | undefined = held; round; ) {
    const next: HeldRound | undefined =
      listed && round.phase === 'reading'
        ? await readPage(round, { ...listed, hasTime }, deps)
        : await goOn(round, listed?.accounts, deps);
    if (!next) return;
    if (!hasTime() && !listed?.pages.isAhead()) {
      await whileOurs(next, deps, (tx, ours) => handOver(tx, waitRound(ours, tx.now), tx.now));
      return;
    }
    round = next;
    await deps.pause(PAUSE_MS);
  }
}

// ---------------------------------------------------------------- reading

interface List {
  readonly pages: PageSource;
  readonly accounts: ManifestAccounts;
}

async function openList(
  { id, integrationId, manifestVersionId }: HeldRound,
  deps: Rounding,
): Promise<List | { readonly why: string }> {
  const { stores } = deps;
  const gathered = await gatherAccountList(stores, integrationId, manifestVersionId);
  if (!gathered.ok) return { why: gathered.why };
  const { context } = gathered;
  const { manifest } = context;
  const whole = manifestIn(await stores.integrations.findVersion(manifestVersionId));
  const accounts = whole?.kind === 'provision' ? whole.accounts : undefined;
  if (manifest.kind !== 'sync' || !accounts) throw new Error('A list without pages was opened');
  const isStored = (hash: string) => stores.accountRounds.hasPage(id, hash);
  return { accounts, pages: listPages({ ...deps, context }, { manifest, isStored }) };
}

async function readPage(
  round: HeldRound,
  { pages, accounts, hasTime }: List & { readonly hasTime: () => boolean },
  deps: Rounding,
): Promise<HeldRound | undefined> {
  const page = await pages.read(await deps.stores.accountRounds.cursor(round.id));
  if (page.kind === 'failed') return afterFailedPage(round, { page, pages }, deps);
  if (hasTime()) pages.readAhead(page);
  return storePage(round, { page, pages, accounts }, deps);
}

async function afterFailedPage(
  round: HeldRound,
  {
    page,
    pages,
  }: { readonly page: Extract<PageOutcome, { kind: 'failed' }>; readonly pages: PageSource },
  deps: Rounding,
): Promise<HeldRound | undefined> {
  const { message } = redactedError(page.error, pages.reader);
  const again = whenAgain({ run: round, came: page.came }, deps.now());
  return whileOurs(round, deps, async (tx, ours) => {
    if (again) {
      const { dueAt, ...asked } = again;
      await handOver(tx, waitRound({ ...ours, ...asked, why: message }, dueAt), dueAt);
      return undefined;
    }
    // What was listed before is there all the same; of the rest it says nothing.
    const listed = await tx.listedAccounts.countOf(ours.id);
    return endReading(tx, { ...ours, listed }, { list: 'cut', why: message });
  });
}

/** Stores a page in small transactions. The last of them marks the page as read. */
async function storePage(
  begun: HeldRound,
  { page, pages, accounts }: List & { readonly page: Extract<PageOutcome, { kind: 'page' }> },
  deps: Rounding,
): Promise<HeldRound> {
  const read = page.rows.map((row) => readAccount(accounts, row));
  const count = (kind: (typeof read)[number]['kind']) =>
    read.filter((each) => each.kind === kind).length;
  const rows = new Map<string, AccountRow>();
  for (const each of read) if (each.kind === 'account') rows.set(each.account.key, each.account);
  const all = [...rows.values()];
  const { integrationId, id: roundId } = begun;
  let round = begun;
  for (const some of chunksOf(all, AT_ONCE)) {
    round = await whileOurs(round, deps, async (tx, ours) => {
      const seen = { integrationId, roundId, at: tx.now, newId: () => tx.newId() };
      await tx.listedAccounts.put(some, seen);
      return ours;
    });
    await deps.pause(PAUSE_MS);
  }
  return whileOurs(round, deps, async (tx, ours) => {
    await tx.accountRounds.addPage(roundId, hashOf(page.address));
    if (count('account') > 0) await noteAnswer(tx, ours);
    const { why: _, askedSince: __, ...facts } = ours;
    const next: HeldRound = {
      ...facts,
      pages: ours.pages + 1,
      listed: ours.listed + count('account'),
      skipped: ours.skipped + count('skipped'),
      unreadable: ours.unreadable + count('unreadable'),
      tries: 0,
    };
    const { after } = page;
    if (after.kind === 'next') {
      await tx.accountRounds.setCursor(roundId, cursorText(after.cursor));
      return tx.accountRounds.save(next);
    }
    const warning = after.kind === 'cut-off' ? pages.reader.redact(after.warning) : undefined;
    // An account that came more than once is one: a list that repeats itself is no longer for it.
    const whole = { ...next, listed: await tx.listedAccounts.countOf(roundId) };
    const changedAt = await tx.health.forgottenAt(integrationId);
    const isMixed = changedAt !== undefined && changedAt > ours.startedAt;
    return endReading(
      tx,
      whole,
      howItEnded(whole, { warning, isEarly: 'isEarly' in after, isMixed }),
    );
  });
}

/** Accounts in a list show that token and manifest work, so that "no such account" counts. */
async function noteAnswer(
  { integrations, health, now }: Transaction,
  { integrationId, manifestVersionId, startedAt }: HeldRound,
): Promise<void> {
  const integration = await integrations.find(integrationId);
  if (integration?.manifestVersionId === manifestVersionId)
    await health.markOk(integrationId, now, startedAt);
}

type Ended = Pick<RoundFacts, 'list' | 'why'>;

interface Reading {
  /** What stopped it at the page limit. */
  readonly warning: string | undefined;
  readonly isEarly: boolean;
  /** Its pages may be of two tenants. */
  readonly isMixed: boolean;
}

function howItEnded(round: HeldRound, { warning, isEarly, isMixed }: Reading): Ended {
  const { listed, unreadable, completeCount } = round;
  const why =
    warning ??
    (isEarly ? endedEarly() : undefined) ??
    (isMixed
      ? t`While the list was read, the manifest, its values or the connection changed, or the app refused a step of a run.`
      : undefined) ??
    (unreadable > 0 ? unreadableWords(unreadable) : undefined) ??
    (listed === 0 ? t`It has no accounts at all.` : undefined) ??
    (isShort(round)
      ? plural(listed, {
          one: t`It has 1 account, but the last complete one had ${sayNumber(completeCount)}.`,
          other: t`It has ${sayNumber(listed)} accounts, but the last complete one had ${sayNumber(completeCount)}.`,
        })
      : undefined);
  return why === undefined ? { list: 'complete' } : { list: 'cut', why };
}

const unreadableWords = (count: number): string =>
  plural(count, {
    one: t`1 entry has nothing that names it. Check data_structure of accounts in the manifest.`,
    other: t`${sayNumber(count)} entries have nothing that names them. Check data_structure of accounts in the manifest.`,
  });

async function endReading(tx: Transaction, round: HeldRound, ended: Ended): Promise<HeldRound> {
  await tx.accountRounds.setCursor(round.id, undefined);
  const next = nextPhase({ ...round, ...ended, tries: 0, askedSince: undefined });
  if (!next) throw new Error('Nothing follows the reading of a list');
  return tx.accountRounds.save(next);
}

// ---------------------------------------------------------------- comparing

/** How far a phase is: the row after which it goes on; undefined at its end. */
type Reached = string | undefined;

/** What a batch came to. `why`: what it couldn't compare, a sentence for people. */
interface Compared {
  readonly reached: Reached;
  readonly why?: string;
}

/** @param accounts undefined for a round that closes @returns undefined at the end of the round */
function goOn(
  round: HeldRound,
  accounts: ManifestAccounts | undefined,
  deps: Rounding,
): Promise<HeldRound | undefined> {
  return whileOurs(round, deps, async (tx, ours) => {
    if (ours.phase === 'judging' && ours.after === '' && (await isUnmatched(tx, ours))) {
      await failRound(tx, ours, unmatched(ours.listed));
      return undefined;
    }
    const { reached, why } = await batchOf(tx, ours, accounts);
    const compared = why === undefined ? ours : { ...ours, why: sentences(ours.why, why) };
    const next =
      reached === undefined
        ? nextPhase({ ...compared, tries: 0 })
        : { ...compared, after: reached };
    if (next) return tx.accountRounds.save(next);
    if (isClosing(ours)) await tx.accountRounds.delete(ours.id);
    else await tx.accountRounds.save(endRound(completed(ours), { state: 'done' }, tx.now));
    // Alone, as who decides the last orphan: the task is opened before that, or not at all.
    const integration = await tx.integrations.hold(ours.integrationId, 'alone');
    if (integration) await followOrphans(tx, integration, SYSTEM);
    await invalidate(tx, findingsTopic);
    return undefined;
  });
}

const completed = (round: HeldRound): HeldRound =>
  round.list === 'complete'
    ? { ...round, completeAt: round.startedAt, completeCount: round.listed }
    : round;

/** Whether it is nobody's at all: then the manifest reads the wrong value. */
const isUnmatched = async (tx: Transaction, { id, listed }: HeldRound): Promise<boolean> =>
  listed >= LARGE && (await tx.listedAccounts.countMatched(id)) === 0;

const unmatched = (listed: number): string =>
  t`None of the ${sayNumber(listed)} accounts in the list is anyone's in the directory, so nothing was compared. Check data_structure and match of accounts in the manifest.`;

async function batchOf(
  tx: Transaction,
  round: HeldRound,
  { match, isPartial, nextPage }: Partial<ManifestAccounts> = {},
): Promise<Compared> {
  const { id: roundId, integrationId, after } = round;
  switch (round.phase) {
    case 'reading':
      throw new Error('A page is not a batch');
    case 'matching': {
      const accounts = await tx.listedAccounts.ofRound(roundId, after, AT_ONCE);
      const { sameDomains = [] } = await workspaceSettings(tx);
      await setOwners(tx, await ownersByAddress(tx, accounts, sameDomains), 'address');
      return { reached: lastOf(accounts, AT_ONCE) };
    }
    case 'facts': {
      if (match === undefined) return { reached: undefined };
      const everyone = await tx.people.everyPage(after, AT_ONCE);
      const people = everyone.filter(hasReadableFacts);
      const stale = await noLongerMatched(tx, people, { roundId, match });
      if (stale.length > 0) await tx.listedAccounts.setNobodys(stale);
      await setOwners(tx, await ownersByStored(tx, people, { roundId, match }), 'fact');
      const damaged = everyone.filter((person) => !hasReadableFacts(person));
      return { reached: lastOf(everyone, AT_ONCE), why: damagedWords(damaged) };
    }
    case 'identities': {
      const identities = await tx.accounts.pageAt(integrationId, after);
      const known = identities.filter(hasReadableNames);
      const { byFact, byAddress } = await ownersByIdentity(tx, known, { roundId, match });
      await setOwners(tx, byFact, 'fact');
      await setOwners(tx, byAddress, 'address');
      const damaged = identities.filter((each) => !known.includes(each));
      const whose = [...new Set(damaged.map(({ personId }) => personId))];
      return {
        reached: lastOf(identities, AT_ONCE),
        why: damagedWords(await tx.people.findMany(whose)),
      };
    }
    case 'judging': {
      const accounts = await tx.listedAccounts.ofRound(roundId, after, JUDGED_AT_ONCE);
      await judgeAccounts(tx, round, accounts);
      return { reached: lastOf(accounts, JUDGED_AT_ONCE) };
    }
    case 'missing': {
      if (round.list !== 'complete' || isPartial) return { reached: undefined };
      const people = await tx.holds.peopleAt(integrationId, after);
      const since = isCounted(nextPage) ? round.completeAt : undefined;
      const lately = new Set(
        since ? await tx.listedAccounts.peopleSince(integrationId, people, since) : [],
      );
      await judgeHolders(
        tx,
        round,
        people.filter((id) => !lately.has(id)),
      );
      return { reached: people.length < AT_ONCE ? undefined : people.at(-1) };
    }
    case 'tidying':
      return { reached: await tidy(tx, round, unseenSince(round, isCounted(nextPage), tx.now)) };
    default:
      return unreachable(round.phase);
  }
}

/** How many are named. */
const NAMED = 5;

/** Undefined where everyone's facts could be read. */
function damagedWords(people: readonly Person[]): string | undefined {
  if (people.length === 0) return undefined;
  const named = people.slice(0, NAMED).map(({ email }) => email);
  const who = compact([...named, people.length > NAMED && '…']).join(', ');
  return t`The facts that are stored about some people are damaged, so their accounts may count as no one's: ${who}. The operator of Latchkey can restore them (see Troubleshooting).`;
}

/**
 * Whether its pages are counted. Then someone whom the app removes while it is read moves another one from the next page to the
 * one that was read: so only two complete lists in a row, which both lack an account, show that it is gone.
 */
const isCounted = (nextPage: string | undefined): boolean =>
  PAGE_COUNTERS.some((name) => nextPage?.includes(name));

/** What no list has had since then is gone. */
function unseenSince(
  { list, startedAt, completeAt }: HeldRound,
  counted: boolean,
  now: Date,
): Date {
  const since = counted ? completeAt : startedAt;
  return list === 'cut' || !since ? new Date(now.getTime() - FORGOTTEN_MS) : since;
}

async function tidy(tx: Transaction, round: HeldRound, before: Date): Promise<Reached> {
  const { last } = await resolveUnseen(tx, round, {
    id: round.after,
    limit: AT_ONCE,
    before,
  });
  if (last !== undefined) return last;
  const how = { before, limit: AT_ONCE };
  const deleted = await tx.listedAccounts.deleteUnseen(round.integrationId, round.id, how);
  return deleted === AT_ONCE ? round.after : undefined;
}

const setOwners = async (
  tx: Transaction,
  owners: NewOwners,
  by: 'fact' | 'address',
): Promise<void> => {
  if (owners.size > 0) await tx.listedAccounts.setPeople(owners, by);
};

const lastOf = (batch: readonly { readonly id: string }[], size: number): Reached =>
  batch.length < size ? undefined : batch.at(-1)?.id;
