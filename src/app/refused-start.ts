/** Why Latchkey doesn't start: what is wrong with the configuration, with the variable to correct. */
import type { RequestListener } from 'node:http';
import { SocketFailed } from '../bots/slack/connection.ts';
import { SdkMissing } from '../bots/teams/connector/open-connector.ts';
import type { PlatformError } from '../bots/view/platform.ts';
import type { Config } from '../config/config.ts';
import type { Problem } from '../config/variables.ts';
import { isProxy, type TrustedProxies } from '../core/network/client-address.ts';
import { isLoopbackAddress } from '../core/network/loopback.ts';
import { StaleWrite } from '../engine/ports/store.ts';
import { WRONG_CONFIGURATION } from '../node-version.ts';
import { whyNoDatabase } from '../store/database-trouble.ts';
import { CannotListen, type Listening, listen } from '../web/listen.ts';
import { MissingKey } from './foundation.ts';

/** The configuration can't be used. It lists every problem with its variable. */
export class BadConfiguration extends Error {
  readonly code = 'bad-configuration';
  readonly problems: readonly Problem[];
  readonly exitCode: number;
  constructor(problems: readonly Problem[]) {
    super('The configuration has problems');
    this.name = 'BadConfiguration';
    this.problems = problems;
    this.exitCode = problems.every(({ passes }) => passes) ? 1 : WRONG_CONFIGURATION;
  }
}

const OVERTAKEN =
  "can't be written: another process, most likely another Latchkey that starts, changed the same each time; start this one again";

/** @throws {BadConfiguration} for a missing key or SDK or an unusable database; otherwise the error itself */
export function refuseUnusable(error: unknown, file: string | undefined): never {
  if (error instanceof MissingKey)
    throw new BadConfiguration([{ variable: 'LATCHKEY_KEYS', message: error.message }]);
  if (error instanceof SdkMissing)
    throw new BadConfiguration([{ variable: 'TEAMS_CONNECTOR', message: error.message }]);
  const why = error instanceof StaleWrite ? OVERTAKEN : whyNoDatabase(error, file);
  throw why === undefined
    ? error
    : new BadConfiguration([{ variable: 'DATABASE_URL', message: why, passes: true }]);
}

/** @throws {BadConfiguration} when the address can't be used */
export async function listenOrSay(
  web: RequestListener,
  config: Config,
  proxies: TrustedProxies,
): Promise<Listening> {
  const isOurs = (address: string) => isLoopbackAddress(address) || isProxy(address, proxies);
  try {
    return await listen(web, config, { isOurs });
  } catch (error) {
    if (!(error instanceof CannotListen)) throw error;
    const { variable, message } = error;
    throw new BadConfiguration([{ variable, message, passes: true }]); // Another process may have the port, and end.
  }
}

/** Slack's word is final: where it may answer otherwise at the next start, the connection is tried again. */
export function tokenRefused(refusal: PlatformError): BadConfiguration {
  const { variable, cure } = refusal instanceof SocketFailed ? APP_TOKEN : BOT_TOKEN;
  return new BadConfiguration([
    { variable, message: `Slack does not accept it (${refusal.message}); ${cure}` },
  ]);
}

const BOT_TOKEN = {
  variable: 'SLACK_BOT_TOKEN',
  cure: 'copy the bot token of the installed app, like SLACK_BOT_TOKEN=xoxb-…',
};
const APP_TOKEN = {
  variable: 'SLACK_APP_TOKEN',
  cure: 'copy the app-level token under "Basic Information", like SLACK_APP_TOKEN=xapp-…',
};
