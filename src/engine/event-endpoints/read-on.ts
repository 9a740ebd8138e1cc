/** Reads the sealed audit log on: entries become deliveries that wait. */
import type { Database, Transaction } from '../ports/unit-of-work.ts';
import { type Worker, whileHeld } from '../work/leased.ts';
import { type EndpointIn, type EventDelivery, hold } from './event-endpoint.ts';
import { type KindOfEvent, kindsOf, wants } from './event-kinds.ts';
import { endpointWork } from './wake-endpoint.ts';

/** Entries of the audit log, in one transaction. */
const READ_AT_ONCE = 250;
/** Where so many wait, an endpoint reads no further: what follows is safe in the audit log. */
const MAX_WAITING = 1000;

type Sending = EndpointIn<'sending'>;
type Reading = Database & Pick<Worker, 'workerId'>;

export interface Read {
  readonly endpoint: Sending;
  /** There is nothing more to read now. */
  readonly isAll: boolean;
}

/** @returns undefined where another worker has it, or it was turned off or deleted */
export async function readOn(endpoint: Sending, deps: Reading): Promise<Read | undefined> {
  const { stores } = deps;
  const entries = await stores.auditChain.entriesAfter(endpoint.readSeq, READ_AT_ONCE);
  const last = entries.at(-1);
  if (!last) return { endpoint, isAll: true };
  if ((await stores.eventDeliveries.countWaiting(endpoint.id, MAX_WAITING)) === MAX_WAITING)
    return { endpoint, isAll: true };
  const wanted: Pick<EventDelivery, 'kind' | 'seq' | 'at'>[] = [];
  for (const { seq, entry } of entries)
    for (const each of kindsOf(entry.what))
      if (wants(endpoint.kinds, each.kind) && (await isOf(each, entry, deps)))
        wanted.push({ kind: each.kind, seq, at: entry.at });
  const next = await whileHeld({ kind: endpointWork, known: endpoint }, deps, async (tx, held) => {
    const saved = await tx.eventEndpoints.save({
      ...hold(held, deps.workerId, tx.now),
      readSeq: last.seq,
    });
    await tx.eventDeliveries.insertMany(wanted.map((each) => newDelivery(tx, held.id, each)));
    return saved;
  });
  return next && { endpoint: next, isAll: false };
}

const newDelivery = (
  tx: Transaction,
  endpointId: string,
  about: Pick<EventDelivery, 'kind' | 'seq' | 'at'>,
): EventDelivery => ({
  ...about,
  id: tx.newId(),
  version: 1,
  endpointId,
  state: 'waiting',
  dueAt: tx.now,
  attempts: 0,
});

/** An entry says which kind its task or run is of. Of a run, those that older versions wrote don't. */
async function isOf(
  { of }: KindOfEvent,
  {
    runId,
    detail,
  }: { readonly runId?: string; readonly detail?: { readonly [name: string]: unknown } },
  { stores }: Reading,
): Promise<boolean> {
  if (of === undefined) return true;
  const kind = detail?.['kind'];
  if (kind !== undefined || runId === undefined) return kind === of;
  return (await stores.runs.find(runId))?.kind === 'execute';
}
