/** Who is notified of access: the person, when it is granted and before it expires. A removal notifies of its own end. */
import { together } from '../../../core/together.ts';
import type { BundleRequest } from '../../../engine/bundles/bundle-request.ts';
import { isSettled, itemsNow } from '../../../engine/bundles/progress.ts';
import {
  addresseeOf,
  notifyPerson,
  notifyTogether,
} from '../../../engine/messages/notify-person.ts';
import type { Actor } from '../../../engine/people/directory.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import { isUnfinished, type Run } from '../../../engine/runs/run.ts';
import type { EventHandlers } from '../../../engine/work/on-event.ts';
import { bundleRequestRef } from '../bundles/bundle-ref.ts';
import { accessNotice, moreAccess } from './access-notice.ts';
import { discoveriesCard } from './discoveries.ts';
import { postHold } from './hold-notice.ts';

/**
 * The card of a bundle notifies of all its apps at once, when the last of them is there or came to nothing.
 * @param run its new state is stored after this
 */
async function notifyOfBundles(
  tx: Transaction,
  { id: runId, personId }: Run,
  bundles: readonly BundleRequest[],
): Promise<void> {
  for (const { id } of bundles) {
    await tx.bundleRequests.hold(id);
    const others = (await itemsNow(tx, { id })).filter(({ item }) => item.runId !== runId);
    if (isSettled(others))
      await notifyPerson(tx, personId, {
        card: bundleRequestRef(id),
        key: `bundle-request:${id}:${personId}`,
      });
  }
}

const isBy = (actor: Actor, personId: string): boolean =>
  actor.kind === 'person' && actor.personId === personId;

export const accessEvents = {
  /** Skipped where they granted it themselves, where it is already being removed, and where they have left. */
  async 'run-ended'(tx, { run }) {
    const { id: runId, personId, kind, startedBy } = run;
    if (kind !== 'execute' || isUnfinished(run) || run.stoppedBy) return;
    if (startedBy.kind === 'person' && startedBy.personId === personId) return;
    const [addressee, bundles] = await together([
      addresseeOf(tx, personId, 'access-granted'),
      tx.bundleRequests.begunBy({ runId }),
    ]);
    if (!addressee.person?.active) return;
    if (bundles.length > 0) return notifyOfBundles(tx, run, bundles);
    if (run.state !== 'succeeded') return;
    await notifyTogether(tx, addressee, {
      first: accessNotice.with({ runId }),
      others: (since) => moreAccess.with({ personId, since: since.getTime() }),
    });
  },

  /** An admin who started several of them gets one message, at the end of the last one. */
  async 'discovery-ended'(tx, { discovery: { startedBy } }) {
    if (startedBy.kind !== 'person') return;
    const running = await tx.discoveries.running();
    if (running.some((each) => isBy(each.startedBy, startedBy.personId))) return;
    await tx.queue.push(
      'message.post',
      { personId: startedBy.personId, card: discoveriesCard.with({ page: 0 }) },
      { lane: 'chat', key: `discovered:${startedBy.personId}` },
    );
  },

  'hold-expiring': (tx, { hold }) => postHold(tx, hold),
} satisfies EventHandlers;
