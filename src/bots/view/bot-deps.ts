import type { Address, LiveCardRef } from '../../core/message.ts';
import type { RateLimitResult } from '../../core/rate-limit.ts';
import type { WorkQueue } from '../../core/work-queue.ts';
import type { ActionBook, PressReply, Reply } from './action.ts';
import type { ActionCall } from './action-call.ts';
import type { Card, ShownCard } from './card.ts';
import type { Command, CommandText } from './command.ts';
import type { FormSessions, SessionUser } from './form-sessions.ts';
import type { Home } from './home.ts';
import type { Identify, WatchInteraction } from './pipeline/steps.ts';
import type { ChatProfile, ChatUser, Inbound, Shortcut } from './platform.ts';

/** `shared`: where others read it, too. `met`: they sent nothing. */
export interface Greeting {
  readonly place: Inbound['place'];
  readonly met: boolean;
}

/** Below a link, where everyone in the conversation reads it. */
export interface Preview {
  readonly card: Card;
  readonly locale: string;
}

/** What a workflow of the platform gives to our step. */
export interface StepInputs {
  /** The name of an app. */
  readonly app: string;
  readonly reason: string | undefined;
}

/** `say` is for the workflow, which others read: it is called in the language of the workspace. */
export type StepAnswer =
  | {
      readonly kind: 'show';
      readonly card: Card;
      /** Called once chat has taken the card. */
      readonly shown: () => Promise<void>;
      readonly say: () => string;
    }
  | { readonly kind: 'refused'; readonly say: () => string };

export type Phrase =
  | { readonly kind: 'command'; readonly command: CommandText }
  | { readonly kind: 'answer'; readonly reply: Reply };

/** What the bot needs from the features, the store and the log. */
export interface BotDeps<Turn extends SessionUser> {
  readonly actions: ActionBook<Turn>;
  readonly commands: readonly Command<Turn>[];
  readonly sessions: FormSessions;
  readonly live: LiveCards<Turn>;
  /** True for the first call with this key only. */
  readonly firstTime: (key: string) => Promise<boolean>;
  readonly identify: Identify<Turn>;
  /** Called once for each person who joins the workspace, a team or the app, in the directory or not. */
  readonly onJoin?: (inbound: Inbound, profile: ChatProfile) => Promise<void>;
  /** The commands to which an unknown word may lead this person. Left out: every command. */
  readonly usable?: (turn: Turn) => Promise<readonly Command<Turn>[]>;
  /**
   * The answer to a greeting or an empty message, and to someone who installed or opened the bot. Left out: a sentence that
   * names the first commands.
   */
  readonly greet?: (turn: Turn, how: Greeting) => Promise<Reply>;
  /**
   * What a text means that is no command, such as the name of an app. Left out, or undefined: nothing.
   * @param isCommand it begins with the word of one, which goes before all but a sentence that leaves no doubt: "give me Figma"
   */
  readonly meant?: (
    text: CommandText,
    turn: Turn,
    isCommand: boolean,
  ) => Promise<PressReply | undefined>;
  /** What a whole sentence means to this person: "I'm on vacation" is `away`. Left out, or undefined: nothing. */
  readonly phrase?: (
    text: CommandText,
    turn: Turn,
    usable: () => Promise<readonly Command<Turn>[]>,
  ) => Promise<Phrase | undefined>;
  /**
   * The button that does what this command does, for a likely typo. Left out, or undefined for a command that is too long
   * for a button: the command is only named.
   */
  readonly use?: (command: string) => ActionCall | undefined;
  /** The card without what its reader may not press. Left out: the card. */
  readonly offered?: (card: Card, turn: Turn) => Card;
  /** What people see without a command, on platforms that have a Home. */
  readonly home?: Home<Turn>;
  /** What a platform's shortcut does. */
  readonly shortcut?: (used: Shortcut, turn: Turn) => Promise<PressReply>;
  /** What stands below a link, where the address is one of ours. */
  readonly preview?: (url: string) => Promise<Preview | undefined>;
  /** Runs `work` in the language of the workspace, for texts that several people read. Left out: in the process's. */
  readonly forEveryone?: <T>(work: () => Promise<T>) => Promise<T>;
  /** What our step of a workflow shows the person whom it is for. */
  readonly step?: (inputs: StepInputs, turn: Turn) => Promise<StepAnswer>;
  /**
   * Counts one more interaction of this user; left out, there is no limit.
   * @param what `typing`: a query of their client while they fill in a form, without a click. `workflow`: a step for them, of a
   * workflow that may be anyone's. Left out: what they did
   */
  readonly rateLimit?: (user: ChatUser, what?: 'typing' | 'workflow') => RateLimitResult;
  /**
   * Calls `work` after `ms`, unless the returned function is called first. Left out: people read nothing when something
   * is slow.
   */
  readonly later?: (ms: number, work: () => void) => () => void;
  /** Where acknowledged interactions wait; without it, all start at once. */
  readonly queue?: WorkQueue;
  readonly onError: (error: unknown, where: string) => void;
  /** Left out: nothing is counted or traced. */
  readonly watch?: WatchInteraction;
}

/** Live cards as the bot uses them: rendered, sent through `post`, and following their topic from then on. */
export interface LiveCards<Turn> {
  /** @param post returns undefined for a message that can't be edited, which then follows nothing */
  show(
    card: ShownCard,
    turn: Turn,
    post: (card: Card) => Promise<Address | undefined>,
  ): Promise<void>;
  /** Shows this live card in the message at `at` from now on. */
  replace(
    card: ShownCard,
    where: { readonly turn: Turn; readonly at: Address },
    replace: (card: Card) => Promise<void>,
  ): Promise<void>;
  /** The card at `at` that people may have pinned, so that no other takes its place. Left out, or undefined: none. */
  pinnedAt?(at: Address): Promise<LiveCardRef | undefined>;
  /**
   * What the message at `at` would show this person now, with their permissions. Undefined where it follows nothing. Changes
   * nothing: neither the message nor what is stored of it.
   */
  current(at: Address, turn: Turn): Promise<Card | undefined>;
  /** The message at `at` no longer follows anything. */
  forget(at: Address): Promise<void>;
}
