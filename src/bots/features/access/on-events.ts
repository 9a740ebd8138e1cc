/** Who is notified of access: the person, when it is granted and before it expires. A removal notifies of its own end. */
import { together } from '../../../core/together.ts';
import {
  addresseeOf,
  notifyAtOnce,
  notifyTogether,
} from '../../../engine/messages/notify-person.ts';
import { personIdOf } from '../../../engine/people/directory.ts';
import { isUnfinished } from '../../../engine/runs/run.ts';
import type { EventHandlers } from '../../../engine/work/on-event.ts';
import { notifyOfBundles } from '../bundles/notify-of-bundles.ts';
import { accessNotice, moreAccess } from './access-notice.ts';
import { discoveriesCard } from './discoveries.ts';
import { postHold } from './hold-notice.ts';

export const accessEvents = {
  /** Skipped where they granted it themselves, where it is already being removed, and where they have left. */
  async 'run-ended'(tx, { run }) {
    const { id: runId, personId, kind, startedBy } = run;
    if (kind !== 'execute' || isUnfinished(run) || run.stoppedBy) return;
    if (personIdOf(startedBy) === personId) return;
    const [addressee, bundles] = await together([
      addresseeOf(tx, personId, 'access-granted'),
      tx.bundleRequests.begunBy({ runId }),
    ]);
    if (!addressee.person?.active) return;
    if (bundles.length > 0) return notifyOfBundles(tx, bundles, run);
    if (run.state !== 'succeeded') return;
    await notifyTogether(tx, addressee, {
      first: accessNotice.with({ runId }),
      others: (since) => moreAccess.with({ personId, since: since.getTime() }),
    });
  },

  async 'run-cancelled'(tx, { run, by }) {
    if (run.kind === 'execute' && personIdOf(by) !== run.personId)
      await notifyOfBundles(tx, await tx.bundleRequests.begunBy({ runId: run.id }), run);
  },

  async 'task-ended'(tx, { task }) {
    if (task.kind === 'grant')
      await notifyOfBundles(tx, await tx.bundleRequests.begunBy({ taskId: task.id }), task);
  },

  /** An admin who started several of them gets one message, at the end of the last one. */
  async 'discovery-ended'(tx, { discovery: { startedBy } }) {
    const starterId = personIdOf(startedBy);
    if (starterId === undefined) return;
    const running = await tx.discoveries.running();
    if (running.some((each) => personIdOf(each.startedBy) === starterId)) return;
    await notifyAtOnce(tx, starterId, {
      card: discoveriesCard.with({ page: 0 }),
      key: `discovered:${starterId}`,
    });
  },

  'hold-expiring': (tx, { hold }) => postHold(tx, hold),
} satisfies EventHandlers;
