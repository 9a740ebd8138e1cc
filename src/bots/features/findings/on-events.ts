/** Who is notified of findings: admins, once a week. */
import { tellAdmins } from '../../../engine/messages/notices.ts';
import type { EventHandlers } from '../../../engine/work/on-event.ts';
import { findingsCard } from './findings-card.ts';

export const findingEvents = {
  'findings-due': (tx) => tellAdmins(tx, findingsCard.with({ page: 0, standing: 'open' })),
} satisfies EventHandlers;
