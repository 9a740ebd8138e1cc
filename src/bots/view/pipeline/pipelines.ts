/** The pipelines of a bot. What comes in passes the same steps on every platform, in the same order. */
import type { BotDeps } from '../bot-deps.ts';
import type { SessionUser } from '../form-sessions.ts';
import type { ChatProfile } from '../platform.ts';
import { catchErrors } from './catch-errors.ts';
import { identified } from './identify.ts';
import { inOrder } from './in-order.ts';
import { language } from './language.ts';
import { measure } from './measure.ts';
import { once } from './once.ts';
import { type Next, pipeline } from './pipeline.ts';
import { profiled } from './profile.ts';
import { rateLimit } from './rate-limit.ts';
import { repeats } from './repeats.ts';
import { sayIfSlow } from './say-if-slow.ts';

export interface Pipelines<Turn> {
  /** Commands, presses, shortcuts and Home: acknowledged before they come here, so they can wait. */
  readonly turns: Next<Turn>;
  /** Forms that were sent: the platform's window waits for the answer, so they don't queue. */
  readonly forms: Next<Turn>;
  /** What a client asks while a form is filled in. It changes nothing, so it has no key. */
  readonly typing: Next<Turn>;
  readonly joins: Next<ChatProfile>;
}

type Deps<Turn extends SessionUser> = Pick<
  BotDeps<Turn>,
  'watch' | 'onError' | 'rateLimit' | 'queue' | 'later' | 'firstTime' | 'identify'
>;

export function pipelinesOf<Turn extends SessionUser>(deps: Deps<Turn>): Pipelines<Turn> {
  const { watch, onError, queue, firstTime, identify } = deps;
  /** What fails before it is known who it is, is said in their client's language. */
  const begin = [language<Turn>(), measure<Turn>(watch), catchErrors<Turn>(onError)];
  /** What fails from here on is said in their own. */
  const known = [identified(identify), language<Turn>(), catchErrors<Turn>(onError)];
  const limit = rateLimit<Turn>((user) => deps.rateLimit?.(user) ?? { ok: true });
  // Counted apart: a refusal here is not said, and the next click that is refused has to be.
  const typingLimit = rateLimit<Turn>((user) => deps.rateLimit?.(user, 'typing') ?? { ok: true });
  return {
    turns: pipeline([
      ...begin,
      limit,
      repeats(),
      inOrder(queue),
      sayIfSlow(deps),
      once(firstTime),
      ...known,
    ]),
    forms: pipeline([...begin, limit, once(firstTime), ...known]),
    typing: pipeline([...begin, typingLimit, ...known]),
    joins: pipeline([
      language(),
      measure(watch),
      catchErrors(onError),
      profiled,
      // Last: someone whom the platform doesn't know yet is met later.
      once(firstTime),
    ]),
  };
}
