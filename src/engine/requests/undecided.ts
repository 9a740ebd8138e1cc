/** Requests that nobody decides: approvers are reminded, then admins may approve, too, then it expires. Or nobody could decide it. */
import { addHours } from '../../core/hours.ts';
import { type Integration, SYSTEM } from '../people/directory.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { type Policy, policyOf } from '../settings/settings.ts';
import type { Source } from '../work/due.ts';
import {
  type AccessRequest,
  type AccessRequestIn,
  hoursUntil,
  stuckCheckAt,
  waitsSince,
} from './access-request.ts';
import { approversOf } from './approvers.ts';
import { askApprovers, endIfStuck, endRequest, escalate, setApprovers } from './create-request.ts';
import { delegateOf, type Seat } from './seats/seat.ts';

/**
 * The timeouts of an open request: after how many days each is due by the policy, and counted from when. The approvers of each stage
 * have as long as those of the first one; the request as a whole ends all the same.
 */
const steps = {
  remind: { after: (policy: Policy) => policy.remindAfterDays, since: waitsSince, act: remind },
  escalate: {
    after: (policy: Policy) => policy.escalateAfterDays,
    since: waitsSince,
    act: escalate,
  },
  expire: {
    after: (policy: Policy) => policy.expireAfterDays,
    since: ({ createdAt }: AccessRequest) => createdAt,
    act: expire,
  },
} as const;
type StepName = keyof typeof steps;

interface Undecided {
  readonly request: AccessRequestIn<'open'>;
  readonly integration: Integration;
}

export const undecidedSources: readonly Source[] = (Object.keys(steps) as StepName[]).map(
  (name) => ({
    name: `request-${name}`,

    async *due(stores, now) {
      for await (const undecided of openRequests(stores, now)) {
        const at = dueOf(name, undecided);
        // After an outage nobody is asked to decide what ends in the same tick.
        if (name !== 'expire' && isOver(undecided, now)) continue;
        if (at && at <= now) yield { subject: undecided.request.id, at };
      }
    },

    async fire(tx, { subject }, now) {
      const request = await tx.requests.find(subject);
      const integration = request && (await tx.integrations.find(request.integrationId));
      if (request?.state !== 'open' || !integration) return;
      const at = dueOf(name, { request, integration });
      // The policy may give more time since, or another stage may have begun. Then it is due once more, at another time.
      if (at && at <= now) await steps[name].act(tx, { request, integration });
    },
  }),
);

function dueOf(name: StepName, { request, integration }: Undecided): Date | undefined {
  const { after, since } = steps[name];
  const days = after(policyOf(integration));
  if (days === null || isDone(name, request)) return undefined;
  return addHours(since(request), hoursUntil(days, request));
}

function isOver(undecided: Undecided, now: Date): boolean {
  const at = dueOf('expire', undecided);
  return at !== undefined && at <= now;
}

/** Too few people could approve it for so long that it ends; or there are enough again, or always were. */
export const stuckSource: Source = {
  name: 'request-stuck',

  async *due(stores, now) {
    for await (const { request } of openRequests(stores, now)) {
      const at = stuckCheckAt(request, now);
      if (at && at <= now) yield { subject: request.id, at };
    }
  },

  async fire(tx, { subject }, now) {
    const request = await tx.requests.find(subject);
    const integration = request && (await tx.integrations.find(request.integrationId));
    if (request?.state !== 'open' || !integration || !stuckCheckAt(request, now)) return;
    if (!(await endIfStuck(tx, request, integration))) await askApprovers(tx, request, integration);
  },
};

const isDone = (name: StepName, request: AccessRequest): boolean => {
  const { remindedAt, escalatedAt } = request;
  return (
    (name === 'remind' && remindedAt !== undefined && remindedAt >= waitsSince(request)) ||
    (name === 'escalate' && escalatedAt !== undefined)
  );
};

/** Every open request whose shortest timeout may have come, with its integration. */
async function* openRequests(stores: Stores, now: Date): AsyncIterable<Undecided> {
  const integrations = new Map<string, Integration | undefined>();
  for (let after: string | undefined; ; ) {
    const page = await stores.requests.undecided(now, after);
    for (const request of page) {
      const { integrationId } = request;
      if (!integrations.has(integrationId))
        integrations.set(integrationId, await stores.integrations.find(integrationId));
      const integration = integrations.get(integrationId);
      if (integration && request.state === 'open') yield { request, integration };
    }
    after = page.at(-1)?.id;
    if (after === undefined) return;
  }
}

/** Approvers who can press get the card again; while one is away, their delegate. */
async function remind(tx: Transaction, { request, integration }: Undecided): Promise<void> {
  const approvers = await approversOf({ request, integration, isThorough: true }, tx, tx);
  const reminded = await tx.requests.save({ ...request, remindedAt: tx.now });
  // Holds, or the options that need approval, may have changed the approvers without a re-evaluation.
  const waiting = await setApprovers(tx, reminded, approvers);
  const silent = approvers.seats.filter(
    ({ isFilled }) => !isFilled || approvers.state === 'approved',
  );
  const approverIds = new Set<string>();
  for (const seat of silent)
    for (const id of await remindedOf(tx, seat, waiting)) approverIds.add(id);
  await tx.emit({
    kind: 'approval-requested',
    request: reminded,
    approverIds: [...approverIds],
    isReminder: true,
  });
}

/** Who is away isn't reminded of what their delegate can do, unless the delegate is away, too. */
async function remindedOf(
  tx: Transaction,
  { approver, people }: Seat,
  waiting: readonly string[],
): Promise<readonly string[]> {
  const able = people.filter(({ id }) => waiting.includes(id));
  const delegate = able.find(({ id }) => id !== approver.id);
  const isHere = delegate && !(await delegateOf(delegate, tx, tx));
  return isHere ? [delegate.id] : able.map(({ id }) => id);
}

async function expire(tx: Transaction, { request }: Undecided): Promise<void> {
  await endRequest(tx, request, { state: 'expired', actor: SYSTEM });
}
