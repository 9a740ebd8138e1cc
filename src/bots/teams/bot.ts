/**
 * What comes in from Teams, brought to the `Bot`; answers go out through surfaces.
 *
 * The words of this folder: an *activity* is anything that Teams sends or takes; an *invoke* is one that wants its
 * answer in the response; a *conversation* is a direct chat, a group chat or a channel's thread, and is reached at
 * its *service address*; a *dialog* is a form in a window of its own; an *inline form* is one that stands in the
 * conversation, for clients without dialogs.
 */
import type { SessionUser } from '../view/form-sessions.ts';
import { InFlight } from '../view/in-flight.ts';
import { readActivity } from './activity.ts';
import { ConversationTurns } from './conversation.ts';
import { type InvokeAnswer, Invokes } from './invokes.ts';
import { meet, type TeamsBotDeps } from './met.ts';

export class TeamsBot<Turn extends SessionUser> {
  readonly #parts: TeamsBotDeps<Turn>;
  readonly #conversations: ConversationTurns<Turn>;
  readonly #invokes: Invokes<Turn>;
  readonly #inFlight = new InFlight();

  constructor(deps: TeamsBotDeps<Turn>) {
    this.#parts = deps;
    this.#conversations = new ConversationTurns(deps);
    this.#invokes = new Invokes(deps, (where, task) => this.#work(where, task));
  }

  /**
   * One turn. A message is acknowledged at once and handled after, since Teams sends again what isn't acknowledged
   * within seconds; an invoke is answered with what this returns. @throws what the store throws, for an invoke
   */
  async turn(received: unknown): Promise<InvokeAnswer | undefined> {
    const activity = readActivity(received);
    if (!activity) return undefined;
    const met = meet(this.#parts.platform, activity);
    if (activity.type === 'invoke') return this.#invokes.answer(met);
    this.#work(`${activity.type} activity`, () => this.#conversations.handle(met));
    return undefined;
  }

  /** Settles when everything that came in so far has been answered. */
  async idle(): Promise<void> {
    await this.#inFlight.done();
  }

  #work(where: string, task: () => Promise<void>): void {
    void this.#inFlight.run(() =>
      task().catch((error: unknown) => this.#parts.onError(error, where)),
    );
  }
}
