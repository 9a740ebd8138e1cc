/** What an admin does next with an integration, as a sentence; the buttons are those of its card in chat. */
import { say } from '../../core/say.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { IntegrationState } from './integration-state.ts';

export function nextStep(name: string, state: IntegrationState): string {
  switch (state.kind) {
    case 'ready':
      return say`${name} is ready to use. Go on in chat.`;
    case 'needs-secrets':
      return say`${name} still needs ${state.missing.join(', ')}: in chat, press Enter secrets on its card.`;
    case 'needs-connecting':
      return say`Next, ${name} has to be connected: in chat, press Connect on its card.`;
    case 'reconnect':
      return say`Next, ${name} has to be connected again: in chat, press Reconnect on its card.`;
    case 'off':
      return say`${name} is turned off: in chat, its card turns it on again.`;
    case 'deleting':
      return say`${name} is being deleted: it goes when the last removal of access has ended.`;
    case 'manual':
    case 'unreadable':
      return say`In chat, the card of ${name} says what to do next.`;
    default:
      return unreachable(state);
  }
}
