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

/** Slack takes a refresh token once, and says how long the new token lives: 12 hours. */
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
    if (!said.access_token || !said.refresh_token || !said.expires_in)
      return { kind: 'failed', why: 'Slack renewed the token and did not say everything about it' };
    return {
      kind: 'renewed',
      token: said.access_token,
      refreshToken: said.refresh_token,
      expiresInMs: said.expires_in * 1000,
    };
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
