/** Makes a pack while it is sent: nothing of it is in memory as a whole. */
import { compact } from '../../core/compact.ts';
import { CSV_BOM, csvLine } from '../../core/csv.ts';
import { isJsonObject, jsonIn } from '../../core/json.ts';
import type { FileToZip } from '../../core/zip.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { REPORT_COLUMNS, reportLines } from '../reviews/report-lines.ts';
import type { Review } from '../reviews/review.ts';
import { CHAIN_START, type StoredEntry } from '../work/audit-chain.ts';
import { type Head, headLine, keyLine, signedHead } from '../work/audit-head.ts';
import { AUDIT_COLUMNS, auditCells } from '../work/audit-table.ts';
import { actorIn, detailIn, type Names, namesFrom, whoWords } from '../work/names.ts';
import { digestLines, digestOf, noting } from './digests.ts';
import {
  auditFilterOf,
  PACK_FILES,
  type PackContents,
  type Scope,
  SEAL_LENGTH,
  SEAL_PREFIX,
} from './evidence.ts';
import {
  ACCESS_COLUMNS,
  accessLines,
  type Line,
  type LineDeps,
  REMOVAL_COLUMNS,
  removalLines,
  reviewed,
} from './lines.ts';
import { type PageTable, packPage, ROWS_ON_PAGE } from './pack-page.ts';

export interface Packing {
  readonly stores: Stores;
  readonly now: Date;
  /** Who wants it, in words. */
  readonly by: string;
}

const AT_ONCE = 500;

/** @returns the ZIP file, piece by piece */
export async function* makePack(scope: Scope, packing: Packing): AsyncIterable<Uint8Array> {
  const { auditChain } = packing.stores;
  const { zipped } = await import('../../core/zip.ts'); // Its library fills tables when it is loaded, and starts wait.
  yield* zipped(filesOf(scope, packing), {
    sealLength: SEAL_LENGTH,
    seal: async (hash) => SEAL_PREFIX + (await auditChain.sign(SEAL_PREFIX + hash)),
  });
}

async function* filesOf(scope: Scope, packing: Packing): AsyncIterable<FileToZip> {
  const { stores } = packing;
  const names = namesFrom(stores);
  const digests = new Map<string, string[]>();
  const file = (name: string, content: AsyncIterable<string>): FileToZip => {
    const lines: string[] = [];
    digests.set(name, lines);
    return { name, content: noting(content, lines) };
  };
  const tables = tablesOf(scope, { stores, names });
  for (const table of tables) {
    yield file(`${table.name}.csv`, csvOf(table));
    yield file(`${table.name}.jsonl`, jsonLinesOf(table));
  }
  // Later entries than the head are not in it.
  const head = await signedHead(stores.auditChain);
  const audit: AuditPart = { scope, head, stores, names, firstSeq: 0, count: 0, actors: new Map() };
  yield file(PACK_FILES.audit, auditEntries(audit));
  yield file('audit.csv', auditTable(audit));
  yield file(PACK_FILES.chain, chainLines(audit));
  const key = await stores.auditChain.publicKey();
  const about = await aboutOf(scope, { packing, names, audit, tables, head, key });
  yield file(PACK_FILES.about, one(`${JSON.stringify(about, null, 2)}\n`));
  yield file('index.html', one(packPage(about, tables)));
  const text = [...digestLines(digests)].join('');
  yield { name: PACK_FILES.digests, content: one(text) };
  const signature = await stores.auditChain.sign(digestOf(text));
  yield { name: PACK_FILES.signature, content: one(`${signature}\n`) };
}

async function* one(text: string): AsyncIterable<string> {
  yield text;
}

interface Table extends PageTable {
  readonly name: string;
  readonly lines: () => AsyncIterable<Line>;
  count: number;
  readonly first: Line[];
}

const tablesOf = (scope: Scope, deps: LineDeps): readonly Table[] =>
  compact([
    {
      name: 'access',
      columns: ACCESS_COLUMNS,
      lines: () => accessLines(scope, deps),
      count: 0,
      first: [],
    },
    {
      name: 'removals',
      columns: REMOVAL_COLUMNS,
      lines: () => removalLines(scope, deps),
      count: 0,
      first: [],
    },
    scope.reviewId !== undefined && reviewTable(scope.reviewId, deps),
  ]);

/** The verdicts of a review, and what became of each. */
const reviewTable = (reviewId: string, deps: LineDeps): Table => ({
  name: 'review',
  columns: REPORT_COLUMNS,
  lines: () => reportLines(reviewId, deps),
  count: 0,
  first: [],
});

/** The first lines of a table are kept for the page. */
async function* csvOf(table: Table): AsyncIterable<string> {
  yield CSV_BOM + csvLine(table.columns);
  for await (const line of table.lines()) {
    table.count += 1;
    if (table.first.length < ROWS_ON_PAGE) table.first.push(line);
    yield csvLine(table.columns.map((column) => line[column] ?? ''));
  }
}

async function* jsonLinesOf({ lines }: Table): AsyncIterable<string> {
  for await (const line of lines()) yield `${JSON.stringify(line)}\n`;
}

/** The sealed entries of a pack. `firstSeq`, `count` and `actors` are known once they are written. */
interface AuditPart {
  readonly scope: Scope;
  readonly head: Head | undefined;
  readonly stores: Stores;
  readonly names: Names;
  firstSeq: number;
  count: number;
  /** As they are stored: who started and who closed the review. */
  readonly actors: Map<string, string>;
}

const STARTED = 'review.started';
const CLOSED = 'review.closed';

async function* entriesOf({ scope, head, stores }: AuditPart): AsyncIterable<StoredEntry> {
  const isInScope = await inReview(scope, stores);
  for (let after = 0; ; ) {
    const found = await stores.auditChain.entries(auditFilterOf(scope), after, AT_ONCE);
    for (const entry of found)
      if ((entry.seq ?? 0) <= (head?.seq ?? 0) && isInScope(entry)) yield entry;
    if (found.length < AT_ONCE) return;
    after = found.at(-1)?.seq ?? after;
  }
}

/** Of a review: what names it, and what became of each access that it was about. */
async function inReview(
  { reviewId }: Scope,
  stores: Stores,
): Promise<(entry: StoredEntry) => boolean> {
  if (reviewId === undefined) return () => true;
  const accesses = new Set<string>();
  for await (const { personId, integrationId } of reviewed(reviewId, stores))
    accesses.add(`${personId} ${integrationId}`);
  return ({ personId, integrationId, detail }) => {
    if (accesses.has(`${personId} ${integrationId}`)) return true;
    const said = jsonIn(detail ?? '');
    return isJsonObject(said) && said['reviewId'] === reviewId;
  };
}

async function* auditEntries(part: AuditPart): AsyncIterable<string> {
  for await (const entry of entriesOf(part)) {
    if (part.count === 0) part.firstSeq = entry.seq ?? 0;
    part.count += 1;
    if (entry.what === STARTED || entry.what === CLOSED) part.actors.set(entry.what, entry.actor);
    yield `${JSON.stringify(entry)}\n`;
  }
}

async function* auditTable(part: AuditPart): AsyncIterable<string> {
  yield CSV_BOM + csvLine(['place', ...AUDIT_COLUMNS]);
  for await (const entry of entriesOf(part))
    yield csvLine([String(entry.seq), ...(await auditCells(auditedEntry(entry), part.names))]);
}

/** As `audit.csv` tells it. `audit.jsonl` has what is stored. */
const auditedEntry = (entry: StoredEntry) => ({
  at: new Date(entry.at),
  actor: actorIn(entry.actor) ?? entry.actor,
  what: entry.what,
  personId: entry.personId ?? undefined,
  integrationId: entry.integrationId ?? undefined,
  runId: entry.runId ?? undefined,
  detail: entry.detail === null ? undefined : detailIn(entry.detail),
});

/** From the first entry to the head: also the places of entries that are not in the pack, without what they say. */
async function* chainLines({ firstSeq, head, stores }: AuditPart): AsyncIterable<string> {
  if (firstSeq === 0 || !head) return;
  const before = (await stores.auditChain.find(firstSeq - 1)) ?? CHAIN_START;
  yield `${JSON.stringify({ seq: before.seq, link: before.link })}\n`;
  for (let after = before.seq; after < head.seq; ) {
    const links = await stores.auditChain.chain(after, AT_ONCE);
    for (const link of links) if (link.seq <= head.seq) yield `${JSON.stringify(link)}\n`;
    const last = links.at(-1);
    if (!last) return;
    after = last.seq;
  }
}

async function aboutOf(
  scope: Scope,
  made: {
    readonly packing: Packing;
    readonly names: Names;
    readonly audit: AuditPart;
    readonly tables: readonly Table[];
    readonly head: Head | undefined;
    readonly key: string;
  },
): Promise<PackContents> {
  const { packing, names, audit, tables, head, key } = made;
  const { personId, integrationId, reviewId } = scope;
  const review = reviewId === undefined ? undefined : await packing.stores.reviews.find(reviewId);
  return {
    form: 1,
    madeAt: packing.now.toISOString(),
    madeBy: packing.by,
    from: scope.from.toISOString(),
    before: scope.before.toISOString(),
    person: personId === undefined ? null : await names.person(personId),
    integration: integrationId === undefined ? null : await names.integration(integrationId),
    review: review?.name ?? null,
    ...(review && (await stepsOf(review, { actors: audit.actors, names }))),
    lines: {
      ...Object.fromEntries(tables.map(({ name, count }) => [name, count])),
      audit: audit.count,
    },
    head: head ? headLine(head) : null,
    key: keyLine(key),
  };
}

/** Only the audit log knows who started it: a campaign's review keeps who runs it. */
async function stepsOf(
  { createdAt, closedAt }: Review,
  { actors, names }: Pick<AuditPart, 'actors' | 'names'>,
): Promise<Pick<PackContents, 'started' | 'closed'>> {
  const by = async (what: string): Promise<string | null> => {
    const stored = actors.get(what);
    const actor = stored === undefined ? undefined : actorIn(stored);
    return actor ? whoWords(actor, names) : (stored ?? null);
  };
  return {
    started: { at: createdAt.toISOString(), by: await by(STARTED) },
    closed: closedAt ? { at: closedAt.toISOString(), by: await by(CLOSED) } : null,
  };
}
