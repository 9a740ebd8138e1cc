/** The head of the audit log goes where the notices go. */
import { postNotice } from '../../../engine/messages/notices.ts';
import type { EventHandlers } from '../../../engine/work/on-event.ts';
import { auditHeadCard, headNotSentCard } from './audit-head-card.ts';

export const settingsEvents = {
  'audit-head': (tx, { line, seq }) => postNotice(tx, auditHeadCard.with({ line, seq })),
  'audit-head-not-sent': (tx, { to, why }) =>
    postNotice(tx, headNotSentCard.with({ to, why, id: tx.newId() })),
} satisfies EventHandlers;
