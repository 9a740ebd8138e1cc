/** The pipelines of a bot. Interactions pass the same steps in the same order on every platform. */
import type { BotDeps } from '../bot-deps.ts';
import type { SessionUser } from '../form-sessions.ts';
import type { ChatProfile } from '../platform.ts';
import type { Interaction } from './interaction.ts';
import {
  begun,
  catchErrors,
  identified,
  inOrder,
  interrupted,
  language,
  measure,
  once,
  profiled,
  rateLimit,
  received,
  repeats,
  type Step,
  sayIfSlow,
} from './steps.ts';

type Next<Who> = <Answer>(interaction: Interaction<Who, Answer>) => Promise<Answer>;

export interface Pipelines<Turn> {
  /** Commands, presses, shortcuts and Home. The platform has their acknowledgement, so they can wait in the queue. */
  readonly turns: Next<Turn>;
  /** Forms that were sent. The platform's window waits for the answer, so they skip the queue. */
  readonly forms: Next<Turn>;
  /** A client's queries while a form is filled in. They change nothing, so repeats aren't filtered. */
  readonly typing: Next<Turn>;
  readonly joins: Next<ChatProfile>;
}

type Deps<Turn extends SessionUser> = Pick<
  BotDeps<Turn>,
  'watch' | 'onError' | 'rateLimit' | 'queue' | 'later' | 'firstTime' | 'identify'
>;

export function pipelinesOf<Turn extends SessionUser>(deps: Deps<Turn>): Pipelines<Turn> {
  const { watch, onError, queue, firstTime, identify } = deps;
  /** Errors before the person is identified are shown in their client's language. */
  const begin = [language<Turn>(), measure<Turn>(watch), catchErrors<Turn>(onError)];
  /** Errors from here on are shown in the person's language. */
  const known = [identified(identify), language<Turn>(), catchErrors<Turn>(onError)];
  const limit = rateLimit<Turn>((user) => deps.rateLimit?.(user) ?? { ok: true });
  // A separate count: these refusals aren't shown, and the first refused click must be.
  const typingLimit = rateLimit<Turn>((user) => deps.rateLimit?.(user, 'typing') ?? { ok: true });
  return {
    turns: pipeline([
      ...begin,
      limit,
      received(deps),
      repeats(),
      inOrder(queue),
      sayIfSlow(deps),
      begun(firstTime),
      ...known,
      interrupted(),
    ]),
    forms: pipeline([...begin, limit, once(firstTime), ...known]),
    typing: pipeline([...begin, typingLimit, ...known]),
    joins: pipeline([
      language(),
      measure(watch),
      catchErrors(onError),
      profiled,
      // Last, so that a user whom the platform doesn't know yet still counts as new later.
      once(firstTime),
    ]),
  };
}

/**
 * @param steps outermost first
 * @returns a function that takes an interaction through all of them to its handler
 */
export const pipeline = <Who>(steps: readonly Step<Who>[]): Next<Who> =>
  steps.reduceRight<Next<Who>>(
    (next, step) => (interaction) => step(interaction, next),
    handleIdentified,
  );

async function handleIdentified<Who, Answer>({
  who,
  handle,
}: Interaction<Who, Answer>): Promise<Answer> {
  if (who === undefined) throw new TypeError('No step of this pipeline finds out who it is');
  return handle(who);
}
