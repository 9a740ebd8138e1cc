/** The next step for an admin with an integration, as a sentence. It names the buttons of its card. */
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { IntegrationState } from './integration-state.ts';

export function nextStep(name: string, state: IntegrationState): string {
  switch (state.kind) {
    case 'ready':
      return t`${name} is ready to use. Go on in chat.`;
    case 'needs-secrets':
      return t`${name} still needs ${state.missing.join(', ')}: in chat, press Enter secrets on its card.`;
    case 'needs-connecting':
      return t`Next, ${name} has to be connected: in chat, press Connect on its card.`;
    case 'reconnect':
      return t`Next, ${name} has to be connected again: in chat, press Reconnect on its card.`;
    case 'off':
      return t`${name} is turned off: in chat, its card turns it on again.`;
    case 'deleting':
      return t`${name} is being deleted: it goes when the last removal of access has ended.`;
    case 'manual':
    case 'unreadable':
      return t`In chat, the card of ${name} says what to do next.`;
    default:
      return unreachable(state);
  }
}
