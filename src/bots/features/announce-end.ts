/** Who is told in chat when a run has ended, besides whoever looks at its card. Queued with the outcome itself. */
import type { Transaction } from '../../engine/ports/unit-of-work.ts';
import type { Run } from '../../engine/run.ts';
import { accessNotice } from './access-notice.ts';
import { runCard } from './run-card.ts';
import { sequenceNews } from './sequence-news.ts';

/**
 * The person learns that access came or went, unless they did it themselves, or it goes again at once. A run that a condition stopped is not
 * tried again by itself, so admins get its card, with what the other side answered.
 */
export async function announceEnd(tx: Transaction, run: Run): Promise<void> {
  const { id: runId, personId, startedBy } = run;
  const bySelf = startedBy.kind === 'person' && startedBy.personId === personId;
  const isNews = run.state === 'succeeded' && !bySelf && !run.thenRevokeBy;
  if (isNews && !(await isEnd(tx, run)) && (await isHere(tx, personId)))
    await post(tx, personId, accessNotice.with({ runId }));
  if (run.state === 'blocked') await postToAdmins(tx, run);
  if (run.state === 'failed') await announceFailedItem(tx, run);
}

/** Nobody waits for what a sequence has started, so whoever assigned it is told that it has failed for good. */
async function announceFailedItem(tx: Transaction, { id: runId, startedBy }: Run): Promise<void> {
  const planned = await tx.plannedItems.startedBy({ runId });
  if (planned && startedBy.kind === 'system') await sequenceNews.needsLook(tx, planned);
}

/** Whoever has left reads nothing of what is taken away after that. */
const isHere = async (tx: Transaction, personId: string): Promise<boolean> =>
  (await tx.people.find(personId))?.active === true;

/** A revoke at the end of a time limit: the limit says so itself when it has ended. */
async function isEnd(tx: Transaction, { kind, personId, integrationId, startedBy }: Run) {
  if (kind !== 'revoke' || startedBy.kind !== 'system') return false;
  return (await tx.timeLimits.current(personId, integrationId))?.state === 'ending';
}

/** A run gave access that was to be taken away at once, and can't be: its card says so. */
export const announceLeft = (tx: Transaction, run: Run): Promise<void> => postToAdmins(tx, run);

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
