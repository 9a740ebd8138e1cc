/** The address to which the app redirects an admin. It has to be registered in the app before the admin can connect. */
import { t } from '../../../core/translate.ts';
import { buttonAction, type Reply, sayToPerson } from '../../view/action.ts';
import { code, note } from '../../view/card.ts';
import { targetOf, targetPayload } from './integration-target.ts';

export const showCallbackAddress = buttonAction({
  id: 'integration.callback',
  payload: targetPayload,
  admit: targetOf(() => t`connect integrations`),

  async handle(_payload, { integration, ...turn }): Promise<Reply> {
    const { links } = turn;
    return sayToPerson(
      note(
        t`The callback address of ${integration.name}`,
        [code(links.redirectUrlOf(integration.id))],
        t`Register it in the app as the redirect or callback address of your OAuth client. That client has the values you enter here.`,
        ...(links.isPublic
          ? []
          : [
              t`It leads to the machine Latchkey runs on, because no public address is set. If you connect from another machine, set PUBLIC_URL first.`,
            ]),
      ),
    );
  },
});
