/**
 * Stores a page of an import. Its rows are stored together with the cursor of the next page. So after a crash another worker
 * continues right there: no row is stored twice, and none is left out.
 */
import { compact } from '../../core/compact.ts';
import { dayIn } from '../../core/days.ts';
import { sentences, t } from '../../core/translate.ts';
import type { Person } from '../people/directory.ts';
import { settleKnown } from '../people/fact-claims.ts';
import { type PersonChange, personChanged } from '../people/person-changed.ts';
import type { Time } from '../ports/time-and-chance.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { notePeople } from '../rules/note-people.ts';
import {
  CHANGED_ROWS_AT_ONCE,
  type HeldRun,
  type Holding,
  isRefreshDue,
  NEW_ROWS_AT_ONCE,
  sourceOf,
  storeProgress,
  storeSync,
  whileOurs,
} from './hold-sync.ts';
import { type Judged, judgeRows } from './judge-rows.ts';
import { cursorText } from './pages/next-page.ts';
import { hashOf, type PageSource } from './pages/page-source.ts';
import { endedEarly, type PageOutcome } from './pages/read-pages.ts';
import { type Reading, withWarnings } from './sync-run.ts';

export interface StoringPages extends Holding, Pick<Time, 'now'> {
  /** The workspace's, an IANA name. */
  readonly timeZone: string;
}

type Page = Extract<PageOutcome, { kind: 'page' }>;

/** Stores a page in small transactions. The last of them marks the page as read. */
export async function storePage(
  begun: HeldRun,
  { page, pages }: { readonly page: Page; readonly pages: PageSource },
  deps: StoringPages,
): Promise<HeldRun> {
  const { rows, address, since, mark, after } = page;
  const { manifest, reader } = pages;
  let run = begun;
  let { counts } = run;
  const size = manifest.action === 'update' ? CHANGED_ROWS_AT_ONCE : NEW_ROWS_AT_ONCE;
  for (let start = 0; start === 0 || start < rows.length; start += size) {
    const some = rows.slice(start, start + size);
    const isLast = start + size >= rows.length;
    const { integrationId } = run;
    const before = { runId: run.id, integrationId, firstSeq: counts.rows, rows: some, counts };
    const owns = new Set(run.owns);
    const held = run;
    const { timeZone, stores } = deps;
    const asked = { ...before, owns, today: dayIn(timeZone, deps.now()), timeZone };
    // Of a create: it changes no one yet, so others may write meanwhile. `takeRows` looks at each person again.
    const known = manifest.action === 'create' && (await judgeRows(stores, manifest, asked));
    const stored = await whileOurs(held, deps, async (tx, ours) => {
      const judged = known || (await judgeRows(tx, manifest, asked));
      await tx.syncRows.insertMany(judged.rows);
      await saveUpdated(tx, ours, judged.updated);
      await saveConfirmed(tx, judged.confirmed);
      if (!isLast) return { run: await keepUpdated(tx, ours, judged), counts: judged.counts };
      await tx.syncRuns.addPage(run.id, hashOf(address));
      const marked = manifest.since === true ? run.createdAt.toISOString() : mark;
      if (marked !== undefined) await tx.syncRuns.setMark(run.id, marked);
      const isMixed = after.kind !== 'next' && (await isOfTwo(tx, ours));
      const isEarly = after.kind === 'end' && after.isEarly === true;
      const said = compact([isMixed && mixed(), isEarly && early()]);
      const warnings = warningsAfter(ours, reader, { after, said });
      const { askedSince: _, ...facts } = ours;
      // Some apps end their list with an empty page.
      const done = run.pages + (rows.length > 0 ? 1 : 0);
      const read = { ...facts, warnings, counts: judged.counts, pages: done, tries: 0 };
      const next =
        after.kind === 'next'
          ? await storeProgress(tx, read, {
              refreshes: isRefreshDue(read.pages),
              cursor: cursorText(after.cursor),
            })
          : await storeSync(
              tx,
              {
                ...read,
                reading: isMixed || isEarly ? 'cut-off' : readingOf(after, since),
                phase: manifest.action === 'create' ? 'comparing' : 'tidying',
              },
              null,
            );
      return { run: next, counts: judged.counts };
    });
    ({ run, counts } = stored);
  }
  return run;
}

/** People with values of an update. Rules and sequences may depend on them. */
async function saveUpdated(
  tx: Transaction,
  run: HeldRun,
  updated: readonly PersonChange[],
): Promise<void> {
  if (updated.length === 0) return;
  const by = { actor: run.startedBy, source: await sourceOf(tx, run) };
  for (const change of updated)
    await personChanged(tx, { ...change, person: await tx.people.save(change.person) }, by);
  await settleKnown(
    tx,
    updated.map(({ person }) => person),
  );
}

/** Nothing of them changed, so nobody hears of it. Rules believe these values from now on. */
async function saveConfirmed(tx: Transaction, confirmed: readonly Person[]): Promise<void> {
  for (const person of confirmed) await tx.people.save(person);
  await settleKnown(tx, confirmed);
  await notePeople(
    tx,
    confirmed.map(({ id }) => id),
  );
}

/** A worker that reads the page again after a crash finds these people unchanged. */
async function keepUpdated(
  tx: Transaction,
  run: HeldRun,
  { counts }: Pick<Judged, 'counts'>,
): Promise<HeldRun> {
  return tx.syncRuns.save({ ...run, counts: { ...run.counts, updated: counts.updated } });
}

function readingOf({ kind }: Page['after'], since: string): Reading {
  if (kind === 'cut-off') return 'cut-off';
  return since === '' ? 'complete' : 'changes';
}

/** Whether its pages may be of two tenants: the values of the manifest or the connection have changed since it began. */
async function isOfTwo(tx: Transaction, { integrationId, createdAt }: HeldRun): Promise<boolean> {
  const changedAt = await tx.health.forgottenAt(integrationId);
  return changedAt !== undefined && changedAt > createdAt;
}

const mixed = (): string =>
  t`While the list was read, the values of the manifest or the connection changed. So it may lack people.`;

const early = (): string => sentences(endedEarly(), t`So it may lack people.`);

function warningsAfter(
  run: HeldRun,
  reader: PageSource['reader'],
  { after, said }: { readonly after: Page['after']; readonly said: readonly string[] },
): readonly string[] {
  const all = compact([...reader.warnings(), ...said, after.kind === 'cut-off' && after.warning]);
  return withWarnings(
    run,
    all.map((text) => reader.redact(text)),
  );
}
