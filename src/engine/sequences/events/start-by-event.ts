/** Starts the sequence of an event: once, in whichever process, however often the job runs. */
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { SYSTEM } from '../../people/directory.ts';
import type { Transaction, UnitOfWork } from '../../ports/unit-of-work.ts';
import { invalidate, sequenceStartsTopic } from '../../work/topics.ts';
import { type Assigned, assignSequence } from '../assign.ts';
import type { SequenceEvent } from './event.ts';

export interface StartingByEvent {
  readonly transact: UnitOfWork;
}

/** If another process writes one of the same rows at this moment, the transaction runs again. */
export const startByEvent = (eventId: string, deps: StartingByEvent): Promise<void> =>
  deps.transact(async (tx) => {
    const event = await tx.sequenceEvents.find(eventId);
    if (event?.state !== 'waiting') return;
    await tx.sequenceEvents.save(outcomeOf(event, await assign(tx, event), tx.now));
    await invalidate(tx, sequenceStartsTopic(event.sequenceId));
  });

/** Items that are already past wait for Run now or Skip, as when a person assigns the sequence. */
async function assign(tx: Transaction, { sequenceId, personId }: SequenceEvent): Promise<Assigned> {
  const sequence = await tx.sequences.find(sequenceId);
  const person = await tx.people.find(personId);
  if (!sequence || !person) return { kind: 'refused', why: t`The sequence no longer exists.` };
  return assignSequence(tx, { sequence, person, actor: SYSTEM, past: 'hold' });
}

function outcomeOf(
  { id, version, sequenceId, personId, cause, at }: SequenceEvent,
  assigned: Assigned,
  endedAt: Date,
): SequenceEvent {
  const facts = { id, version, sequenceId, personId, cause, at, endedAt };
  switch (assigned.kind) {
    case 'assigned':
      return { ...facts, state: 'started', assignmentId: assigned.assignment.id };
    case 'has-it':
      return {
        ...facts,
        state: 'refused',
        why: t`They already have it, and it isn't finished yet.`,
      };
    case 'refused':
      return { ...facts, state: 'refused', why: assigned.why };
    default:
      return unreachable(assigned);
  }
}
