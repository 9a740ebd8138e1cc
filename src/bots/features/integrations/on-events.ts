import { tellAdmins } from '../../../engine/messages/notices.ts';
import type { EventHandlers } from '../../../engine/work/on-event.ts';
import { connectionNotice, waitingNotice } from './set-up-notices.ts';

export const integrationEvents = {
  'connection-broken': (tx, { integrationId }) =>
    tellAdmins(tx, connectionNotice.with({ integrationId })),

  'grants-waiting': (tx, { integrationId }) =>
    tellAdmins(tx, waitingNotice.with({ integrationId })),
} satisfies EventHandlers;
