/** `grant` at a manual integration: creates a task, as in chat. */
import { grantByHand } from '../engine/tasks/by-hand.ts';
import type { ManualWish } from '../engine/tasks/manual.ts';
import { CommandError } from './command-error.ts';
import { taskLine } from './removal-work.ts';
import type { Working } from './run-work.ts';

type Wish = Omit<ManualWish, 'actor'> & { readonly reason?: string };
type Deps = Pick<
  Working,
  'stores' | 'transact' | 'now' | 'newId' | 'randomBytes' | 'actor' | 'output' | 'config'
>;

export async function grantTask(wish: Wish, session: Deps): Promise<void> {
  const { transact, actor, output, stores } = session;
  const opened = await transact((tx) => grantByHand(tx, { ...wish, actor }));
  if (opened.kind === 'refused') throw new CommandError(opened.why);
  output.line(await taskLine(opened.task, wish.integration, stores));
}
