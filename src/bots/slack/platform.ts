/** Sends messages, and reads Slack's profiles of users. */
import type { webApi } from '@slack/bolt';
import { factKey } from '../../core/fold.ts';
import type { Address } from '../../core/message.ts';
import { plainName } from '../../core/shorten.ts';
import { type ChatPlatform, type ChatProfile, PlatformError } from '../view/platform.ts';
import { channelNamed, channelOf } from './channel.ts';
import { EditBudget } from './edit-budget.ts';
import { WORKER_EDITS_PER_MINUTE } from './limits.ts';
import {
  addressOf,
  directAddress,
  editKey,
  type Messenger,
  postCard,
  readAddress,
  updateCard,
} from './messages.ts';
import {
  api,
  type SlackApiOptions,
  type SlackLog,
  slackClient,
  slackSaid,
  waitingOnce,
} from './web-api.ts';

export interface SlackPlatformOptions extends SlackApiOptions {
  /** Milliseconds since any fixed moment: a clock that is put right mustn't stop its edits. */
  readonly now: () => number;
  readonly log: SlackLog;
  /** How many processes share the workspace's edits. */
  readonly processes: () => number;
}

/** For a process that only sends. A process that also receives events uses `createSlack`. */
export const slackPlatform = ({ log, processes, ...options }: SlackPlatformOptions): ChatPlatform =>
  platformOver({
    client: slackClient(options, log),
    budget: new EditBudget(WORKER_EDITS_PER_MINUTE, processes, options.now),
  });

/** `edit` throws `rate-limited` with the time to wait when this process has used its part of the workspace's edits. */
export function platformOver(messenger: Messenger): ChatPlatform {
  const { client, budget } = messenger;
  return {
    name: 'slack',
    async send(to, card) {
      return addressOf(await postCard(messenger, readAddress(to).channel, card));
    },
    async edit(message, card, urgency = 'now') {
      const posted = readAddress(message);
      if (posted.parts.length === 0) throw new TypeError('A conversation cannot be edited');
      const wait = budget.waitFor(editKey(posted), urgency);
      if (wait > 0)
        throw new PlatformError('rate-limited', 'The edits of this minute are used up', {
          retryAfterMs: wait,
        });
      await updateCard({ ...messenger, urgency }, posted, card).catch(keepingMessage);
    },
    directOf: (email, takesUnconfirmed = false) => directOf(client, email, takesUnconfirmed),
    channelNamed,
    channelOf,
  };
}

/** The bot may be let in again, or the channel brought back. Then the message is still there, and a later edit reaches it. */
function keepingMessage(error: unknown): never {
  const closed = slackSaid(error, 'is_archived', 'not_in_channel', 'channel_not_found');
  if (!closed || !(error instanceof PlatformError)) throw error;
  throw new PlatformError('refused', error.message, { cause: error.cause });
}

const SLACKBOT = 'USLACKBOT';

/** Undefined for a user that Slack doesn't know, or no longer knows. @throws {PlatformError} */
export async function profileOf(
  client: webApi.WebClient,
  tenant: string,
  userId: string,
): Promise<ChatProfile | undefined> {
  try {
    const asked = { user: userId, include_locale: true };
    const { user } = await waitingOnce(() => api(client.users.info(asked)));
    if (!user || user.deleted === true) return undefined;
    const email = verifiedEmail(user, tenant);
    const unconfirmedEmail = email ? undefined : memberEmail(user, tenant);
    return {
      name: plainName(user.profile?.real_name || user.real_name || user.name || '') || userId,
      kind: kindOf(user, tenant),
      ...(email && { email }),
      ...(unconfirmedEmail && { unconfirmedEmail }),
      direct: directAddress(userId),
      ...(user.locale && { locale: user.locale }),
    };
  } catch (error) {
    if (slackSaid(error, 'user_not_found', 'user_not_visible', 'users_not_found')) return undefined;
    throw error;
  }
}

/** Uses the same email address that links people when they write. @throws {PlatformError} */
async function directOf(
  client: webApi.WebClient,
  email: string,
  takesUnconfirmed: boolean,
): Promise<Address | undefined> {
  try {
    const { user } = await api(client.users.lookupByEmail({ email }));
    if (!user?.id || user.deleted === true || user.is_bot === true) return undefined;
    const { team_id: tenant = '' } = await api(client.auth.test());
    const theirs =
      verifiedEmail(user, tenant) || (takesUnconfirmed ? memberEmail(user, tenant) : undefined);
    return theirs && factKey(theirs) === email ? directAddress(user.id) : undefined;
  } catch (error) {
    if (slackSaid(error, 'users_not_found')) return undefined;
    throw error;
  }
}

type SlackUser = NonNullable<webApi.UsersInfoResponse['user']>;

/** Another workspace's admin can write any address into a profile there, so we trust none of them. */
const verifiedEmail = (user: SlackUser, tenant: string): string | undefined =>
  user.is_email_confirmed === true && kindOf(user, tenant) !== 'outside'
    ? user.profile?.email
    : undefined;

/** A person who was invited but has not joined yet hasn't proven that the address is theirs. */
const memberEmail = (user: SlackUser, tenant: string): string | undefined =>
  kindOf(user, tenant) === 'member' && user.is_invited_user !== true
    ? user.profile?.email
    : undefined;

function kindOf(user: SlackUser, tenant: string): ChatProfile['kind'] {
  if (user.is_bot === true || user.id === SLACKBOT) return 'bot';
  // In an Enterprise organization one user belongs to several workspaces.
  const teams = [
    user.team_id,
    user.enterprise_user?.enterprise_id,
    ...(user.enterprise_user?.teams ?? []),
  ];
  if (user.is_stranger === true || !teams.includes(tenant)) return 'outside';
  if (user.is_restricted === true || user.is_ultra_restricted === true) return 'guest';
  return 'member';
}
