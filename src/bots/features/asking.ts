import type { Asking } from '../../engine/ask-access.ts';
import type { Services } from './context.ts';

/** What the engine needs to take requests and tasks further. */
export const askingOf = ({
  now,
  newId,
  randomBytes,
  installation,
  requestNews,
  taskNews,
}: Pick<
  Services,
  'now' | 'newId' | 'randomBytes' | 'installation' | 'requestNews' | 'taskNews'
>): Asking => ({
  now,
  newId,
  randomBytes,
  timeZone: installation.timeZone,
  news: requestNews,
  taskNews,
});
