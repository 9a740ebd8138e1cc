/**
 * What lies between an adapter and the features, the same on every platform. `pipeline/` has the steps for every
 * interaction, `replies.ts` sends answers, `open-forms.ts` handles forms.
 */
import type { Address } from '../../core/message.ts';
import { inLocale, locale, t } from '../../core/translate.ts';
import { type PressReply, type Reply, sayHere, unlessBadPayload } from './action.ts';
import type { ActionCall, ShownCall } from './action-call.ts';
import { staleButton, unknownCommand, unknownSecret } from './answers.ts';
import type { BotDeps, Preview, StepInputs } from './bot-deps.ts';
import type { Card } from './card.ts';
import {
  type CommandText,
  commandOf,
  hasSecret,
  isGreeting,
  readWish,
  wordsFor,
} from './command.ts';
import type { Form, suggest } from './form.ts';
import type { SessionUser } from './form-sessions.ts';
import { OpenForms, type Typed } from './open-forms.ts';
import { cardOf, type InteractionKind } from './pipeline/interaction.ts';
import { type Pipelines, pipelinesOf } from './pipeline/pipelines.ts';
import { inClientsLanguage } from './pipeline/steps.ts';
import type { Inbound, Shortcut, Submission, SubmissionOutcome, Surface } from './platform.ts';
import type { Refusal } from './receipt.ts';
import { Replies } from './replies.ts';

/** A card, and the language of the person for whom it was made. */
interface CardFor {
  readonly card: Card;
  readonly locale: string;
}

/** What a workflow reads of its step. */
export interface StepOutcome {
  readonly isDone: boolean;
  readonly said: string;
}

export class Bot<Turn extends SessionUser> {
  readonly #deps: BotDeps<Turn>;
  readonly #replies: Replies<Turn>;
  readonly #forms: OpenForms<Turn>;
  readonly #pipelines: Pipelines<Turn>;

  constructor(deps: BotDeps<Turn>) {
    this.#deps = deps;
    this.#replies = new Replies(deps);
    this.#pipelines = pipelinesOf(deps);
    this.#forms = new OpenForms({ ...deps, ...this.#pipelines, replies: this.#replies });
  }

  /** A person typed a command. Never throws. */
  command(inbound: Inbound, text: CommandText, surface: Surface): Promise<void> {
    return this.#turn({ kind: 'command', where: 'command', inbound }, surface, async (turn) => {
      const { commands, greet, meant, phrase, use, usable = async () => commands } = this.#deps;
      if (greet && isGreeting(text)) return greet(turn, { place: inbound.place, met: false });
      const known = commands.map((command) => command.word);
      const wish = readWish(text, known);
      const begins = wish === text && commandOf(text, commands) !== undefined;
      const answer = await meant?.(text, turn, begins);
      if (answer) return answer;
      const said = await phrase?.(text, turn, () => usable(turn));
      const meantBySaid = said?.kind === 'command' ? this.#begun(said.command, turn) : said?.reply;
      if (meantBySaid) return meantBySaid;
      const begun = begins && this.#begun(text, turn);
      if (begun) return begun;
      if (hasSecret(text)) return unknownSecret(use);
      const wished = wish !== text && this.#begun(wish, turn);
      if (wished) return wished;
      return unknownCommand(text, wordsFor(text, await usable(turn)), use);
    });
  }

  /** A person installed the bot. Never throws. */
  met(inbound: Inbound, surface: Surface): Promise<void> {
    return this.#turn({ kind: 'command', where: 'met', inbound }, surface, (turn) =>
      this.#greet(inbound, turn),
    );
  }

  /** A person opened the bot's messages. They asked for nothing, so they read no refusal. Never throws. */
  async opened(inbound: Inbound, surface: Surface): Promise<void> {
    await this.#pipelines.turns<void>({
      kind: 'command',
      where: 'opened',
      inbound,
      refuse: () => undefined,
      handle: async (turn) =>
        this.#replies.carryOut(await this.#greet(inbound, turn), turn, { inbound, surface }),
    });
  }

  /** A person used a shortcut of their client. Never throws. */
  shortcut(inbound: Inbound, used: Shortcut, surface: Surface): Promise<void> {
    const where = `shortcut ${used.kind}`;
    return this.#turn({ kind: 'shortcut', where, inbound }, surface, async (turn) => {
      const { shortcut } = this.#deps;
      return shortcut ? shortcut(used, turn) : { kind: 'nothing' };
    });
  }

  /** What stands below a link that `inbound.user` wrote. They asked for nothing, so they read no refusal. Never throws. */
  async preview({ user }: Pick<Inbound, 'user'>, url: string): Promise<Preview | undefined> {
    const { preview, rateLimit, onError } = this.#deps;
    try {
      return rateLimit?.(user, 'typing').ok === false ? undefined : await preview?.(url);
    } catch (error) {
      onError(error, 'preview');
      return undefined;
    }
  }

  /**
   * A workflow of the platform has a step of ours, which shows `inbound.user` a card. Never throws.
   * @returns undefined for a repeat of one that is done or under way
   */
  async step(
    inbound: Inbound,
    inputs: StepInputs,
    surface: Pick<Surface, 'toPerson'>,
  ): Promise<StepOutcome | undefined> {
    const ended = await this.#pipelines.turns<EndedStep | undefined>({
      kind: 'command',
      where: 'step',
      inbound,
      refuse: stepRefused,
      handle: async (turn) => {
        const answer = await this.#deps.step?.(inputs, turn);
        if (answer?.kind !== 'show') return { isDone: false, say: answer?.say ?? cantNow };
        await surface.toPerson(this.#offered(answer.card, turn));
        await answer.shown();
        return { isDone: true, say: answer.say };
      },
    });
    return ended && { isDone: ended.isDone, said: await this.forEveryone(ended.say) };
  }

  /** A text in the language of the workspace, for anyone who may read it. Never throws. */
  async forEveryone(say: () => string): Promise<string> {
    const { forEveryone, onError } = this.#deps;
    try {
      return forEveryone ? await forEveryone(async () => say()) : say();
    } catch (error) {
      onError(error, 'for everyone');
      return say();
    }
  }

  /** A person pressed a button, or Try again in a form (then `surface.openForm` gives that form's window). Never throws. */
  press(
    inbound: Inbound,
    call: Pick<ActionCall, 'id' | 'payload'>,
    surface: Surface,
  ): Promise<void> {
    if (surface.home && call.id === this.#deps.home?.again.id)
      return this.home(inbound, surface.home);
    const where = `press ${call.id}`;
    const action = this.#deps.actions.find(call.id);
    const again = action && { ...call, opensForm: action.kind === 'form' };
    return this.#turn({ kind: 'press', where, inbound, again }, surface, async (turn) => {
      const reply =
        action && (await unlessBadPayload<PressReply>(() => action.press(call.payload, turn)));
      return reply ?? sayHere(staleButton());
    });
  }

  /** A person opened their Home; `show` fills it. A refusal is shown there too. Never throws. */
  async home(inbound: Inbound, show: (card: Card) => Promise<void>): Promise<void> {
    const { home } = this.#deps;
    if (!home) return;
    await this.#pipelines.turns<void>({
      kind: 'home',
      where: 'home',
      inbound,
      // Home opens without a request to the bot, so a rate limit isn't reported there.
      refuse: this.#refusal({ where: 'home', isSaid: ({ kind }) => kind !== 'rate-limited' }, show),
      handle: async (turn) => show(await home.card(turn)),
    });
  }

  /** A person sent a form. Never throws. */
  submit(inbound: Inbound, submission: Submission, surface: Surface): Promise<SubmissionOutcome> {
    return this.#forms.take(inbound, submission, surface);
  }

  /** `inbound.user` joined. They sent nothing, so nothing is sent to them. Never throws. */
  async joined(inbound: Inbound): Promise<void> {
    const { onJoin } = this.#deps;
    if (!onJoin) return;
    await this.#pipelines.joins<void>({
      kind: 'join',
      where: 'joined',
      inbound,
      refuse: () => undefined,
      handle: (profile) => onJoin(inbound, profile),
    });
  }

  /**
   * The form that this person was shown, for a client that has to draw it again, such as after a search in a form inside
   * the conversation. Undefined for a session that is over, another person's, or for another action. Never throws.
   */
  shown(inbound: Inbound, session: string, call: ShownCall): Promise<Form | undefined> {
    return this.#forms.shown(inbound, session, call);
  }

  /** A person cancelled a form. True when it was open, theirs and for `call`; it is over then. Never throws. */
  cancel(inbound: Inbound, session: string, call: ShownCall): Promise<boolean> {
    return this.#forms.cancel(inbound, session, call);
  }

  /** The type-ahead options for the text so far; none for a session of another person. Never throws. */
  suggestions(
    inbound: Inbound,
    session: string,
    typed: Typed,
  ): Promise<ReturnType<typeof suggest>> {
    return this.#forms.suggestions(inbound, session, typed);
  }

  /**
   * The card of a message as this person would see it now, for a client that opens the message again. Undefined where it
   * follows nothing, or where they are over their limit or unknown. Never throws.
   */
  current(inbound: Inbound, at: Address): Promise<CardFor | undefined> {
    return this.#pipelines.typing<CardFor | undefined>({
      where: 'current card',
      inbound: { ...inbound, unasked: true },
      refuse: () => undefined,
      handle: async (turn) => {
        const card = await this.#deps.live.current(at, turn);
        return card && { card, locale: locale() };
      },
    });
  }

  /** Runs `work`, in which an adapter sends its own texts, in the person's language; in the client's for unknown people. */
  async speaking(inbound: Inbound, work: () => Promise<void>): Promise<void> {
    const theirs = await this.#pipelines.typing<string | undefined>({
      where: 'speaking',
      inbound: { ...inbound, unasked: true },
      refuse: () => undefined,
      handle: async (turn) => turn.locale,
    });
    return theirs === undefined ? inClientsLanguage(inbound, work) : inLocale(theirs, work);
  }

  /** What the command does with which the text begins. Undefined where it begins with none. */
  #begun(text: CommandText, turn: Turn): Promise<PressReply> | undefined {
    return commandOf(text, this.#deps.commands)?.run(text.slice(1), turn);
  }

  async #greet({ place }: Inbound, turn: Turn): Promise<Reply> {
    const { greet } = this.#deps;
    return greet ? greet(turn, { place, met: true }) : unknownCommand([], []);
  }

  #offered(card: Card, turn: Turn): Card {
    return this.#deps.offered?.(card, turn) ?? card;
  }

  #turn(
    { kind, where, inbound, again }: Turning,
    surface: Surface,
    handle: (turn: Turn) => Promise<PressReply>,
  ): Promise<void> {
    const here = (card: Card) => surface.here(card);
    const isSaid = (refusal: Refusal) => refusal.kind !== 'rate-limited' || refusal.isFirst;
    const say = this.#refusal({ where, again, isSaid }, here);
    return this.#pipelines.turns<void>({
      kind,
      where,
      inbound,
      say: here,
      refuse: (refusal) =>
        refusal.kind === 'unidentified' && surface.home ? surface.home(refusal.card) : say(refusal),
      handle: async (turn) => {
        const reply = await handle(turn);
        if (reply.kind === 'open') await this.#replies.open(reply, turn, surface);
        else await this.#replies.carryOut(reply, turn, { inbound, surface });
      },
    });
  }

  /** Shows a refusal to the person, unless `isSaid` returns false. */
  #refusal(
    {
      where,
      again,
      isSaid,
    }: Pick<Turning, 'where' | 'again'> & { readonly isSaid: (refusal: Refusal) => boolean },
    showCard: (card: Card) => Promise<void>,
  ): (refusal: Refusal) => Promise<void> {
    return async (refusal) => {
      const card = isSaid(refusal) ? cardOf(refusal, again) : undefined;
      if (!card) return;
      if (refusal.kind === 'failed' || refusal.kind === 'overtaken')
        await this.#replies.quietly(where, () => showCard(card));
      else await showCard(card);
    };
  }
}

const cantNow = () =>
  t`Latchkey couldn't do this now, and nothing was requested. Run the workflow again in a minute.`;

interface EndedStep {
  readonly isDone: boolean;
  readonly say: () => string;
}

/** Others read it, so it says nothing of the person. */
function stepRefused({ kind }: Refusal): EndedStep | undefined {
  if (kind === 'repeated') return undefined;
  return { isDone: false, say: kind === 'unidentified' ? notKnown : cantNow };
}

const notKnown = () =>
  t`Latchkey doesn't know this person, or they can't use it. Ask a Latchkey admin.`;

interface Turning {
  readonly kind: InteractionKind;
  readonly where: string;
  readonly inbound: Inbound;
  /** The button that was pressed. */
  readonly again?: ActionCall | undefined;
}

/** Interactions in progress. The platform has already acknowledged them, so a shutdown waits for them here. */
export class InFlight {
  readonly #running = new Set<Promise<unknown>>();

  async run<T>(work: () => Promise<T>): Promise<T> {
    const running = work();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Settles when nothing runs any more, also after failures. */
  async done(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }
}
