/**
 * The job of an endpoint, in the worker: reads the audit log on, and sends what is due. It works for a few seconds and then makes
 * way, so no endpoint keeps a slot, and a stopping worker waits for one round only.
 */
import { alone, type Worker, whileHeld } from '../work/leased.ts';
import { type EndpointIn, type EventDelivery, hold, rest } from './event-endpoint.ts';
import { type Read, readOn } from './read-on.ts';
import { type SendingRounds, sendRound } from './send-round.ts';
import { endpointWork, wakeEndpoint } from './wake-endpoint.ts';

export type SendingEvents = SendingRounds & Pick<Worker, 'underWay'>;

/** Deliveries of one endpoint at the same time. */
const AT_ONCE = 4;
/** With one more round this is less than a stopping worker has. */
const GOES_ON_MS = 3000;
/** The same where the clock stands still. */
const MAX_ROUNDS = 250;

type Sending = EndpointIn<'sending'>;

export async function sendEvents(endpointId: string, deps: SendingEvents): Promise<void> {
  await alone({ kind: endpointWork, id: endpointId }, deps, async () => {
    let endpoint = await take(endpointId, deps);
    const until = deps.now().getTime() + GOES_ON_MS;
    for (let round = 0; endpoint; round += 1) {
      if (round === MAX_ROUNDS || deps.now().getTime() > until)
        return layDown(endpoint, deps, { isMore: true });
      const due = await dueOf(endpoint, deps);
      const read: Read | undefined =
        due.length < AT_ONCE ? await readOn(endpoint, deps) : { endpoint, isAll: false };
      if (!read) return;
      const now = due.length < AT_ONCE ? await dueOf(endpoint, deps) : due;
      if (now.length === 0 && read.isAll) return layDown(read.endpoint, deps, { isMore: false });
      endpoint = now.length === 0 ? read.endpoint : await sendRound(read.endpoint, now, deps);
    }
  });
}

function take(id: string, { transact, workerId }: SendingEvents): Promise<Sending | undefined> {
  return transact(async (tx) => {
    const endpoint = await tx.eventEndpoints.find(id);
    if (!endpoint || endpoint.state === 'off') return undefined;
    if (
      endpoint.state === 'sending' &&
      endpoint.workerId !== workerId &&
      endpoint.leasedUntil > tx.now
    ) {
      await wakeEndpoint(tx, endpoint, endpoint.leasedUntil);
      return undefined;
    }
    return tx.eventEndpoints.save(hold(endpoint, workerId, tx.now));
  });
}

async function dueOf(
  { id, pausedUntil }: Sending,
  { stores, now }: SendingEvents,
): Promise<readonly EventDelivery[]> {
  if (pausedUntil && pausedUntil > now()) return [];
  const first = await stores.eventDeliveries.waiting(id, AT_ONCE);
  return first.filter(({ dueAt }) => dueAt && dueAt <= now());
}

/** Nothing more for now. */
async function layDown(
  endpoint: Sending,
  deps: SendingEvents,
  { isMore }: { readonly isMore: boolean },
): Promise<void> {
  await whileHeld({ kind: endpointWork, known: endpoint }, deps, async (tx, held) => {
    const [next] = await tx.eventDeliveries.waiting(held.id, 1);
    const dueAt = isMore ? tx.now : later(next?.dueAt, held.pausedUntil);
    await tx.eventEndpoints.save(rest(held, dueAt));
    if (dueAt) await wakeEndpoint(tx, held, dueAt);
  });
}

const later = (dueAt: Date | undefined, pausedUntil: Date | undefined): Date | undefined =>
  dueAt && pausedUntil && pausedUntil > dueAt ? pausedUntil : dueAt;
