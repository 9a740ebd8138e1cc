/** Who is notified about event endpoints: admins, once, when Latchkey turned one off. */
import { tellAdmins } from '../../../engine/messages/notices.ts';
import type { EventHandlers } from '../../../engine/work/on-event.ts';
import { endpointCard } from './endpoint-card.ts';

export const endpointEvents = {
  'event-endpoint-off': (tx, { endpointId }) => tellAdmins(tx, endpointCard.with({ endpointId })),
} satisfies EventHandlers;
