/**
 * Receives activities from Teams and passes them to the `Bot`. Answers go out through surfaces.
 *
 * Words: an *activity* is anything that Teams sends or takes. An *invoke* is an activity that wants its answer in the
 * response. A *conversation* is a direct chat, a group chat or a thread of a channel; we reach it at its *service
 * address*. A *dialog* is a form in its own window. An *inline form* stands in the conversation, for clients without
 * dialogs.
 */
import { InFlight } from '../view/bot.ts';
import type { SessionUser } from '../view/form-sessions.ts';
import type { Receipt } from '../view/receipt.ts';
import { readActivity, type TeamsActivity } from './activity.ts';
import { ConversationTurns, isKept } from './conversation.ts';
import { type InvokeAnswer, Invokes } from './invokes.ts';
import { ACKNOWLEDGE_MS } from './limits.ts';
import { meet, type TeamsBotDeps } from './met.ts';

export class TeamsBot<Turn extends SessionUser> {
  readonly #deps: TeamsBotDeps<Turn>;
  readonly #conversations: ConversationTurns<Turn>;
  readonly #invokes: Invokes<Turn>;
  readonly #inFlight = new InFlight();

  constructor(deps: TeamsBotDeps<Turn>) {
    this.#deps = deps;
    this.#conversations = new ConversationTurns(deps);
    this.#invokes = new Invokes(deps, (where, task) => this.#work(where, task));
  }

  /**
   * One turn. We acknowledge a message once it is stored and handle it afterwards, since Teams sends a message again after
   * some seconds. The answer to an invoke is the returned value. @throws what the store throws, for an invoke
   */
  async turn(received: unknown): Promise<InvokeAnswer | undefined> {
    const activity = readActivity(received);
    if (!activity) return undefined;
    const met = meet(this.#deps.platform, activity);
    if (activity.type === 'invoke') return this.#invokes.answer(met);
    const { user, key } = met.inbound;
    const receipt = isKept(activity)
      ? this.#deps.inbox?.receive({ user, key, content: received, withinMs: ACKNOWLEDGE_MS })
      : undefined;
    this.#work(`${activity.type} activity`, () => this.#handle(activity, receipt));
    await receipt?.acknowledgeable;
    return undefined;
  }

  /** Handles an activity that another process acknowledged. */
  async replay(content: unknown, receipt: Receipt): Promise<void> {
    const activity = readActivity(content);
    if (activity) this.#work(`${activity.type} activity`, () => this.#handle(activity, receipt));
    else receipt.end(); // This version doesn't know its kind.
  }

  /** Settles when every activity so far has been answered. */
  async idle(): Promise<void> {
    await this.#inFlight.done();
  }

  async #handle(activity: TeamsActivity, receipt: Receipt | undefined): Promise<void> {
    try {
      await this.#conversations.handle(meet(this.#deps.platform, activity, receipt));
    } finally {
      receipt?.end();
    }
  }

  #work(where: string, task: () => Promise<void>): void {
    void this.#inFlight.run(() =>
      task().catch((error: unknown) => this.#deps.onError(error, where)),
    );
  }
}
