/** What changes of people and of their access mean for open transitions, and who gets the card of one. */
import { notifyPerson } from '../../../engine/messages/notify-person.ts';
import { queueFollowing } from '../../../engine/transitions/follow.ts';
import { noteMove } from '../../../engine/transitions/note-move.ts';
import type { EventHandlers } from '../../../engine/work/on-event.ts';
import { transitionRef } from './transition-ref.ts';

export const transitionEvents = {
  'person-changed': noteMove,

  'run-ended': (tx, { run }) => queueFollowing(tx, run.personId),
  'run-cancelled': (tx, { run }) => queueFollowing(tx, run.personId),
  'task-ended': (tx, { task }) => queueFollowing(tx, task.personId),
  'approval-requested': (tx, { request }) => queueFollowing(tx, request.personId),
  'request-ended': (tx, { request }) => queueFollowing(tx, request.personId),

  async 'transition-opened'(tx, { transition, readerIds }) {
    for (const readerId of readerIds)
      await notifyPerson(tx, readerId, {
        card: transitionRef(transition),
        key: `transition:${transition.id}:${readerId}`,
      });
  },
} satisfies EventHandlers;
