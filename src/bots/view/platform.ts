/** What an adapter offers: messages out at any time, and a surface for each interaction that comes in. */
import type { Address } from '../../core/message.ts';
import type { ActionCall, ShownCall } from './action-call.ts';
import type { Card } from './card.ts';
import type { ChatFile } from './file.ts';
import type { FieldErrors, Form, RawValues } from './form.ts';

export type PlatformName = Address['platform'];

/** Thrown by `send`, `edit` and surfaces when the platform refuses or can't be reached. */
export class PlatformError extends Error {
  readonly code: 'gone' | 'rate-limited' | 'unreachable' | 'refused';
  /** Milliseconds after which another try may succeed, where the platform named them. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: PlatformError['code'],
    message: string,
    options: { readonly cause?: unknown; readonly retryAfterMs?: number } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'PlatformError';
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** One call of a platform's API, for figures. */
export interface PlatformCall {
  readonly platform: PlatformName;
  /** The Web API's method, or what the connector was asked to do; never anything of the call's content. */
  readonly operation: string;
  readonly outcome: 'ok' | PlatformError['code'];
  readonly seconds: number;
}

/** Messages out, without anybody having clicked; used by the worker. */
export interface ChatPlatform {
  readonly name: PlatformName;
  /**
   * `to` is a direct conversation (or a message's address: then its conversation). Gives the address of the
   * message; where a card needed several messages, of the first. @throws {PlatformError}
   */
  send(to: Address, card: Card): Promise<Address>;
  /** @throws {PlatformError} `gone` when the message was deleted. */
  edit(message: Address, card: Card): Promise<void>;
  /**
   * The direct conversation with whoever has this verified address there, though they have never written; undefined for
   * nobody. Left out where only those can be reached who have.
   * @param takesUnconfirmed whether the address may stand in a member's profile without being verified
   * @throws {PlatformError}
   */
  directOf?(email: string, takesUnconfirmed?: boolean): Promise<Address | undefined>;
  /** The channel that its people write like this (`#general`); undefined for no such name. Left out where channels have no names. */
  channelNamed?(name: string): Address | undefined;
}

/** A chat user as the platform names them. */
export interface ChatUser {
  readonly platform: PlatformName;
  /** Slack's team id, Teams' tenant id. */
  readonly tenant: string;
  /** Slack's user id, the Entra object id. */
  readonly userId: string;
}

/** What the platform says of one of its users. */
export interface ChatProfile {
  /** Only an address that this organisation's platform has verified; never for `outside`. */
  readonly email?: string;
  /** What the profile of a member shows without that; left out where there is a verified one. */
  readonly unconfirmedEmail?: string;
  /**
   * Their mail address, where the platform knows people by the name that they sign in with (Teams): it is written by more
   * hands than that name. Left out where it is the same.
   */
  readonly mail?: string;
  readonly name: string;
  /** The direct conversation with them, where the platform has one though they have never written. */
  readonly direct?: Address;
  /** `guest`: of this organisation, with limits. `outside`: of another one (Slack Connect, Teams federation). */
  readonly kind: 'member' | 'guest' | 'bot' | 'outside';
  /** Of their client, as the platform writes it (`de-DE`), where it says. */
  readonly locale?: string;
}

/** A conversation that something came in. */
export interface Here {
  readonly address: Address;
  /** As people there call it (`#general`), where the platform says. */
  readonly name?: string;
}

/** One interaction that came in, whoever made it and whatever it was. */
export interface Inbound {
  readonly user: ChatUser;
  /** The same for a redelivery of the same interaction, different otherwise. */
  readonly key: string;
  readonly place: 'direct' | 'shared';
  /** The user's direct conversation with the bot, where it is known. */
  readonly direct?: Address;
  /** The conversation that it came in: left out where the bot is no part of it, or it came from outside any. */
  readonly here?: Here;
  /**
   * Posts to the conversation that it came in, for everybody there; left out as `here`. @throws {PlatformError} `gone` or
   * `refused` where the bot may not write there
   */
  readonly postHere?: (card: Card) => Promise<void>;
  /** Nobody wrote or pressed anything: the bot was installed, or a client looks something up. */
  readonly unasked?: true;
  /** Of the client that it came from, as the platform writes it (`de-DE`), where it says. */
  readonly locale?: string;
  /** Asks the platform; undefined when it doesn't know that user. @throws {PlatformError} */
  profileOf(userId: string): Promise<ChatProfile | undefined>;
}

/** A shortcut of somebody's client. */
export type Shortcut =
  /** Used from anywhere. */
  | { readonly kind: 'global' }
  /** Used on a message: about whoever wrote it, `userId` as in `ChatUser`; left out where no user did. */
  | { readonly kind: 'author'; readonly userId?: string };

/** How one interaction is answered. @throws {PlatformError} from every method. */
export interface Surface {
  /** The message that was clicked, if one was. */
  readonly clicked?: Address;
  /**
   * Sends to the user's direct conversation; gives undefined where the platform takes no message for it, and they were
   * answered where they asked, once and seen by them alone.
   */
  toPerson(card: Card): Promise<Address | undefined>;
  /** Answers where they asked; seen by that person alone where the platform can do that. */
  here(card: Card): Promise<void>;
  /** In place of the message that was clicked. */
  replace(card: Card): Promise<void>;
  /** Shows the card as the person's Home, where it was pressed there; nothing else can be shown in that place. */
  readonly home?: (card: Card) => Promise<void>;
  /** Shows a form at once, loading; the window fills when its fields are known. */
  openForm(title: string, call: ActionCall): Promise<FormWindow>;
}

export interface FormWindow {
  /** `session` comes back with the answer. */
  fill(form: Form, session: string): Promise<void>;
  /** Shows a card in place of the form: why there is none. */
  refuse(card: Card): Promise<void>;
}

/** An answer to a form as it came in. */
export interface Submission {
  readonly call: ShownCall;
  readonly session: string;
  readonly raw: RawValues;
  /** By field, where the platform's forms take files; fetched once it is clear that they were asked for. */
  readonly files?: Readonly<Record<string, ChatFile>>;
}

/** Another form takes the place of the one that was sent. */
export interface NextForm {
  readonly kind: 'next';
  readonly form: Form;
  readonly session: string;
  readonly call: ShownCall;
}

/**
 * What the adapter tells the platform about a submission: keep the form open with errors beside its fields,
 * or close it and then run `after` (which speaks through the surface and never throws).
 */
export type SubmissionOutcome =
  | { readonly kind: 'invalid'; readonly errors: FieldErrors; readonly form: Form }
  | NextForm
  /** `locale` is what they read, for what the adapter itself says of it. */
  | { readonly kind: 'closed'; readonly after: () => Promise<void>; readonly locale: string };
