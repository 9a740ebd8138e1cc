import type { Address, LiveCardRef } from '../../core/message.ts';
import type { Room } from '../../core/rate-limit.ts';
import { inLocale, locale } from '../../core/say.ts';
import type { WorkLine } from '../../core/work-line.ts';
import type { ActionBook, PressReply } from './action.ts';
import type { Card } from './card.ts';
import type { Command } from './command.ts';
import type { FormSessions, SessionUser } from './form-sessions.ts';
import type { Home } from './home.ts';
import type { ChatProfile, ChatUser, Inbound, Shortcut } from './platform.ts';

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
  /**
   * Whether that user may do one thing more now; without it, everybody may.
   * @param what `typing`: what their client asks while they fill a form in, and not by a click
   */
  readonly room?: (user: ChatUser, what?: 'typing') => Room;
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
  /** @param post gives undefined for a message that can't change: then it follows nothing */
  show(
    card: LiveCardRef,
    turn: Turn,
    post: (card: Card) => Promise<Address | undefined>,
  ): Promise<void>;
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

/** What is said to them is in what they read, wherever it is said from. */
export const speakingTo = <T>(turn: SessionUser, work: () => T): T =>
  inLocale(turn.locale ?? locale(), work);
