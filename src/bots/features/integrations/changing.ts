/** What changes of an integration need besides the transaction, with the actor's name on them. */
import type { ChangedBy } from '../../../engine/integrations/change-integration.ts';
import { actorOf, type Turn } from '../../live/context.ts';

export const changing = (turn: Turn): ChangedBy => ({
  actor: actorOf(turn),
});
