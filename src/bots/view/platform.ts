/** What an adapter offers: sending messages at any time, and a surface for each interaction. */
import type { Address } from '../../core/message.ts';
import type { ActionCall, ShownCall } from './action-call.ts';
import type { Card } from './card.ts';
import type { ChatFile } from './file.ts';
import type { FieldErrors, Form, RawValues } from './form.ts';
import type { Receipt } from './receipt.ts';

export type PlatformName = Address['platform'];

/** Thrown by `send`, `edit` and surfaces when the platform refuses or can't be reached. */
export class PlatformError extends Error {
  /** `removed`: the platform's admins removed Latchkey. Nothing can be sent until it is installed again. */
  readonly code: 'gone' | 'rate-limited' | 'unreachable' | 'refused' | 'removed';
  /** After how many milliseconds a retry may succeed, where the platform named that. */
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

/** One call of a platform's API, for metrics. */
export interface PlatformCall {
  readonly platform: PlatformName;
  /** The method of the Web API, or the operation of the connector; never any content of the call. */
  readonly operation: string;
  readonly outcome: 'ok' | PlatformError['code'];
  readonly seconds: number;
}

/** `now`: its reader has just acted on it or got it. `soon`: it is from today. `later`: any other. */
export type EditUrgency = 'now' | 'soon' | 'later';

/** Sends messages without an interaction; used by the worker. */
export interface ChatPlatform {
  readonly name: PlatformName;
  /**
   * `to` is a direct conversation, or a message in one. Returns the address of the message; where a card needed several
   * messages, of the first. @throws {PlatformError}
   */
  send(to: Address, card: Card): Promise<Address>;
  /**
   * @param urgency which edits wait for which where the platform limits them; `now` unless it is said
   * @throws {PlatformError} `gone` when the message was deleted.
   */
  edit(message: Address, card: Card, urgency?: EditUrgency): Promise<void>;
  /**
   * The direct conversation with the person who has this verified address, even if they have never written; undefined for
   * an unknown address. Left out on platforms where only people who have written can be reached.
   * @param takesUnconfirmed whether an unverified address in a member's profile counts
   * @throws {PlatformError}
   */
  directOf?(email: string, takesUnconfirmed?: boolean): Promise<Address | undefined>;
  /** The channel with this written name (`#general`); undefined for an unknown name. Left out where channels have no names. */
  channelNamed?(name: string): Address | undefined;
  /** The channel that a message is in, whatever name it was sent to. Left out where channels have no names. */
  channelOf?(message: Address): Address;
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
  /** Only an address that this organization's platform has verified; never for `outside`. */
  readonly email?: string;
  /** An unverified address in a member's profile; left out where there is a verified one. */
  readonly unconfirmedEmail?: string;
  /**
   * Their mail address, on platforms that identify people by a sign-in name (Teams). More people can change it than the
   * sign-in name. Left out where both are the same.
   */
  readonly mail?: string;
  /** `plainName`: they wrote it themselves. */
  readonly name: string;
  /** The direct conversation with them, where the platform has one before they write. */
  readonly direct?: Address;
  /** `guest`: of this organization, with limits. `outside`: of another one (Slack Connect, Teams federation). */
  readonly kind: 'member' | 'guest' | 'bot' | 'outside';
  /** The client's language as the platform writes it (`de-DE`), where it is known. */
  readonly locale?: string;
}

/** The conversation that an interaction came from. */
export interface Here {
  readonly address: Address;
  /** The name that people there use (`#general`), where the platform gives it. */
  readonly name?: string;
}

/** One interaction that came in, of any kind. */
export interface Inbound {
  readonly user: ChatUser;
  /** The same for a redelivery of the same interaction, different otherwise. */
  readonly key: string;
  /** Left out where the platform waits until it is handled. */
  readonly receipt?: Receipt | undefined;
  readonly place: 'direct' | 'shared';
  /** The user's direct conversation with the bot, where it is known. */
  readonly direct?: Address;
  /** The conversation that it came from; left out where the bot isn't part of it, or there is none. */
  readonly here?: Here;
  /**
   * Posts to the conversation that it came from, visible to everyone there; left out like `here`. @throws {PlatformError}
   * `gone` or `refused` where the bot may not write there
   */
  readonly postHere?: (card: Card) => Promise<void>;
  /** Shows for a moment that an answer is on its way; left out where the platform has nothing for it. @throws {PlatformError} */
  readonly typing?: () => Promise<void>;
  /** The person wrote or pressed nothing: the bot was installed, or a client sent a query. */
  readonly unasked?: true;
  /** The client's language as the platform writes it (`de-DE`), where it is known. */
  readonly locale?: string;
  /** Asks the platform; undefined when it doesn't know that user. @throws {PlatformError} */
  profileOf(userId: string): Promise<ChatProfile | undefined>;
}

/** A shortcut in a person's client. */
export type Shortcut =
  /** Used from anywhere. */
  | { readonly kind: 'global' }
  /** Used on a message. `userId` is its author, as in `ChatUser`; left out where the author is no user. */
  | { readonly kind: 'author'; readonly userId?: string };

/** How one interaction is answered. @throws {PlatformError} from every method. */
export interface Surface {
  /** The message that was clicked, if one was. */
  readonly clicked?: Address;
  /** The user's name, where others read what is said `here`. */
  readonly amongOthers?: string;
  /**
   * Sends to the user's direct conversation. Returns undefined where the platform can't send there; then the user was
   * answered once in the place of the request, visible only to them.
   */
  toPerson(card: Card): Promise<Address | undefined>;
  /** Answers in the place of the request; visible only to that person where the platform can do that. */
  here(card: Card): Promise<void>;
  /** Replaces the message that was clicked. */
  replace(card: Card): Promise<void>;
  /** Shows the card as the person's Home. Only set for presses on Home, where nothing else can be shown. */
  readonly home?: (card: Card) => Promise<void>;
  /** Opens a loading form at once; the window is filled when its fields are known. */
  openForm(title: string, call: ActionCall): Promise<FormWindow>;
}

export interface FormWindow {
  /** `session` comes back with the answer. */
  fill(form: Form, session: string): Promise<void>;
  /** Shows a card instead of the form, which explains why there is none. */
  refuse(card: Card): Promise<void>;
}

/** The raw answer to a form. */
export interface Submission {
  readonly call: ShownCall;
  readonly session: string;
  readonly raw: RawValues;
  /** Characters of a text field. A longer text stood beside its field: without an answer it stays. */
  readonly longestText?: number;
  /** Files by field, where the platform's forms take files. Fetched only for fields that ask for them. */
  readonly files?: Readonly<Record<string, ChatFile>>;
}

/** Another form replaces the one that was sent. */
export interface NextForm {
  readonly kind: 'next';
  readonly form: Form;
  readonly session: string;
  readonly call: ShownCall;
}

/**
 * What the adapter tells the platform about a submission: keep the form open with errors beside its fields, or close it
 * and then run `after`, which uses the surface and never throws.
 */
export type SubmissionOutcome =
  | { readonly kind: 'invalid'; readonly errors: FieldErrors; readonly form: Form }
  | NextForm
  /** `locale` is the person's language, for the adapter's own texts. */
  | { readonly kind: 'closed'; readonly after: () => Promise<void>; readonly locale: string };
