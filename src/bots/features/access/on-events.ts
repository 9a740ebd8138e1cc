/** Who is notified of access: the person, when it is granted and before it expires. A removal notifies of its own end. */
import type { EventHandlers } from '../../../engine/work/on-event.ts';
import { accessNotice } from './access-notice.ts';
import { discoveriesCard } from './discoveries.ts';
import { postHold } from './hold-notice.ts';

export const accessEvents = {
  /** Skipped where they granted it themselves, where it is already being removed, and where they have left. */
  async 'run-ended'(tx, { run }) {
    const { id: runId, personId, kind, startedBy } = run;
    if (kind !== 'execute' || run.state !== 'succeeded' || run.stoppedBy) return;
    if (startedBy.kind === 'person' && startedBy.personId === personId) return;
    if (!(await tx.people.find(personId))?.active) return;
    const card = accessNotice.with({ runId });
    await tx.queue.push('message.post', { personId, card }, { lane: 'chat' });
  },

  /** Once for whoever started several of them. */
  async 'discovery-ended'(tx, { discovery: { startedBy } }) {
    if (startedBy.kind !== 'person' || (await tx.discoveries.countRunning()) > 0) return;
    await tx.queue.push(
      'message.post',
      { personId: startedBy.personId, card: discoveriesCard.with({ page: 0 }) },
      { lane: 'chat', key: `discovered:${startedBy.personId}` },
    );
  },

  'hold-expiring': (tx, { hold }) => postHold(tx, hold),
} satisfies EventHandlers;
