import type { Asking } from '../../../engine/requests/ask-access.ts';
import type { Services, Turn } from '../../live/context.ts';

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

/** The same for whoever is shown the card of a task that they open: it isn't sent to them as well. */
export const askingAndShown = (turn: Turn): Asking => {
  const asking = askingOf(turn);
  const { taskNews } = asking;
  return {
    ...asking,
    taskNews: { ...taskNews, opened: (tx, task) => taskNews.opened(tx, task, turn.actor.id) },
  };
};
