/** The settings for Slack and Teams: each is off, complete, or a problem. */
import { accessSync, constants } from 'node:fs';
import { compact } from '../core/compact.ts';
import { isLoopbackHost } from '../core/network/loopback.ts';
import { type Expected, type Variables, webAddress } from './variables.ts';

export interface SlackConfig {
  readonly botToken: string;
  /** With an app token Slack uses a socket. Then it needs no signing secret. */
  readonly receive:
    | { readonly kind: 'socket'; readonly appToken: string }
    | { readonly kind: 'http'; readonly signingSecret: string };
  /** Token rotation: the bot token expires, and is renewed with these. */
  readonly rotation: SlackRotation | undefined;
  /** For tests: another Web API than Slack's. */
  readonly apiUrl: string | undefined;
}

export interface SlackRotation {
  /** `xoxe-…`; the first one, since each renewal gives another. */
  readonly refreshToken: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

export type TeamsConfig =
  | {
      readonly kind: 'local';
      /** The secret that the local client must send. */
      readonly secret?: string;
      readonly driver: TeamsDriver | undefined;
    }
  | {
      readonly kind: 'cloud';
      readonly appId: string;
      readonly tenantId: string;
      readonly credential: TeamsCredential;
      readonly driver: TeamsDriver | undefined;
    };

/** How Latchkey calls Teams. Undefined: the SDK where it is installed. */
export type TeamsDriver = (typeof TEAMS_DRIVERS)[number];
const TEAMS_DRIVERS = ['botbuilder', 'direct'] as const;

export type TeamsCredential =
  | { readonly kind: 'secret'; readonly secret: string }
  /** Paths of files. Their content may change while Latchkey runs. */
  | { readonly kind: 'certificate' | 'federated'; readonly file: string };

const SLACK_BOT_TOKEN: Expected = { what: "a bot user's token", example: 'xoxb-…', secret: true };
const SLACK_APP_TOKEN: Expected = { what: 'an app-level token', example: 'xapp-…', secret: true };
const SLACK_REFRESH_TOKEN: Expected = {
  what: 'the refresh token beside the bot token',
  example: 'xoxe-1-…',
  secret: true,
};
const SLACK_API_URL: Expected = { what: 'a web address', example: 'http://localhost:4000/api/' };

/** @returns undefined when Slack is off, or when its settings can't work (that is noted as a problem) */
export function readSlack(vars: Variables): SlackConfig | undefined {
  // Slack has several tokens that look alike, so we refuse only known wrong kinds.
  const botToken = vars.read('SLACK_BOT_TOKEN', SLACK_BOT_TOKEN, unlike(/^(xapp|xoxp)-/));
  const appToken = vars.read('SLACK_APP_TOKEN', SLACK_APP_TOKEN, unlike(/^xox/));
  const signingSecret = vars.text('SLACK_SIGNING_SECRET');
  const apiUrl = vars.read('SLACK_API_URL', SLACK_API_URL, (text) => webAddress(text)?.href);

  const hasToken = vars.text('SLACK_BOT_TOKEN') !== undefined;
  const hasOther = signingSecret !== undefined || vars.text('SLACK_APP_TOKEN') !== undefined;
  if (hasOther && !hasToken)
    vars.refuse(
      'SLACK_BOT_TOKEN',
      'is missing, though other SLACK_ variables are set; add it like SLACK_BOT_TOKEN=xoxb-…, or remove every SLACK_ variable to turn Slack off',
    );
  if (hasToken && !hasOther)
    vars.refuse(
      'SLACK_SIGNING_SECRET',
      'is missing, and SLACK_APP_TOKEN too; set SLACK_SIGNING_SECRET=… to be called over HTTP, or SLACK_APP_TOKEN=xapp-… to connect over a socket',
    );

  const rotation = readRotation(vars);
  if (botToken === undefined) return undefined;
  const found = { botToken, rotation, apiUrl };
  if (appToken !== undefined) return { ...found, receive: { kind: 'socket', appToken } };
  if (signingSecret === undefined) return undefined;
  return { ...found, receive: { kind: 'http', signingSecret } };
}

/** A token that expires begins with `xoxe.`: without what renews it, Latchkey would stop after 12 hours. */
function readRotation(vars: Variables): SlackRotation | undefined {
  const refreshToken = vars.read('SLACK_REFRESH_TOKEN', SLACK_REFRESH_TOKEN, (text) =>
    text.startsWith('xoxe-') ? text : undefined,
  );
  const clientId = vars.text('SLACK_CLIENT_ID');
  const clientSecret = vars.text('SLACK_CLIENT_SECRET');
  const given = {
    SLACK_REFRESH_TOKEN: vars.text('SLACK_REFRESH_TOKEN'),
    SLACK_CLIENT_ID: clientId,
    SLACK_CLIENT_SECRET: clientSecret,
  };
  const expires = vars.text('SLACK_BOT_TOKEN')?.startsWith('xoxe.') ?? false;
  if (!expires && Object.values(given).every((value) => value === undefined)) return undefined;
  for (const [variable, value] of Object.entries(given))
    if (value === undefined)
      vars.refuse(
        variable,
        'is missing, and the app has token rotation: its bot token ends after 12 hours. Set SLACK_REFRESH_TOKEN from beside it, and SLACK_CLIENT_ID and SLACK_CLIENT_SECRET from "Basic Information"',
      );
  if (!refreshToken || clientId === undefined || clientSecret === undefined) return undefined;
  return { refreshToken, clientId, clientSecret };
}

const unlike =
  (wrong: RegExp) =>
  (text: string): string | undefined =>
    wrong.test(text) ? undefined : text;

const GUID: Expected = {
  what: 'an id as Microsoft Entra shows it',
  example: '00000000-0000-0000-0000-000000000000',
};

/** @returns undefined when Teams is off, or when its settings can't work (that is noted as a problem) */
export function readTeams(vars: Variables, publicUrl: string | undefined): TeamsConfig | undefined {
  const appId = vars.read('TEAMS_APP_ID', GUID, readGuid);
  const tenantId = vars.read('TEAMS_TENANT_ID', GUID, readGuid);
  const hasIds = [appId, tenantId].some((id) => id !== undefined);
  const credential = readCredential(vars, hasIds);
  const driver = vars.read('TEAMS_CONNECTOR', DRIVER, (text) =>
    TEAMS_DRIVERS.find((each) => each === text),
  );
  refuseHalf(vars);
  if (driver === 'botbuilder' && credential && credential.kind !== 'secret')
    vars.refuse(
      'TEAMS_CONNECTOR',
      'is botbuilder, which takes a client secret only; remove it, or use TEAMS_CONNECTOR=direct',
    );

  const local = readTeamsLocal(vars, publicUrl);
  if (local) return { ...local, driver };
  if (appId === undefined || credential === undefined || tenantId === undefined) return undefined;
  return { kind: 'cloud', appId, tenantId, credential, driver };
}

const DRIVER: Expected = { what: `one of ${TEAMS_DRIVERS.join(', ')}`, example: 'direct' };
const CREDENTIALS = [
  'TEAMS_APP_PASSWORD',
  'TEAMS_CERTIFICATE_FILE',
  'TEAMS_FEDERATED_TOKEN_FILE',
] as const;

/** Refuses settings of which a part is missing. */
function refuseHalf(vars: Variables): void {
  const isSet = (variable: string) => vars.text(variable) !== undefined;
  const ids = ['TEAMS_APP_ID', 'TEAMS_TENANT_ID'];
  const [first, ...others] = CREDENTIALS.filter(isSet);
  for (const other of others)
    vars.refuse(other, `is set, and ${first} too; Latchkey needs one of them, so remove the other`);
  if (first === undefined && !ids.some(isSet)) return;
  const needsPassword = first === undefined && !isSet(WORKLOAD_IDENTITY);
  const missing = compact([
    needsPassword && 'TEAMS_APP_PASSWORD',
    ...ids.filter((variable) => !isSet(variable)),
  ]).toSorted();
  for (const variable of missing)
    vars.refuse(
      variable,
      `is missing, though other TEAMS_ variables are set; add it like ${variable}=${variable === 'TEAMS_APP_PASSWORD' ? '…' : GUID.example}, or remove every TEAMS_ variable to turn Teams off`,
    );
}

/** Azure's Kubernetes sets this variable in a pod that has a workload identity. */
const WORKLOAD_IDENTITY = 'AZURE_FEDERATED_TOKEN_FILE';

/** @param hasIds whether Teams is set up, so that a workload identity of the machine is for it */
function readCredential(vars: Variables, hasIds: boolean): TeamsCredential | undefined {
  const secret = vars.text('TEAMS_APP_PASSWORD');
  if (secret !== undefined) return { kind: 'secret', secret };
  const certificate = vars.read('TEAMS_CERTIFICATE_FILE', CERTIFICATE, readablePath);
  if (certificate !== undefined) return { kind: 'certificate', file: certificate };
  const isOurs = vars.text('TEAMS_FEDERATED_TOKEN_FILE') !== undefined;
  const takesMachines = hasIds && vars.text('TEAMS_CERTIFICATE_FILE') === undefined;
  if (!isOurs && !takesMachines) return undefined;
  const variable = isOurs ? 'TEAMS_FEDERATED_TOKEN_FILE' : WORKLOAD_IDENTITY;
  const token = vars.read(variable, FEDERATED_TOKEN, readablePath);
  return token === undefined ? undefined : { kind: 'federated', file: token };
}

const CERTIFICATE: Expected = {
  what: 'a file that Latchkey may read',
  example: '/etc/latchkey/teams.pem',
  passes: true,
};
const FEDERATED_TOKEN: Expected = {
  what: 'a file that Latchkey may read',
  example: '/var/run/secrets/azure/tokens/azure-identity-token',
  passes: true,
};

function readablePath(path: string): string | undefined {
  try {
    accessSync(path, constants.R_OK);
    return path;
  } catch {
    return undefined;
  }
}

function readGuid(text: string): string | undefined {
  return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text) ? text.toLowerCase() : undefined;
}

const LOCAL_SECRET: Expected = {
  what: 'a text of at least 16 letters, digits, - and _',
  example: '<text>, and make one with: openssl rand -hex 16',
  secret: true,
};

/**
 * The local client sends unsigned activities, so its users can pretend to be anyone. It is only for trying Latchkey,
 * without other chats or users beside it. The demo's client sends a generated secret, so the demo may have more.
 */
function readTeamsLocal(
  vars: Variables,
  publicUrl: string | undefined,
): { readonly kind: 'local'; readonly secret?: string } | undefined {
  const isOn = vars.oneOf('TEAMS_LOCAL', ['0', '1'], '0') === '1';
  const secret = vars.read('TEAMS_LOCAL_SECRET', LOCAL_SECRET, (text) =>
    /^[\w-]{16,}$/.test(text) ? text : undefined,
  );
  if (!isOn) return undefined;
  const refuse = (why: string) => vars.refuse('TEAMS_LOCAL', `${LOCAL_ONLY}, and ${why}`);
  if (vars.text('TEAMS_APP_ID') !== undefined) refuse('TEAMS_APP_ID is set; remove one of the two');
  if (publicUrl !== undefined && !isLoopbackHost(new URL(publicUrl).hostname))
    refuse(
      'PUBLIC_URL is an address that others can reach; remove TEAMS_LOCAL, or use one like PUBLIC_URL=http://localhost:3000',
    );
  if (vars.text('TEAMS_LOCAL_SECRET') === undefined) refuseReal(vars, refuse);
  return { kind: 'local', secret };
}

const LOCAL_ONLY = 'is for the local client only, which sends no token';
const SLACK_VARIABLES = ['SLACK_BOT_TOKEN', 'SLACK_SIGNING_SECRET', 'SLACK_APP_TOKEN'];

/** Refuses settings which show that people use this Latchkey. */
function refuseReal(vars: Variables, refuse: (why: string) => void): void {
  const slack = SLACK_VARIABLES.find((variable) => vars.text(variable) !== undefined);
  const host = vars.text('HOST');
  if (slack !== undefined)
    refuse(`${slack} is set; remove TEAMS_LOCAL, or every SLACK_ variable to try Teams out`);
  if (/^postgres(ql)?:/.test(vars.text('DATABASE_URL') ?? ''))
    refuse(
      'DATABASE_URL is PostgreSQL; remove TEAMS_LOCAL, or use one like DATABASE_URL=sqlite:./data/try.sqlite',
    );
  if (vars.text('NODE_ENV') === 'production')
    refuse('NODE_ENV is production; remove TEAMS_LOCAL, or NODE_ENV to try Teams out');
  if (host !== undefined && !isLoopbackHost(host))
    refuse('HOST is an address that others can reach; remove TEAMS_LOCAL, or use HOST=127.0.0.1');
}
