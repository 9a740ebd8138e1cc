/** Ends an API token, after a question: programs that use it stop. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { revokeToken as endIt } from '../../../engine/tokens/end-tokens.ts';
import { mayEndToken } from '../../../engine/tokens/may-have.ts';
import { type ApiToken, isLive } from '../../../engine/tokens/token.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { formAction, type Reply } from '../../view/action.ts';
import { type Card, note, rich, strong, withButtons } from '../../view/card.ts';
import { auditRefusal, refuse } from '../admins.ts';
import { wordButton } from '../word-button.ts';

const wanted = () => t`revoke this API token`;

type Found =
  | { readonly token: ApiToken; readonly refused?: undefined }
  | { readonly token?: undefined; readonly refused: Card };

/** A token of someone else is refused as one that isn't there, so that no one tries ids. */
async function tokenFor(tokenId: string, turn: Turn): Promise<Found> {
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
  title: () => t`Revoke an API token`,
  submitLabel: () => t`Revoke`,

  async fields({ tokenId }, turn: Turn) {
    const { token, refused } = await tokenFor(tokenId, turn);
    if (refused) return { refused };
    return {
      intro: [
        rich`Programs that use ${strong(token.name)} are refused from now on. This can't be undone.`,
      ],
      fields: {},
    };
  },

  async submit(_values, { tokenId }, turn): Promise<Reply> {
    const { token, refused } = await tokenFor(tokenId, turn);
    if (refused) return refuse(refused);
    const ended = await turn.transact((tx) => endIt(tx, tokenId, { actor: actorOf(turn) }));
    if (!ended) return refuse(over());
    const card = note(t`${token.name} is revoked`, t`Programs that use it are refused.`);
    return {
      kind: 'say',
      to: 'person',
      card: withButtons(card, wordButton(t`API tokens`, 'tokens')),
    };
  },
});
