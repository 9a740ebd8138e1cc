/** Compares a list of accounts that was read with what Latchkey knows: phase by phase, a batch at a time. */
import { compact } from '../../core/compact.ts';
import { DAY_MS } from '../../core/hours.ts';
import { sayNumber, sentences, t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { hasReadableNames } from '../access/account.ts';
import type { ManifestAccounts } from '../manifest/schema.ts';
import { PAGE_COUNTERS } from '../manifest/variables.ts';
import { type Person, SYSTEM } from '../people/directory.ts';
import { hasReadableFacts } from '../people/stored-values.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { workspaceSettings } from '../settings/workspace-settings.ts';
import { findingsTopic, invalidate } from '../work/topics.ts';
import { endRound, type HeldRound, isClosing, nextPhase } from './account-round.ts';
import { AT_ONCE, failRound, type HoldingRound, whileOurs } from './hold-round.ts';
import { judgeAccounts, judgeHolders, resolveUnseen } from './judge.ts';
import {
  type NewOwners,
  noLongerMatched,
  ownersByAddress,
  ownersByIdentity,
  ownersByStored,
} from './match-accounts.ts';
import { followOrphans } from './orphan-task.ts';

/** Judging an account asks and writes several times, so fewer of them keep someone's click waiting no longer. */
const JUDGED_AT_ONCE = 50;
/** Accounts that no list had for so long are forgotten, also where no list is ever complete. */
const FORGOTTEN_MS = 90 * DAY_MS;
/** A smaller list may have accounts of nobody here, and be right. */
const LARGE = 10;

/** How far a phase is: the row after which it goes on; undefined at its end. */
type Reached = string | undefined;

/** What a batch came to. `why`: what it couldn't compare, a sentence for people. */
interface Compared {
  readonly reached: Reached;
  readonly why?: string;
}

/**
 * Compares the next batch of a phase, and stores how far the round is.
 * @param accounts undefined for a round that closes
 * @returns undefined at the end of the round
 */
export function compareBatch(
  round: HeldRound,
  accounts: ManifestAccounts | undefined,
  deps: HoldingRound,
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
    const ended = endRound(completed(ours), { state: 'done' }, tx.now);
    await tx.accountRounds.save(ended);
    if (isClosing(ours)) await tx.accountRounds.delete(ended.id);
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
    case 'missing':
      return round.list !== 'complete' || isPartial
        ? { reached: undefined }
        : missingBatch(tx, round, isCounted(nextPage) ? round.completeAt : undefined);
    case 'tidying':
      return { reached: await tidy(tx, round, unseenSince(round, isCounted(nextPage), tx.now)) };
    default:
      return unreachable(round.phase);
  }
}

/** @param since whom the list has named since then isn't missing; left out: only those of this list */
async function missingBatch(
  tx: Transaction,
  round: HeldRound,
  since: Date | undefined,
): Promise<Compared> {
  const { integrationId, after } = round;
  const people = await tx.holds.peopleAt(integrationId, after);
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
