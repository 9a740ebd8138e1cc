/** Renews a token of Slack's token rotation (docs.slack.dev, "Using token rotation"): `oauth.v2.access` with the refresh token. */
import { webApi } from '@slack/bolt';
import type { Renewal } from '../view/renewal.ts';
import { clientOptions, type SlackLog, toPlatformError } from './web-api.ts';

export interface SlackApp {
  readonly clientId: string;
  readonly clientSecret: string;
  /** For tests: another Web API than Slack's. */
  readonly apiUrl: string | undefined;
}

/** Slack's errors for a refresh token that was used, or whose app was uninstalled. */
const LOST = new Set(['invalid_refresh_token', 'token_revoked', 'token_expired']);

/** How long a token lives whose life Slack didn't say. Slack's own live for 12 hours. */
const UNSAID_SECONDS = 3600;

/**
 * Slack takes a refresh token once, and says how long the new token lives. An answer without that, or without the next refresh
 * token, is taken all the same: the old refresh token may be used up.
 */
export async function renewSlackToken(
  refreshToken: string,
  { clientId, clientSecret, apiUrl }: SlackApp,
  log: SlackLog,
): Promise<Renewal> {
  const client = new webApi.WebClient(undefined, clientOptions(apiUrl, log));
  try {
    const said = await client.oauth.v2.access({
      client_id: clientId,
      client_secret: clientSecret,
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
    });
    const { access_token: token, refresh_token: next = refreshToken, expires_in: seconds } = said;
    if (!token) return { kind: 'failed', why: 'Slack answered without a token' };
    const expiresInMs = (seconds || UNSAID_SECONDS) * 1000;
    return { kind: 'renewed', token, refreshToken: next, expiresInMs };
  } catch (error) {
    if (error instanceof webApi.WebAPIPlatformError && LOST.has(error.data.error))
      return { kind: 'lost' };
    const { message } = toPlatformError(error);
    return {
      kind: 'failed',
      why: `The token could not be renewed: ${message}. SLACK_CLIENT_ID and SLACK_CLIENT_SECRET are under "Basic Information"`,
    };
  }
}
