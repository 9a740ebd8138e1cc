/** Sends cards through the Bot Connector. */
import { compact } from '../../core/compact.ts';
import type { Address } from '../../core/message.ts';
import { plainName, shorten } from '../../core/shorten.ts';
import { t } from '../../core/translate.ts';
import { type Card, note, type Text } from '../view/card.ts';
import {
  type ChatPlatform,
  type ChatProfile,
  type PlatformCall,
  PlatformError,
} from '../view/platform.ts';
import { type AdaptiveCard } from './adaptive-card.ts';
import { addressOf, conversationOf, messageIn, type Place, placeOf } from './address.ts';
import { type Pause, withBackoff } from './back-off.ts';
import type { Connector, OutgoingActivity, TeamsMember } from './connector/connector.ts';
import { ConversationClosed } from './connector/refusal.ts';
import { SUMMARY_UNITS } from './limits.ts';
import { renderCard, renderInOne } from './render-card.ts';

export type TeamsConfig =
  | { readonly appId: string; readonly tenantId: string }
  /** Microsoft's local client. It has no tokens, and must send the secret when there is one. */
  | { readonly local: true; readonly secret?: string };

/** What the adapter needs beyond `ChatPlatform`. Every method @throws {PlatformError}. */
export interface TeamsPlatform extends ChatPlatform {
  /** Sends one rendered card into a conversation. */
  post(conversation: Address, card: AdaptiveCard, summary: string): Promise<Address>;
  update(message: Address, card: AdaptiveCard, summary: string): Promise<void>;
  /** Shows for some seconds that an answer is on its way. */
  typing(conversation: Address): Promise<void>;
  /** Opens or finds the direct conversation with a user. `near` names the bot and the region. */
  openDirect(near: Address, teamsUserId: string): Promise<Address>;
  /**
   * A member's profile, by Teams id or Entra object id. Undefined for a person who isn't a member. In a channel the
   * members are the team's.
   */
  member(conversation: Address, userId: string, team?: string): Promise<Member | undefined>;
}

export interface Member extends ChatProfile {
  /** The Entra object id, when Teams sends it. */
  readonly objectId: string | undefined;
}

interface PlatformDeps {
  readonly connector: Connector;
  /** A user of another tenant is `outside`. Undefined for the local client, which invents its tenant. */
  readonly tenantId: string | undefined;
  readonly dialogs: boolean;
  /** Called when a Bot Connector call has ended. */
  readonly onCall?: (call: PlatformCall) => void;
  /** Whether calls wait when Teams wants it. Left out: the sender waits in its own way. */
  readonly backsOff?: boolean;
  /** For tests: waits for a back-off. */
  readonly pause?: Pause | undefined;
}

export function teamsPlatform({
  connector,
  tenantId,
  dialogs,
  onCall = () => undefined,
  backsOff = false,
  pause,
}: PlatformDeps): TeamsPlatform {
  const retry = withBackoff(pause);
  const call = <T>(operation: string, work: () => Promise<T>, waits = backsOff): Promise<T> =>
    waits ? retry(() => measured(operation, work)) : measured(operation, work);

  async function measured<T>(operation: string, work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    const done = (outcome: PlatformCall['outcome']) =>
      onCall({
        platform: 'teams',
        operation,
        outcome,
        seconds: (performance.now() - began) / 1000,
      });
    try {
      const result = await work();
      done('ok');
      return result;
    } catch (error) {
      if (error instanceof PlatformError) done(error.code);
      throw error;
    }
  }

  async function post(
    conversation: Address,
    card: AdaptiveCard,
    { summary, waits }: { readonly summary: string; readonly waits?: boolean },
  ): Promise<Address> {
    const place = placeOf(conversation);
    const send = () => connector.send(place, activityOf(place, card, summary));
    return messageIn(conversation, await call('send', send, waits));
  }

  /** The sender sends all of the card again. Nobody would know of this part, whose buttons would stay as they are. */
  async function outdate(part: Address): Promise<void> {
    try {
      await platform.edit(part, note(t`This part of the card is out of date`));
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
    }
  }

  const platform: TeamsPlatform = {
    name: 'teams',

    async send(to, card) {
      const conversation = conversationOf(to);
      const [first, ...rest] = renderCard(card, { dialogs });
      const address = await platform.post(conversation, first, summaryOf(card));
      const posted = [address];
      try {
        // In order. Each waits here: a sender that repeats the card sends its first part twice.
        for (const part of rest)
          posted.push(await post(conversation, part, { summary: card.title, waits: true }));
      } catch (error) {
        for (const part of posted) await outdate(part);
        throw error;
      }
      return address;
    },

    edit: (message, card) =>
      platform.update(message, renderInOne(card, { dialogs }), summaryOf(card)),

    post: (conversation, card, summary) => post(conversation, card, { summary }),

    async update(at, card, summary) {
      const { message, ...place } = placeOf(at);
      if (message === undefined) throw new TypeError('Only a message can be edited');
      await call('edit', () =>
        connector
          .update({ ...place, message }, activityOf(place, card, summary))
          .catch(keepingMessage),
      );
    },

    async typing(conversation) {
      const place = placeOf(conversation);
      await measured('typing', () => connector.send(place, outgoing(place, 'typing')));
    },

    async openDirect(near, teamsUserId) {
      const { message: _, ...place } = placeOf(near);
      const conversation = await call('open', () =>
        connector.open(place.serviceUrl, {
          isGroup: false,
          bot: { id: place.bot },
          members: [{ id: teamsUserId }],
          tenantId: place.tenant,
          channelData: { tenant: { id: place.tenant } },
        }),
      );
      return addressOf({ ...place, conversation });
    },

    async member(at, userId, team) {
      const { serviceUrl, conversation } = placeOf(at);
      try {
        const found = await call('member', () =>
          connector.member({ serviceUrl, conversation: team ?? conversation }, userId),
        );
        return readMember(found, tenantId);
      } catch (error) {
        if (error instanceof ConversationClosed) throw error; // It says nothing of the person.
        if (error instanceof PlatformError && error.code === 'gone') return undefined;
        throw error;
      }
    },
  };
  return platform;
}

/** The bot may be let in again. Then the message is still there, and a later edit reaches it. */
function keepingMessage(error: unknown): never {
  if (error instanceof ConversationClosed) throw new ConversationClosed('refused', error.message);
  throw error;
}

/** What a notification shows: of "You requested Fernboard" people want to know what came of it. */
function summaryOf({ title, blocks: [first] }: Card): string {
  const said =
    first?.kind === 'text' ? [first.text] : first?.kind === 'row' ? [first.text, first.detail] : [];
  return [title, ...compact(said).map(wordsOf)].join(' · ');
}

const wordsOf = (text: Text): string =>
  text.map((span) => (typeof span === 'string' ? span : span.text)).join('');

const activityOf = (place: Place, card: AdaptiveCard, summary: string): OutgoingActivity => ({
  ...outgoing(place, 'message'),
  attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content: card }],
  summary: shorten(summary, SUMMARY_UNITS),
});

const outgoing = (
  { serviceUrl, channel, bot, conversation, tenant }: Place,
  type: OutgoingActivity['type'],
): OutgoingActivity => ({
  type,
  serviceUrl,
  channelId: channel,
  from: { id: bot, name: 'Latchkey' },
  conversation: { id: conversation, tenantId: tenant, isGroup: false },
});

function readMember(found: TeamsMember, tenantId: string | undefined): Member {
  const { name, email, userPrincipalName, userRole } = found;
  const kind = kindOf({ userRole, userPrincipalName, home: found.tenantId, tenantId });
  return {
    name: plainName(name ?? ''),
    kind,
    objectId: found.aadObjectId ?? found.objectId ?? undefined,
    // The local client invents its people.
    ...addressesOf({
      kind,
      email,
      signInName: userPrincipalName || (tenantId === undefined ? email : undefined),
    }),
  };
}

/**
 * A member's address is their sign-in name, which only their organization's admins set. A guest's is not trusted: another
 * organization's admin can write any address into its directory.
 */
function addressesOf({
  kind,
  email,
  signInName,
}: {
  readonly kind: ChatProfile['kind'];
  readonly email: string | null | undefined;
  readonly signInName: string | null | undefined;
}): Pick<ChatProfile, 'email' | 'mail'> {
  if (kind === 'outside' || kind === 'bot') return {};
  const confirmed = kind === 'member' ? signInName : undefined;
  const isOther = email && email.toLowerCase() !== confirmed?.toLowerCase();
  return { ...(confirmed && { email: confirmed }), ...(isOther && { mail: email }) };
}

interface Standing {
  readonly userRole: string | null | undefined;
  readonly userPrincipalName: string | null | undefined;
  readonly home: string | null | undefined;
  readonly tenantId: string | undefined;
}

function kindOf({ userRole, userPrincipalName, home, tenantId }: Standing): ChatProfile['kind'] {
  if (userRole === 'bot') return 'bot';
  // A user without a tenant may belong to any.
  if (tenantId !== undefined && home?.toLowerCase() !== tenantId.toLowerCase()) return 'outside';
  if (userRole === 'guest' || userRole === 'anonymous') return 'guest';
  return userPrincipalName?.toUpperCase().includes('#EXT#') ? 'guest' : 'member';
}
