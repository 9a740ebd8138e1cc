/** The address to which the app redirects an admin. It has to be registered in the app before the admin can connect. */
import { t } from '../../../core/translate.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, type Reply } from '../../view/action.ts';
import { note } from '../../view/card.ts';
import { refuse } from '../admins.ts';
import { targetOf, targetPayload } from './integration-target.ts';

export const showCallbackAddress = buttonAction({
  id: 'integration.callback',
  payload: targetPayload,

  async handle(target, turn: Turn): Promise<Reply> {
    const { integration, refused } = await targetOf(target, () => t`connect integrations`, turn);
    if (refused) return refuse(refused);
    const { links } = turn;
    return {
      kind: 'say',
      to: 'person',
      card: note(
        t`The callback address of ${integration.name}`,
        [{ kind: 'code', text: links.redirectUrlOf(integration.id) }],
        t`Register it at the other side as the redirect or callback address of your OAuth client; the client then has the values that you enter here.`,
        ...(links.isPublic
          ? []
          : [
              t`It leads to the machine that Latchkey runs on, since no public address is configured. Set PUBLIC_URL first if that is not where you connect from.`,
            ]),
      ),
    };
  },
});
