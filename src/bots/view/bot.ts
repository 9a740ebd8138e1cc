/**
 * Everything between an adapter and the features that is the same on every platform: once-only handling,
 * who is asking, finding the action, and what is said when something fails. What becomes of an answer is in `replies.ts`,
 * what becomes of a form in `open-forms.ts`.
 */
import type { Room } from '../../core/rate-limit.ts';
import { inLocale, knownLocale, locale } from '../../core/say.ts';
import { type ActionCall, BadPayload, type PressReply } from './action.ts';
import { failed, staleButton, stillAtIt, tooBusy, tooMany, unknownCommand } from './answers.ts';
import { type BotParts, type InteractionKind, speakingTo } from './bot-parts.ts';
import type { Card } from './card.ts';
import type { CommandText } from './command.ts';
import type { Form, suggest } from './form.ts';
import type { SessionUser, ShownCall } from './form-sessions.ts';
import { OpenForms } from './open-forms.ts';
import type { Inbound, Shortcut, Submission, SubmissionOutcome, Surface } from './platform.ts';
import { Replies } from './replies.ts';

/**
 * What somebody asked for takes milliseconds, or is acknowledged and goes on in the worker: whoever has waited for so long
 * since it was begun has met a database that is locked or says nothing, and hears that they are not forgotten.
 */
const SLOW_MS = 5000;

export class Bot<Turn extends SessionUser> {
  readonly #parts: BotParts<Turn>;
  readonly #replies: Replies<Turn>;
  readonly #forms: OpenForms<Turn>;
  /**
   * Keys of what waits here or is under way. A platform repeats what it has not heard of in time; the repeat is not to be
   * done, nor told that it was not, by whoever has the first.
   */
  readonly #present = new Set<string>();

  constructor(parts: BotParts<Turn>) {
    this.#parts = parts;
    this.#replies = new Replies(parts);
    this.#forms = new OpenForms(parts, this.#replies);
  }

  /** Somebody typed a command. Never throws. */
  async command(inbound: Inbound, text: CommandText, surface: Surface): Promise<void> {
    await this.#turn('command', 'command', inbound, surface, async (turn) => {
      const [first, ...args] = text;
      const word = typeof first === 'string' ? first.toLowerCase() : '';
      const { commands } = this.#parts;
      const command = commands.find((known) => known.word === word);
      if (command) return command.run(args, turn);
      return unknownCommand(
        text,
        commands.map((known) => known.word),
      );
    });
  }

  /** Somebody used a shortcut of their client. Never throws. */
  async shortcut(inbound: Inbound, used: Shortcut, surface: Surface): Promise<void> {
    await this.#turn('shortcut', `shortcut ${used.kind}`, inbound, surface, async (turn) => {
      const { shortcut } = this.#parts;
      return shortcut ? shortcut(used, turn) : { kind: 'nothing' };
    });
  }

  /** Somebody looks at their Home, which `show` fills; refused people see there why. Never throws. */
  home(inbound: Inbound, show: (card: Card) => Promise<void>): Promise<void> {
    return this.#watched('home', inbound, () => this.#showHome(inbound, show));
  }

  async #showHome(inbound: Inbound, show: (card: Card) => Promise<void>): Promise<void> {
    await this.#orSayFailed('home', show, async () => {
      const { home, firstTime, identify } = this.#parts;
      if (!home || !this.#room(inbound).ok) return;
      const work = async () => {
        if (!(await firstTime(inbound.key))) return;
        const turn = await identify(inbound);
        if ('refused' in turn) return show(turn.refused);
        await speakingTo(turn, () =>
          this.#orSayFailed('home', show, async () => show(await home.card(turn))),
        );
      };
      await this.#inTurn(inbound, work, () => show(tooBusy()));
    });
  }

  /** Somebody pressed a button, or Try again in a form (`surface.openForm` then gives that form's window). Never throws. */
  async press(
    inbound: Inbound,
    call: Pick<ActionCall, 'id' | 'payload'>,
    surface: Surface,
  ): Promise<void> {
    if (surface.home && call.id === this.#parts.home?.again.id)
      return this.home(inbound, surface.home);
    await this.#turn('press', `press ${call.id}`, inbound, surface, async (turn) => {
      const action = this.#parts.actions.find(call.id);
      if (!action) return { kind: 'say', to: 'here', card: staleButton() };
      return action.press(call.payload, turn).catch((error: unknown) => {
        if (!(error instanceof BadPayload)) throw error;
        return { kind: 'say', to: 'here', card: staleButton() } as const;
      });
    });
  }

  /** Somebody sent a form. Never throws. */
  submit(inbound: Inbound, submission: Submission, surface: Surface): Promise<SubmissionOutcome> {
    return this.#watched('submit', inbound, () => this.#forms.take(inbound, submission, surface));
  }

  /** Somebody joined: `inbound.user`, who has asked for nothing and is told nothing. Never throws. */
  joined(inbound: Inbound): Promise<void> {
    return this.#watched('join', inbound, () => this.#meet(inbound));
  }

  async #meet(inbound: Inbound): Promise<void> {
    try {
      const { onJoin, firstTime } = this.#parts;
      const profile = onJoin && (await inbound.profileOf(inbound.user.userId));
      if (profile && (await firstTime(inbound.key))) await onJoin(inbound, profile);
    } catch (error) {
      this.#parts.onError(error, 'joined');
    }
  }

  /**
   * The form that this person was shown, for a client that has to draw it again by itself (a search in a form that
   * stands in the conversation); undefined for a session that is over, isn't this person's, or is for another action.
   */
  shown(inbound: Inbound, session: string, call: ShownCall): Promise<Form | undefined> {
    return this.#forms.shown(inbound, session, call);
  }

  /** Somebody gave a form up. True when it was open, theirs and for `call`: it is over then. Never throws. */
  cancel(inbound: Inbound, session: string, call: ShownCall): Promise<boolean> {
    return this.#forms.cancel(inbound, session, call);
  }

  /** What an adapter says by itself, in what they read; as their client says where nobody knows who they are. */
  async speaking(inbound: Inbound, work: () => Promise<void>): Promise<void> {
    const theirs = await this.#readBy(inbound);
    return inLocale(theirs ?? knownLocale(inbound.locale) ?? locale(), work);
  }

  async #readBy(inbound: Inbound): Promise<string | undefined> {
    try {
      const turn = await this.#parts.identify({ ...inbound, unasked: true });
      return 'refused' in turn ? undefined : turn.locale;
    } catch (error) {
      this.#parts.onError(error, 'speaking');
      return undefined;
    }
  }

  /** What a type-ahead offers for what was typed so far; nothing for a session that isn't this person's. */
  suggestions(
    inbound: Inbound,
    session: string,
    field: string,
    typed: string,
  ): Promise<ReturnType<typeof suggest>> {
    return this.#watched('suggestions', inbound, () =>
      this.#forms.suggestions(inbound, session, field, typed),
    );
  }

  /** Before anything is looked up: whoever asks too much costs nothing more. */
  #room({ user }: Inbound): Room {
    return this.#parts.room?.(user) ?? { ok: true };
  }

  #watched<T>(kind: InteractionKind, inbound: Inbound, handle: () => Promise<T>): Promise<T> {
    const { watch } = this.#parts;
    // Until it is known who asks, their client's word for what they read is all there is.
    return inLocale(knownLocale(inbound.locale) ?? locale(), () =>
      watch ? watch(kind, inbound, handle) : handle(),
    );
  }

  #turn(
    kind: InteractionKind,
    where: string,
    inbound: Inbound,
    surface: Surface,
    handle: (turn: Turn) => Promise<PressReply>,
  ): Promise<void> {
    return this.#watched(kind, inbound, () => this.#takeTurn(where, inbound, surface, handle));
  }

  async #takeTurn(
    where: string,
    inbound: Inbound,
    surface: Surface,
    handle: (turn: Turn) => Promise<PressReply>,
  ): Promise<void> {
    const sayHere = (card: Card) => surface.here(card);
    await this.#orSayFailed(where, sayHere, async () => {
      const room = this.#room(inbound);
      if (!room.ok) return room.isFirst ? surface.here(tooMany()) : undefined;
      const work = async () => {
        const hush = this.#parts.later?.(
          SLOW_MS,
          () => void this.#replies.quietly(where, () => sayHere(stillAtIt())),
        );
        await this.#doTurn(where, inbound, surface, handle).finally(hush);
      };
      await this.#inTurn(inbound, work, () => surface.here(tooBusy()));
    });
  }

  /** Where there is a line, in it; `turnedAway` says that it was not done. */
  async #inTurn(
    { key, user }: Inbound,
    work: () => Promise<void>,
    turnedAway: () => Promise<void>,
  ): Promise<void> {
    if (this.#present.has(key)) return;
    this.#present.add(key);
    try {
      const { line } = this.#parts;
      const who = `${user.platform}/${user.tenant}/${user.userId}`;
      if (!line) await work();
      else if (!(await line.enter(who, work))) await turnedAway();
    } finally {
      this.#present.delete(key);
    }
  }

  async #doTurn(
    where: string,
    inbound: Inbound,
    surface: Surface,
    handle: (turn: Turn) => Promise<PressReply>,
  ): Promise<void> {
    if (!(await this.#parts.firstTime(inbound.key))) return;
    const turn = await this.#parts.identify(inbound);
    if ('refused' in turn) {
      const { refused } = turn;
      return surface.home ? surface.home(refused) : surface.here(refused);
    }
    await speakingTo(turn, () =>
      this.#orSayFailed(
        where,
        (card) => surface.here(card),
        async () => {
          const reply = await handle(turn);
          if (reply.kind === 'open') await this.#replies.open(reply, turn, surface);
          else await this.#replies.carryOut(reply, turn, inbound, surface);
        },
      ),
    );
  }

  async #orSayFailed(
    where: string,
    tell: (card: Card) => Promise<void>,
    work: () => Promise<void>,
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#parts.onError(error, where);
      await this.#replies.quietly(where, () => tell(failed()));
    }
  }
}
