/**
 * Whether the actor may change somebody's access, with people as they are at this moment. Asked when a form opens and
 * again when it is sent. Somebody who may not is told so, and the audit log remembers.
 */
import { z } from 'zod';
import type { Integration, Person } from '../../engine/directory.ts';
import { mayManage } from '../../engine/permission.ts';
import { type Card, note } from '../view/card.ts';
import { auditRefusal } from './admins.ts';
import type { Turn } from './context.ts';

export const about = z.object({ personId: z.string(), integrationId: z.string() });
export type About = z.infer<typeof about>;

export type Allowed =
  | { readonly person: Person; readonly integration: Integration; readonly refused?: undefined }
  | { readonly person?: undefined; readonly integration?: undefined; readonly refused: Card };

export async function allowed(
  what: 'grant' | 'revoke' | 'retry',
  { personId, integrationId }: About,
  turn: Turn,
): Promise<Allowed> {
  const [actor, person, integration] = await Promise.all([
    turn.stores.people.find(turn.actor.id),
    turn.stores.people.find(personId),
    turn.stores.integrations.find(integrationId),
  ]);
  if (!person || !integration)
    return {
      refused: note('This is gone', 'The person or the integration was deleted meanwhile.'),
    };
  if (actor && mayManage(actor, person)) return { person, integration };
  await auditRefusal(what, turn, { personId, integrationId });
  return {
    refused: note(
      `You can't ${what} this`,
      'Only the manager of this person and Latchkey admins can. Nothing was changed; ask one of them.',
    ),
  };
}
