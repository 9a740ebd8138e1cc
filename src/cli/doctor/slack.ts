/** Checks that Slack accepts the tokens, and that the bot has the scopes that it needs. */
import { z } from 'zod';
import { commands } from '../../bots/features/commands.ts';
import { slackAppManifest } from '../../bots/slack/app-manifest.ts';
import type { Config } from '../../config/config.ts';
import type { SlackConfig } from '../../config/config-chat.ts';
import type { ChatToken } from '../../engine/ports/chat-stores.ts';
import {
  codeOrReason,
  type Finding,
  fine,
  problem,
  reachHost,
  TIMEOUT_MS,
  warning,
} from './finding.ts';

const CHECK = 'Slack';
const SLACK_API = 'https://slack.com/api/';

/** How scopes are added. */
const ADD_SCOPES =
  'print the app manifest with "latchkey slack-manifest", replace the old one with it at api.slack.com/apps, and press Reinstall to Workspace';

const answer = z.object({
  ok: z.boolean(),
  error: z.string().optional(),
  team: z.string().optional(),
  user: z.string().optional(),
});

type SlackAnswer =
  | { readonly kind: 'answer'; readonly body: z.infer<typeof answer>; readonly scopes: Scopes }
  | { readonly kind: 'unreachable'; readonly why: string };
/** The token's scopes. Undefined when Slack didn't send them. */
type Scopes = readonly string[] | undefined;

/** @param rotating with token rotation, the stored token; undefined before the first start */
export async function checkSlack(
  slack: SlackConfig,
  config: Config,
  rotating: Promise<ChatToken | undefined>,
): Promise<readonly Finding[]> {
  const stored = slack.rotation && (await rotating);
  if (stored?.lostAt && stored.origins.at(-1) === slack.rotation?.refreshToken) return [lost];
  const said = await call('auth.test', stored?.token ?? slack.botToken, slack);
  if (said.kind === 'unreachable') return [notReached(said.why, config)];
  if (slack.rotation && said.body.error === 'token_expired')
    return [warning(CHECK, 'The bot token has expired', 'A start renews it.')];
  if (slack.rotation && GONE.has(said.body.error ?? '')) return [ended(said.body.error)];
  if (!said.body.ok) return [refused('SLACK_BOT_TOKEN', said.body.error)];
  const { team = 'a workspace', user = 'the bot' } = said.body;
  return [
    fine(CHECK, `Slack knows the bot as ${user} of ${team}`),
    scopeFinding(said.scopes, slack, config),
    await receiving(slack, config),
  ];
}

function scopeFinding(scopes: Scopes, { receive }: SlackConfig, { publicUrl }: Config): Finding {
  const socketMode = receive.kind === 'socket';
  const { oauth_config } = slackAppManifest({ publicUrl, socketMode, commands });
  const { bot: needed, bot_optional: optional } = oauth_config.scopes;
  if (!scopes)
    return warning(
      CHECK,
      'Slack did not say which scopes the token has',
      `Check under "OAuth & Permissions" that it has ${needed.join(', ')}.`,
    );
  const lacking = needed.filter((scope) => !scopes.includes(scope));
  if (lacking.length === 0) return fine(CHECK, 'The token has every scope it needs');
  if (lacking.every((scope) => optional.some((each) => each === scope)))
    return warning(
      CHECK,
      `The token lacks these optional scopes: ${lacking.join(', ')}`,
      `Without app_mentions:read the bot hears no mention in a channel; without files:read it takes manifests and lists of people as text only; without links:read and links:write links to its pages have no preview. To add them, ${ADD_SCOPES}.`,
    );
  return problem(
    CHECK,
    `The token lacks these scopes: ${lacking.join(', ')}`,
    `To add them, ${ADD_SCOPES}.`,
  );
}

async function receiving(slack: SlackConfig, config: Config): Promise<Finding> {
  const { receive } = slack;
  const { publicUrl } = config;
  if (receive.kind === 'http')
    return publicUrl.startsWith('https:')
      ? fine(CHECK, `It calls ${publicUrl}/slack/events`)
      : problem(
          CHECK,
          `Slack calls https addresses only, and PUBLIC_URL is ${publicUrl}`,
          'Set PUBLIC_URL to an https address, or SLACK_APP_TOKEN to connect over a socket.',
        );
  const said = await call('apps.connections.open', receive.appToken, slack);
  if (said.kind === 'unreachable') return notReached(said.why, config);
  return said.body.ok
    ? fine(CHECK, 'The app token opens a socket')
    : refused('SLACK_APP_TOKEN', said.body.error);
}

async function call(method: string, token: string, { apiUrl }: SlackConfig): Promise<SlackAnswer> {
  try {
    const response = await fetch(new URL(method, apiUrl ?? SLACK_API), {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}` },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const scopes = response.headers.get('x-oauth-scopes');
    const body = answer.safeParse(await response.json().catch(() => undefined));
    if (!body.success) return { kind: 'unreachable', why: `HTTP ${response.status}` };
    return {
      kind: 'answer',
      body: body.data,
      scopes: scopes?.split(',').map((scope) => scope.trim()),
    };
  } catch (error) {
    return { kind: 'unreachable', why: codeOrReason(error) };
  }
}

const lost = problem(
  CHECK,
  'Slack does not take the stored refresh token any more',
  'Install the app again at api.slack.com/apps, set SLACK_BOT_TOKEN and SLACK_REFRESH_TOKEN to what "OAuth & Permissions" shows then, and start Latchkey again.',
);

/** Of a stored token. */
const ended = (error: string | undefined): Finding =>
  problem(
    CHECK,
    `It refuses the stored bot token (${error})`,
    'Start Latchkey again, which renews the token where the app is still installed. If this stays, install the app again at api.slack.com/apps, and set SLACK_BOT_TOKEN and SLACK_REFRESH_TOKEN to what "OAuth & Permissions" shows then.',
  );

const notReached = (why: string, { proxy }: Config): Finding =>
  problem(CHECK, `It can't be reached (${why})`, reachHost('slack.com', proxy));

/** Slack's errors for an invalid token. */
const GONE = new Set(['token_revoked', 'token_expired', 'account_inactive', 'invalid_auth']);

function refused(variable: string, error = 'no reason given'): Finding {
  const word = /^[a-z_]{1,60}$/.test(error) ? error : 'no reason given';
  return problem(
    CHECK,
    `It refuses ${variable} (${word})`,
    GONE.has(word) || word === 'not_allowed_token_type'
      ? `Copy the token again from api.slack.com/apps: ${variable === 'SLACK_BOT_TOKEN' ? '"OAuth & Permissions", xoxb-…' : '"Basic Information", "App-Level Tokens", xapp-… with connections:write'}.`
      : 'Check the app at api.slack.com/apps.',
  );
}
