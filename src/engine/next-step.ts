/** What an admin does next with an integration, as a sentence; the buttons are those of its card in chat. */
import { unreachable } from '../core/unreachable.ts';
import type { IntegrationState } from './integration-state.ts';

export function nextStep(name: string, state: IntegrationState): string {
  switch (state.kind) {
    case 'ready':
      return `${name} is ready to use. Go on in chat.`;
    case 'needs-secrets':
      return `${name} still needs ${state.missing.join(', ')}: in chat, press Enter secrets on its card.`;
    case 'needs-connecting':
      return `Next, ${name} has to be connected: in chat, press Connect on its card.`;
    case 'reconnect':
      return `Next, ${name} has to be connected again: in chat, press Reconnect on its card.`;
    case 'off':
      return `${name} is turned off: in chat, its card turns it on again.`;
    case 'manual':
    case 'unreadable':
      return `In chat, the card of ${name} says what to do next.`;
    default:
      return unreachable(state);
  }
}
