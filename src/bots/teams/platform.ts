/** Sends messages through the Bot Connector, with our own types. */
import {
  type Activity,
  ActivityTypes,
  CardFactory,
  type ChannelAccount,
  ConfigurationBotFrameworkAuthentication,
  ConfigurationServiceClientCredentialFactory,
} from 'botbuilder';
import { z } from 'zod';
import type { Address } from '../../core/message.ts';
import {
  type ChatPlatform,
  type ChatProfile,
  type PlatformCall,
  PlatformError,
} from '../view/platform.ts';
import type { AdaptiveCard } from './adaptive-card.ts';
import { addressOf, conversationOf, messageIn, type Place, placeOf } from './address.ts';
import { type Connector, TeamsAdapter } from './botbuilder-internals.ts';
import { BACK_OFF_STATUSES } from './limits.ts';
import { renderCard, renderInOne } from './render-card.ts';

export type TeamsConfig =
  | { readonly appId: string; readonly password: string; readonly tenantId: string }
  /** Microsoft's local client. It has no tokens, and must send the secret when there is one. */
  | { readonly local: true; readonly secret?: string };

export function teamsAdapter(config: TeamsConfig): TeamsAdapter {
  if ('local' in config) return new TeamsAdapter(new ConfigurationBotFrameworkAuthentication({}));
  const { appId, password, tenantId } = config;
  const single = {
    MicrosoftAppId: appId,
    MicrosoftAppPassword: password,
    MicrosoftAppType: 'SingleTenant',
    MicrosoftAppTenantId: tenantId,
  };
  return new TeamsAdapter(
    new ConfigurationBotFrameworkAuthentication(
      single,
      new ConfigurationServiceClientCredentialFactory(single),
    ),
  );
}

/** What the adapter needs beyond `ChatPlatform`. Every method @throws {PlatformError}. */
export interface TeamsPlatform extends ChatPlatform {
  /** Sends one rendered card into a conversation. */
  post(conversation: Address, card: AdaptiveCard, summary: string): Promise<Address>;
  update(message: Address, card: AdaptiveCard, summary: string): Promise<void>;
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
  readonly adapter: TeamsAdapter;
  /** Empty for the local client. */
  readonly appId: string;
  /** A user of another tenant is `outside`. Undefined for the local client, which invents its tenant. */
  readonly tenantId: string | undefined;
  readonly dialogs: boolean;
  /** Called when a Bot Connector call has ended. */
  readonly onCall?: (call: PlatformCall) => void;
}

export function teamsPlatform({
  adapter,
  appId,
  tenantId,
  dialogs,
  onCall = () => undefined,
}: PlatformDeps): TeamsPlatform {
  /** Calls the connector that serves the conversation of `at`. */
  async function ask<T>(
    operation: string,
    at: Address,
    work: (connector: Connector, place: Place) => Promise<T>,
  ): Promise<T> {
    const began = performance.now();
    const done = (outcome: PlatformCall['outcome']) =>
      onCall({
        platform: 'teams',
        operation,
        outcome,
        seconds: (performance.now() - began) / 1000,
      });
    const place = placeOf(at);
    try {
      const result = await work(await adapter.connector(appId, place.serviceUrl), place);
      done('ok');
      return result;
    } catch (thrown) {
      const error = asPlatformError(thrown);
      if (error instanceof PlatformError) done(error.code);
      throw error;
    }
  }

  const platform: TeamsPlatform = {
    name: 'teams',

    async send(to, card) {
      const conversation = conversationOf(to);
      const [first, ...rest] = renderCard(card, { dialogs });
      const address = await platform.post(conversation, first, card.title);
      for (const part of rest) await platform.post(conversation, part, card.title); // In order.
      return address;
    },

    edit: (message, card) => platform.update(message, renderInOne(card, { dialogs }), card.title),

    async post(conversation, card, summary) {
      const sent = await ask('send', conversation, ({ conversations }, place) =>
        conversations.sendToConversation(place.conversation, messageOf(place, card, summary)),
      );
      if (!sent.id) throw new PlatformError('refused', 'The Bot Connector gave no message id');
      return messageIn(conversation, sent.id);
    },

    async update(message, card, summary) {
      const { message: id } = placeOf(message);
      if (id === undefined) throw new TypeError('Only a message can be edited');
      await ask('edit', message, ({ conversations }, place) =>
        conversations.updateActivity(place.conversation, id, {
          ...messageOf(place, card, summary),
          id,
        }),
      );
    },

    async openDirect(near, teamsUserId) {
      const place = placeOf(near);
      const created = await ask('open', near, ({ conversations }) =>
        conversations.createConversation({
          isGroup: false,
          bot: account(place.bot),
          members: [account(teamsUserId)],
          tenantId: place.tenant,
          channelData: { tenant: { id: place.tenant } },
        }),
      );
      const { message: _, ...rest } = place;
      return addressOf({ ...rest, conversation: created.id });
    },

    async member(conversation, userId, team) {
      try {
        const found = await ask('member', conversation, ({ conversations }, place) =>
          conversations.getConversationMember(team ?? place.conversation, userId),
        );
        return readMember(found, tenantId);
      } catch (error) {
        if (error instanceof PlatformError && error.code === 'gone') return undefined;
        throw error;
      }
    },
  };
  return platform;
}

/** The SDK's type requires a name; Teams doesn't. */
const account = (id: string) => ({ id }) as ChannelAccount;

const messageOf = (
  { serviceUrl, channel, bot, conversation, tenant }: Place,
  card: AdaptiveCard,
  summary: string,
): Partial<Activity> => ({
  type: ActivityTypes.Message,
  serviceUrl,
  channelId: channel,
  from: { id: bot, name: 'Latchkey' },
  // The SDK's type requires a name and a type. Teams doesn't need them, and the local client refuses empty ones.
  conversation: { id: conversation, tenantId: tenant, isGroup: false } as Activity['conversation'],
  attachments: [CardFactory.adaptiveCard(card)],
  // The text of a card's notification.
  summary: summary.slice(0, 100),
});

const memberSchema = z.looseObject({
  name: z.string().nullish(),
  email: z.string().nullish(),
  userPrincipalName: z.string().nullish(),
  aadObjectId: z.string().nullish(),
  objectId: z.string().nullish(),
  tenantId: z.string().nullish(),
  userRole: z.string().nullish(),
});

function readMember(found: unknown, tenantId: string | undefined): Member | undefined {
  const parsed = memberSchema.safeParse(found);
  if (!parsed.success) return undefined;
  const {
    name,
    email,
    userPrincipalName,
    aadObjectId,
    objectId,
    tenantId: home,
    userRole,
  } = parsed.data;
  const kind = kindOf({ userRole, userPrincipalName, home, tenantId });
  return {
    name: name ?? '',
    kind,
    objectId: aadObjectId ?? objectId ?? undefined,
    // The local client invents its people.
    ...addressesOf({
      kind,
      email,
      signInName: userPrincipalName || (tenantId === undefined ? email : undefined),
    }),
  };
}

/**
 * A member's address is their sign-in name, which only their organisation's admins set. A guest's is not trusted: another
 * organisation's admin can write any address into its directory.
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

/**
 * Turns the connector's errors into ours. We drop the SDK's error as a cause: it holds the request with our token and the
 * card, and causes go to the log.
 */
function asPlatformError(error: unknown): unknown {
  if (error instanceof PlatformError || error instanceof TypeError || error instanceof RangeError)
    return error;
  const { statusCode: status, code } = refusal.safeParse(error).data ?? {};
  if (status === undefined)
    return new PlatformError(
      'unreachable',
      `The Bot Connector could not be reached (${code ?? 'no reason given'})`,
    );
  const message = `The Bot Connector answered ${status}${code === undefined ? '' : ` (${code})`}`;
  if (BACK_OFF_STATUSES.has(status)) {
    const retryAfterMs = retryAfterOf(error);
    return new PlatformError(
      'rate-limited',
      message,
      retryAfterMs === undefined ? {} : { retryAfterMs },
    );
  }
  if (status === 404) return new PlatformError('gone', message);
  // 403: the bot was removed, blocked or never installed there.
  return new PlatformError(status === 403 || status >= 500 ? 'unreachable' : 'refused', message);
}

const refusal = z.looseObject({
  statusCode: z.number().optional().catch(undefined),
  code: z.string().optional().catch(undefined),
});

function retryAfterOf(error: unknown): number | undefined {
  const parsed = z
    .looseObject({
      response: z.looseObject({ headers: z.custom<{ get(name: string): unknown }>() }),
    })
    .safeParse(error);
  if (!parsed.success) return undefined;
  const value = parsed.data.response.headers.get('retry-after');
  const seconds = Number(value);
  return value && Number.isFinite(seconds) ? seconds * 1000 : undefined;
}
