/** Chooses the driver of the Bot Connector. */
import { createRequire } from 'node:module';
import { codeOf } from '../../../core/error-code.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { BotToken } from './bot-token.ts';
import type { Connector, ConnectorDriver } from './connector.ts';
import type { ConnectorHttp } from './connector-http.ts';
import type { BotApp, SecretApp } from './credential.ts';
import { directConnector } from './direct.ts';
import { calledOnlyAt, isMicrosofts, isOfThisMachine } from './service-url.ts';

export interface ConnectorSettings {
  /** Undefined for the local client, which takes no tokens. */
  readonly app: BotApp | undefined;
  /** Undefined: the SDK where it is installed and knows the credential, else `direct`. */
  readonly driver: ConnectorDriver | undefined;
}

export interface ConnectorDeps {
  readonly http: ConnectorHttp;
  /** In milliseconds. */
  readonly now: () => number;
  /** For tests. */
  readonly sdk?: Sdk;
}

interface Sdk {
  /** Whether the package is among the installed ones. A bundle may contain it all the same. */
  isInstalled(): boolean;
  /** `botbuilder-driver.ts`. */
  load(): Promise<{ botbuilderConnector(app: SecretApp | undefined): Connector }>;
}

const realSdk: Sdk = {
  isInstalled() {
    try {
      createRequire(import.meta.url).resolve('botbuilder');
      return true;
    } catch {
      return false;
    }
  },
  load: () => import('./botbuilder-driver.ts'),
};

/** `TEAMS_CONNECTOR` is `botbuilder`, and that package is not installed. */
export class SdkMissing extends Error {
  readonly code = 'sdk-missing';
  constructor() {
    super(
      'is botbuilder, and that package is not installed; remove it, or install Latchkey with its optional packages',
    );
    this.name = 'SdkMissing';
  }
}

/** @throws {SdkMissing} */
export async function openConnector(
  settings: ConnectorSettings,
  { http, now, sdk = realSdk }: ConnectorDeps,
): Promise<Connector> {
  const { app } = settings;
  const loaded = await sdkFor(settings, sdk);
  const connector = loaded
    ? loaded.botbuilderConnector(app && { ...app, secret: secretOf(app) })
    : directConnector({ http, token: app && new BotToken(app, { http, now }) });
  return calledOnlyAt(app ? isMicrosofts : isOfThisMachine, connector);
}

/** Undefined for `direct`. */
async function sdkFor({ app, driver }: ConnectorSettings, sdk: Sdk) {
  switch (driver) {
    case 'direct':
      return undefined;
    case 'botbuilder':
      return sdk.load().catch((error: unknown) => {
        throw isMissing(error) ? new SdkMissing() : error;
      });
    case undefined: {
      const knowsCredential = !app || app.credential.kind === 'secret';
      return knowsCredential && sdk.isInstalled() ? sdk.load() : undefined;
    }
    default:
      return unreachable(driver);
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error &&
  codeOf(error) === 'ERR_MODULE_NOT_FOUND' &&
  error.message.includes("'botbuilder'");

function secretOf({ credential }: BotApp): string {
  if (credential.kind !== 'secret') throw new TypeError('The SDK takes a client secret only');
  return credential.secret;
}
