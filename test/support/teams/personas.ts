/** People of the demo's company who have no client there. */
import type { TeamsPersona } from '../../../demo/teams-client.ts';

/** A new hire. */
export const ANN = {
  objectId: '00000000-0000-0000-0000-0000000000a3',
  givenName: 'Ann',
  surname: 'Lee',
  email: 'ann.lee@harbour.example',
} as const satisfies TeamsPersona;

/** A manager. */
export const INES = {
  objectId: '33333333-3333-4333-8333-333333333333',
  givenName: 'Ines',
  surname: 'Falk',
  email: 'ines.falk@harbour.example',
} as const satisfies TeamsPersona;
