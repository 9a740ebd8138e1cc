import { z } from 'zod';
import type { Turn } from '../../live/context.ts';
import { buttonAction } from '../../view/action.ts';
import { taskCard } from './task-card.ts';

/** A task's own card; it says itself who may not see it. */
export const openTask = buttonAction({
  id: 'task.open',
  payload: z.object({ taskId: z.string() }),
  handle: async (target, _turn: Turn) => ({ kind: 'show', card: taskCard.with(target) }),
});
