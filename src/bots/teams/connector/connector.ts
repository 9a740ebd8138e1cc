/** What Latchkey asks of the Bot Connector. Two drivers answer it: `direct.ts` and `botbuilder-driver.ts`. */
import { z } from 'zod';
import { PlatformError } from '../../view/platform.ts';

export type ConnectorDriver = 'botbuilder' | 'direct';

/** Sends once, without a retry: people might get a message twice. Every method @throws {PlatformError}. */
export interface Connector {
  readonly driver: ConnectorDriver;
  /** @returns the id of the message; empty for `typing`, which is none */
  send(to: ConversationAt, activity: OutgoingActivity): Promise<string>;
  update(message: MessageAt, activity: OutgoingActivity): Promise<void>;
  /** Opens or finds a direct conversation. @returns its id */
  open(serviceUrl: string, start: ConversationStart): Promise<string>;
  /** A member of a conversation or a team, by Teams id or Entra object id. */
  member(of: ConversationAt, userId: string): Promise<TeamsMember>;
}

export interface ConversationAt {
  /** The regional Bot Connector that serves the conversation. */
  readonly serviceUrl: string;
  /** The id of a conversation, or of a team where its members are wanted. */
  readonly conversation: string;
}

export interface MessageAt extends ConversationAt {
  readonly message: string;
}

/** As `Activity` of the Bot Connector's API, as far as Latchkey writes it. */
export interface OutgoingActivity {
  /** `typing` has neither attachments nor a summary; Teams shows it for a few seconds. */
  readonly type: 'message' | 'typing';
  readonly serviceUrl: string;
  readonly channelId: string;
  readonly from: { readonly id: string; readonly name: string };
  readonly conversation: {
    readonly id: string;
    readonly tenantId: string;
    readonly isGroup: boolean;
  };
  readonly attachments?: readonly {
    readonly contentType: 'application/vnd.microsoft.card.adaptive';
    readonly content: unknown;
  }[];
  /** The text of a card's notification. */
  readonly summary?: string;
}

/** As `ConversationParameters` of the Bot Connector's API, as far as Latchkey writes them. */
export interface ConversationStart {
  readonly isGroup: false;
  readonly bot: { readonly id: string };
  readonly members: readonly { readonly id: string }[];
  readonly tenantId: string;
  readonly channelData: { readonly tenant: { readonly id: string } };
}

/** Ids become parts of addresses and are stored. Those of Teams have some 200 characters. */
const MAX_ID = 2000;

const created = z.looseObject({ id: z.string().min(1).max(MAX_ID) });

const text = z.string().max(MAX_ID).nullish();
const member = z.looseObject({
  name: text,
  email: text,
  userPrincipalName: text,
  aadObjectId: text,
  objectId: text,
  tenantId: text,
  userRole: text,
});
export type TeamsMember = Readonly<z.infer<typeof member>>;

/** The id of what was sent. @throws {PlatformError} when a message got none */
export const sentIdIn = (answer: unknown, { type }: OutgoingActivity): string =>
  type === 'typing' ? '' : idIn(answer);

/** The id in an answer. @throws {PlatformError} when it has none */
export function idIn(answer: unknown): string {
  const { data } = created.safeParse(answer);
  if (!data) throw new PlatformError('refused', 'The Bot Connector gave no id');
  return data.id;
}

/** The member in an answer. @throws {PlatformError} when it is none */
export function memberIn(answer: unknown): TeamsMember {
  const { data } = member.safeParse(answer);
  if (!data) throw new PlatformError('refused', 'The Bot Connector gave no member');
  return data;
}
