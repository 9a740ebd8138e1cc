/** The deps for changes of an integration, with the actor for the audit log. */
import type { ChangedBy } from '../../../engine/people/directory.ts';
import { actorOf, type Turn } from '../../live/context.ts';

export const changing = (turn: Turn): ChangedBy => ({
  actor: actorOf(turn),
});
