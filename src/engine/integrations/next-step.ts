/** The next step for an admin with an integration, as a sentence. It names the buttons of its card. */
import { listed } from '../../core/listed.ts';
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { IntegrationState } from './integration-state.ts';

export function nextStep(name: string, state: IntegrationState): string {
  switch (state.kind) {
    case 'ready':
      return t`${name} is ready to use. Continue in chat.`;
    case 'needs-secrets':
      return t`${name} still needs ${listed(state.names, 'and')}. In chat, press Enter secrets on its card.`;
    case 'needs-connecting':
      return t`Next, connect ${name}: in chat, press Connect on its card.`;
    case 'reconnect':
      return t`Next, reconnect ${name}: in chat, press Reconnect on its card.`;
    case 'off':
      return t`${name} is turned off. You can turn it on again on its card in chat.`;
    case 'deleting':
      return t`${name} is being deleted. That ends when the last access is removed.`;
    case 'manual':
    case 'unreadable':
      return t`In chat, the card of ${name} shows what to do next.`;
    default:
      return unreachable(state);
  }
}
