import { z } from 'zod';
import type { Turn } from '../../live/context.ts';
import { buttonAction, showCard } from '../../view/action.ts';
import { taskCard } from './task-card.ts';

/** Opens a task's card, which checks who may see it. */
export const openTask = buttonAction({
  id: 'task.open',
  payload: z.object({ taskId: z.string() }),
  handle: async (target, _turn: Turn) => showCard(taskCard.with(target)),
});
