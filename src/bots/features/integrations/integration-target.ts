/** The integration that an admin wants to change, in its current state, or a card that explains why they can't. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import type { Integration } from '../../../engine/people/directory.ts';
import type { Turn } from '../../live/context.ts';
import { type Card, note, withButtons } from '../../view/card.ts';
import { asAdmin, refuseUnseeing } from '../admins.ts';
import { wordButton } from '../word-button.ts';

export const targetPayload = z.object({ integrationId: z.string() });
export type Target = z.infer<typeof targetPayload>;

export type Targeted =
  | { readonly integration: Integration; readonly refused?: undefined }
  | { readonly integration?: undefined; readonly refused: Card };

/** @param what completes the sentence "You can't …" */
export async function targetOf(
  { integrationId }: Target,
  what: () => string,
  turn: Turn,
): Promise<Targeted> {
  const { refused } = await asAdmin(what, turn, { integrationId });
  return refused ? { refused } : integrationNow(integrationId, turn);
}

/** The same, for who reads it. */
export async function targetToRead(
  { integrationId }: Target,
  what: () => string,
  turn: Turn,
): Promise<Targeted> {
  const refused = await refuseUnseeing(what, turn, { integrationId });
  return refused ? { refused } : integrationNow(integrationId, turn);
}

async function integrationNow(integrationId: string, turn: Turn): Promise<Targeted> {
  const integration = await turn.stores.integrations.find(integrationId);
  return integration && !integration.deletedAt
    ? { integration }
    : { refused: wasDeleted(integration?.name) };
}

export const wasDeleted = (name = t`This integration`): Card =>
  withButtons(
    note(t`${name} has been deleted`, t`Nothing changed.`),
    wordButton(t`Integrations`, 'integrations'),
  );
