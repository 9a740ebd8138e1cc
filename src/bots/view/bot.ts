/**
 * Everything between an adapter and the features that is the same on every platform: once-only handling,
 * who is asking, finding the action, carrying out its reply, and what is said when something fails.
 */
import type { Address, LiveCardRef } from '../../core/message.ts';
import type { Room } from '../../core/rate-limit.ts';
import { inLocale, knownLocale, locale } from '../../core/say.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { WorkLine } from '../../core/work-line.ts';
import {
  type ActionBook,
  type ActionCall,
  BadPayload,
  type PressReply,
  type Reply,
} from './action.ts';
import {
  failed,
  sentToYou,
  staleButton,
  staleForm,
  stillAtIt,
  tooBusy,
  tooMany,
  unknownCommand,
} from './answers.ts';
import type { Card } from './card.ts';
import type { Command, CommandText } from './command.ts';
import { readFiles } from './file.ts';
import { type Form, suggest } from './form.ts';
import type { FormSessions, SessionUser, ShownCall, ShownForm } from './form-sessions.ts';
import { type Home, saidElsewhere, withWayBack } from './home.ts';
import type {
  ChatProfile,
  ChatUser,
  Inbound,
  Shortcut,
  Submission,
  SubmissionOutcome,
  Surface,
} from './platform.ts';

/** What the bot needs from the features, the store and the log. */
export interface BotParts<Turn extends SessionUser> {
  readonly actions: ActionBook<Turn>;
  readonly commands: readonly Command<Turn>[];
  readonly sessions: FormSessions;
  readonly live: LiveCards<Turn>;
  /** True for the first call with this key only. */
  readonly firstTime: (key: string) => Promise<boolean>;
  /** Who is asking; or a card that says why they are refused. */
  readonly identify: (inbound: Inbound) => Promise<Turn | { readonly refused: Card }>;
  /** Somebody joined the workspace, a team or the app, whoever they are; called once for each of them. */
  readonly onJoin?: (inbound: Inbound, profile: ChatProfile) => Promise<void>;
  /** What people see without asking, where a platform has such a place. */
  readonly home?: Home<Turn>;
  /** What a platform's shortcut does. */
  readonly shortcut?: (used: Shortcut, turn: Turn) => Promise<PressReply>;
  /** Whether that user may do one thing more now; without it, everybody may. */
  readonly room?: (user: ChatUser) => Room;
  /** Calls `work` after so long, unless what it gives back is called before. Left out: nobody is told that something takes long. */
  readonly later?: (ms: number, work: () => void) => () => void;
  /**
   * Where what was acknowledged waits for its turn; without it, everything is begun at once. What the platform's
   * acknowledgement waits for (a form that was sent, a type-ahead) goes past it.
   */
  readonly line?: WorkLine;
  readonly onError: (error: unknown, where: string) => void;
  /** Looks on while an interaction is handled: it calls `handle`, once. Left out: nobody looks on. */
  readonly watch?: WatchInteraction;
}

/** @param kind one of a fixed set */
export type WatchInteraction = <T>(
  kind: InteractionKind,
  inbound: Inbound,
  handle: () => Promise<T>,
) => Promise<T>;

export type InteractionKind =
  | 'command'
  | 'shortcut'
  | 'home'
  | 'press'
  | 'submit'
  | 'join'
  | 'suggestions';

/** Live cards as the bot sees them: render, send through `post`, and follow the subject from then on. */
export interface LiveCards<Turn> {
  show(card: LiveCardRef, turn: Turn, post: (card: Card) => Promise<Address>): Promise<void>;
  /** Makes the message at `at` show this card from now on. */
  replace(
    card: LiveCardRef,
    turn: Turn,
    at: Address,
    replace: (card: Card) => Promise<void>,
  ): Promise<void>;
  /** The message at `at` shows something static from now on. */
  forget(at: Address): Promise<void>;
}

/**
 * What somebody asked for takes milliseconds, or is acknowledged and goes on in the worker: whoever has waited for so long
 * since it was begun has met a database that is locked or says nothing, and hears that they are not forgotten.
 */
const SLOW_MS = 5000;

/** Slack's `external_select` shows 100, and nobody reads more. */
const SUGGESTIONS = 100;

export class Bot<Turn extends SessionUser> {
  readonly #parts: BotParts<Turn>;
  /**
   * Keys of what waits here or is under way. A platform repeats what it has not heard of in time; the repeat is not to be
   * done, nor told that it was not, by whoever has the first.
   */
  readonly #present = new Set<string>();

  constructor(parts: BotParts<Turn>) {
    this.#parts = parts;
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
    return this.#watched('submit', inbound, () => this.#takeForm(inbound, submission, surface));
  }

  async #takeForm(
    inbound: Inbound,
    submission: Submission,
    surface: Surface,
  ): Promise<SubmissionOutcome> {
    return this.#orCloseFailed(submission, surface, async () => {
      if (!this.#room(inbound).ok) return this.#close(surface, tooMany());
      if (!(await this.#parts.firstTime(inbound.key))) return this.#close(surface);
      const turn = await this.#parts.identify(inbound);
      if ('refused' in turn) return this.#close(surface, turn.refused);
      return speakingTo(turn, () =>
        this.#orCloseFailed(submission, surface, () =>
          this.#answerForm(turn, inbound, submission, surface),
        ),
      );
    });
  }

  async #answerForm(
    turn: Turn,
    inbound: Inbound,
    { call, session, raw, files: sent = {} }: Submission,
    surface: Surface,
  ): Promise<SubmissionOutcome> {
    const action = this.#parts.actions.find(call.id);
    const form = (await this.#sessionOf(session, call, turn))?.form;
    if (!action || !form) return this.#close(surface, staleForm());
    const files = await readFiles(form.fields, sent);
    const read = action.read(form.fields, { ...raw, ...files.raw });
    const errors = { ...(!read.ok && read.errors), ...files.errors };
    if (!read.ok || Object.keys(errors).length > 0) return { kind: 'invalid', errors, form };

    if (!(await this.#parts.sessions.use(session))) return this.#close(surface, staleForm());
    const reply = await action.submit(call.payload, read.values, turn, form.fields);
    if (reply.kind === 'invalid') {
      await this.#parts.sessions.reopen(session);
      return { kind: 'invalid', errors: reply.errors, form };
    }
    return this.#closed(`submit ${call.id}`, () => this.#carryOut(reply, turn, inbound, surface));
  }

  #close(surface: Surface, card?: Card): SubmissionOutcome {
    return this.#closed('here', async () => (card ? surface.here(card) : undefined));
  }

  /** The adapter calls `after` when it has answered the platform: for the same reader as now. */
  #closed(where: string, after: () => Promise<void>): SubmissionOutcome {
    const theirs = locale();
    return {
      kind: 'closed',
      after: () => inLocale(theirs, () => this.#quietly(where, after)),
      locale: theirs,
    };
  }

  async #orCloseFailed(
    { call }: Submission,
    surface: Surface,
    work: () => Promise<SubmissionOutcome>,
  ): Promise<SubmissionOutcome> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof BadPayload) return this.#close(surface, staleForm());
      this.#parts.onError(error, `submit ${call.id}`);
      return this.#close(surface, failed());
    }
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
  async shown(inbound: Inbound, session: string, call: ShownCall): Promise<Form | undefined> {
    try {
      const turn = await this.#parts.identify(inbound);
      return 'refused' in turn ? undefined : (await this.#sessionOf(session, call, turn))?.form;
    } catch (error) {
      this.#parts.onError(error, 'shown');
      return undefined;
    }
  }

  /** Somebody gave a form up. True when it was open, theirs and for `call`: it is over then. Never throws. */
  async cancel(inbound: Inbound, session: string, call: ShownCall): Promise<boolean> {
    try {
      const open = await this.shown(inbound, session, call);
      return open !== undefined && (await this.#parts.sessions.use(session));
    } catch (error) {
      this.#parts.onError(error, `cancel ${call.id}`);
      return false;
    }
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
      this.#suggest(inbound, session, field, typed),
    );
  }

  async #suggest(
    inbound: Inbound,
    session: string,
    field: string,
    typed: string,
  ): Promise<ReturnType<typeof suggest>> {
    try {
      const turn = await this.#parts.identify({ ...inbound, unasked: true });
      if ('refused' in turn) return [];
      const form = (await this.#parts.sessions.find(session, turn))?.form;
      const asked = form && Object.hasOwn(form.fields, field) ? form.fields[field] : undefined;
      return asked && 'options' in asked ? suggest(asked.options, typed, SUGGESTIONS) : [];
    } catch (error) {
      this.#parts.onError(error, 'suggestions');
      return [];
    }
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
          () => void this.#quietly(where, () => sayHere(stillAtIt())),
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
          if (reply.kind === 'open') await this.#open(reply, turn, surface);
          else await this.#carryOut(reply, turn, inbound, surface);
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
      await this.#quietly(where, () => tell(failed()));
    }
  }

  /** What comes with an answer is the client's word: a form answers the very action and payload it was shown for. */
  async #sessionOf(id: string, call: ShownCall, turn: Turn): Promise<ShownForm | undefined> {
    const shown = await this.#parts.sessions.find(id, turn);
    const same = shown?.call.id === call.id && shown.call.payload === call.payload;
    return same ? shown : undefined;
  }

  async #open(
    reply: Extract<PressReply, { kind: 'open' }>,
    turn: Turn,
    surface: Surface,
  ): Promise<void> {
    // Both at once: the window must open within the platform's time, whatever the form waits for.
    const form: Promise<Form | { readonly refused: Card }> = reply.form.catch((error: unknown) => {
      this.#parts.onError(error, `form ${reply.call.id}`);
      return { refused: failed() };
    });
    const window = await surface.openForm(reply.title, reply.call);
    const asked = await form;
    if ('refused' in asked) return window.refuse(asked.refused);
    try {
      await window.fill(
        asked,
        await this.#parts.sessions.save({ form: asked, call: reply.call }, turn),
      );
    } catch (error) {
      await this.#quietly(`form ${reply.call.id}`, () => window.refuse(failed())); // Else it would load for ever.
      throw error;
    }
  }

  async #carryOut(reply: Reply, turn: Turn, inbound: Inbound, surface: Surface): Promise<void> {
    const { home } = this.#parts;
    const show = surface.home;
    if (!show || !home) return this.#answer(reply, turn, inbound, surface);
    // Home has room for a card, but can't follow a subject: such a card goes to the direct conversation.
    if (reply.kind === 'replace' && !('view' in reply.card))
      return show(withWayBack(reply.card, home));
    const said: Reply =
      reply.kind === 'replace' && 'view' in reply.card ? { kind: 'show', card: reply.card } : reply;
    await this.#answer(said, turn, inbound, surface);
    // What was asked for is done: a Home that stays as it was is for the log.
    await this.#quietly('home', async () => {
      const card = await home.card(turn);
      await show(said.kind === 'nothing' ? card : saidElsewhere(card));
    });
  }

  async #answer(reply: Reply, turn: Turn, inbound: Inbound, surface: Surface): Promise<void> {
    const { live } = this.#parts;
    switch (reply.kind) {
      case 'nothing':
        return;
      case 'say':
        if (reply.to === 'here') return surface.here(reply.card);
        await surface.toPerson(reply.card);
        return this.#saySent(inbound, surface);
      case 'show':
        await live.show(reply.card, turn, (card) => surface.toPerson(card));
        return this.#saySent(inbound, surface);
      case 'replace':
        if (!surface.clicked) throw new TypeError('There is no card to replace');
        if ('view' in reply.card)
          return live.replace(reply.card, turn, surface.clicked, (card) => surface.replace(card));
        await surface.replace(reply.card);
        return live.forget(surface.clicked);
      default:
        return unreachable(reply);
    }
  }

  /** Where others read along too, whoever asked sees that they were answered, and where. */
  async #saySent({ place }: Inbound, surface: Surface): Promise<void> {
    if (place === 'shared') await surface.here(sentToYou());
  }

  /** For what is said after the outcome stands: a platform that fails then is logged, not thrown. */
  async #quietly(where: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#parts.onError(error, where);
    }
  }
}

/** What is said to them is in what they read, wherever it is said from. */
const speakingTo = <T>(turn: SessionUser, work: () => T): T =>
  inLocale(turn.locale ?? locale(), work);
