/**
 * Reads an app's list of accounts, a page at a time. Each page is stored with how far the round is; an account that is stored twice is
 * stored once.
 */
import { chunksOf } from '../../core/batches.ts';
import { plural, sayNumber, t } from '../../core/translate.ts';
import { gatherAccountList } from '../calls/context.ts';
import type { Tokens } from '../calls/oauth.ts';
import { cursorText } from '../imports/pages/next-page.ts';
import {
  hashOf,
  listPages,
  type PageSource,
  redactedError,
  whenAgain,
} from '../imports/pages/page-source.ts';
import { endedEarly, type PageOutcome } from '../imports/pages/read-pages.ts';
import { manifestIn } from '../integrations/manifest-of.ts';
import type { ManifestAccounts } from '../manifest/schema.ts';
import type { Http } from '../ports/http.ts';
import type { Time } from '../ports/time-and-chance.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { type HeldRound, isShort, nextPhase, type RoundFacts, waitRound } from './account-round.ts';
import { readAccount } from './account-rows.ts';
import type { AccountRow } from './finding.ts';
import { AT_ONCE, type HoldingRound, handOver, PAUSE_MS, whileOurs } from './hold-round.ts';

export interface ReadingRound extends HoldingRound, Time {
  readonly stores: Stores;
  readonly http: Http;
  readonly tokens: Tokens;
}

export interface List {
  readonly pages: PageSource;
  readonly accounts: ManifestAccounts;
}

export async function openList(
  { id, integrationId, manifestVersionId }: HeldRound,
  deps: ReadingRound,
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

/** Reads the next page, and stores it with how far the round is. @returns undefined where the round waits, or isn't this worker's */
export async function readPage(
  round: HeldRound,
  { pages, accounts, hasTime }: List & { readonly hasTime: () => boolean },
  deps: ReadingRound,
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
  deps: ReadingRound,
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
  deps: ReadingRound,
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
      return tx.accountRounds.save(ours);
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
