/** Who is told in chat when a run has ended, besides whoever looks at its card. Queued with the outcome itself. */
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import type { Run } from '../../../engine/runs/run.ts';
import { runCard } from '../runs/run-card.ts';
import { sequenceNews } from '../sequences/sequence-news.ts';
import { accessNotice } from './access-notice.ts';

/**
 * The person learns that access came, unless they granted it themselves, or it is being removed again; that it went is for its
 * removal to say. A run that a condition stopped is not tried again, so admins get its card, with what the app answered.
 */
export async function announceEnd(tx: Transaction, run: Run): Promise<void> {
  const { id: runId, personId, kind, startedBy } = run;
  const bySelf = startedBy.kind === 'person' && startedBy.personId === personId;
  const isGranted = kind === 'execute' && run.state === 'succeeded' && !run.stoppedBy;
  if (isGranted && !bySelf && (await isHere(tx, personId)))
    await post(tx, personId, accessNotice.with({ runId }));
  if (run.state === 'blocked') await postToAdmins(tx, run);
  if (run.state === 'failed') await announceFailedItem(tx, run);
}

/** Nobody waits for what a sequence has started, so whoever assigned it is told that it has failed for good. */
async function announceFailedItem(tx: Transaction, { id: runId, startedBy }: Run): Promise<void> {
  const planned = await tx.plannedItems.startedBy({ runId });
  if (planned && startedBy.kind === 'system') await sequenceNews.needsLook(tx, planned);
}

/** Someone who has left reads nothing any more. */
const isHere = async (tx: Transaction, personId: string): Promise<boolean> =>
  (await tx.people.find(personId))?.active === true;

/** Who started it has the card already. */
async function postToAdmins(tx: Transaction, { id: runId, startedBy }: Run): Promise<void> {
  for (const { id } of await tx.people.admins()) {
    const started = startedBy.kind === 'person' && startedBy.personId === id;
    if (!started) await post(tx, id, runCard.with({ runId }));
  }
}

const post = (
  tx: Transaction,
  personId: string,
  card: ReturnType<typeof accessNotice.with>,
): Promise<void> => tx.queue.push('message.post', { personId, card }, { lane: 'chat' });
