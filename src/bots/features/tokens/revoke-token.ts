/** Ends an API token, after a question: programs that use it stop. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { revokeToken as endIt } from '../../../engine/tokens/end-tokens.ts';
import { mayEndToken } from '../../../engine/tokens/may-have.ts';
import { type ApiToken, isLive } from '../../../engine/tokens/token.ts';
import type { Turn } from '../../live/context.ts';
import { formAction, type OrRefused, sayHere, sayToPerson } from '../../view/action.ts';
import { note, rich, strong, withButtons } from '../../view/card.ts';
import { auditRefusal } from '../admins.ts';
import { change } from '../change.ts';
import { wordButton } from '../word-button.ts';

const wanted = () => t`revoke this API token`;

/** A token of someone else is refused as one that isn't there, so that no one tries ids. */
async function tokenFor(
  { tokenId }: { readonly tokenId: string },
  turn: Turn,
): Promise<OrRefused<{ readonly token: ApiToken }>> {
  const { stores, now } = turn;
  const [token, reader] = await Promise.all([
    stores.apiTokens.find(tokenId),
    stores.people.find(turn.actor.id),
  ]);
  if (token && reader && mayEndToken(reader, token))
    return isLive(token, now()) ? { token } : { refused: over() };
  await auditRefusal(wanted, turn, {});
  return {
    refused: note(t`You can't ${wanted()}`, t`Only its owner and Latchkey admins can.`),
  };
}

const over = () => note(t`Nothing changed`, t`This API token has already ended.`);

export const revokeToken = formAction({
  id: 'token.revoke',
  payload: z.object({ tokenId: z.string() }),
  admit: tokenFor,
  title: () => t`Revoke an API token`,
  submitLabel: () => t`Revoke`,

  fields: async (_payload, { token }) => ({
    intro: [
      rich`Programs that use ${strong(token.name)} are refused from now on. This can't be undone.`,
    ],
  }),

  async submit(_values, { tokenId }, { token, ...turn }) {
    const ended = await change(turn, (tx, by) => endIt(tx, tokenId, by));
    if (!ended) return sayHere(over());
    const card = note(t`${token.name} is revoked`, t`Programs that use it are refused.`);
    return sayToPerson(withButtons(card, wordButton(t`API tokens`, 'tokens')));
  },
});
