/** Checks that Microsoft Entra gives the bot a token, how Latchkey calls Teams, and that Teams can call the bot. */
import { microsoftsHttp, teamsConnector } from '../../app/platforms.ts';
import { requestToken, type TokenAnswer } from '../../bots/teams/connector/bot-token.ts';
import { certificateEnd } from '../../bots/teams/connector/credential.ts';
import { SdkMissing } from '../../bots/teams/connector/open-connector.ts';
import type { Config } from '../../config/config.ts';
import type { TeamsConfig, TeamsCredential } from '../../config/config-chat.ts';
import { compact } from '../../core/compact.ts';
import { DAY_MS } from '../../core/hours.ts';
import { unreachable } from '../../core/unreachable.ts';
import { type Finding, fine, problem, reachHost, warning } from './finding.ts';

const CHECK = 'Teams';

/** The meaning of Entra's error codes. */
const REASONS: Readonly<Record<string, readonly [sentence: string, next: string]>> = {
  AADSTS7000215: [
    'Entra refuses TEAMS_APP_PASSWORD',
    'Set it to the value (not the id) of a client secret of that app.',
  ],
  AADSTS7000222: [
    'The client secret in TEAMS_APP_PASSWORD has expired',
    'Add a new one to the app registration, and set it.',
  ],
  AADSTS700016: [
    'Entra has no app TEAMS_APP_ID in that tenant',
    'Copy "Application (client) ID" of the app registration again.',
  ],
  AADSTS700027: [
    'Entra refuses the certificate of TEAMS_CERTIFICATE_FILE',
    'Upload it to the app registration ("Certificates & secrets"), and look whether it has expired.',
  ],
  AADSTS700213: [
    "The app registration doesn't trust the token in TEAMS_FEDERATED_TOKEN_FILE",
    'Compare issuer, subject and audience of its federated credential with those of the token.',
  ],
  AADSTS90002: [
    'Entra has no tenant TEAMS_TENANT_ID',
    'Copy "Directory (tenant) ID" of the app registration again.',
  ],
};

interface DoctorSettings {
  readonly config: Config;
  readonly now: () => Date;
  /** Another host of tokens than Entra's, for tests. */
  readonly entra?: string | undefined;
}

export async function checkTeams(
  teams: TeamsConfig,
  { config, now, entra }: DoctorSettings,
): Promise<readonly Finding[]> {
  const driver = await checkDriver(teams, config, now);
  if (teams.kind === 'local')
    return [
      driver,
      warning(
        CHECK,
        'Latchkey answers only the local client on this machine',
        'This is for trying out. Remove TEAMS_LOCAL and set TEAMS_APP_ID, TEAMS_APP_PASSWORD and TEAMS_TENANT_ID for real use.',
      ),
    ];
  const http = microsoftsHttp(teams, config);
  const answer = await requestToken(teams, { http, now: () => now().getTime(), entra });
  return compact([
    driver,
    findingOf(answer, config),
    await checkCertificate(teams.credential, now()),
    config.publicUrl.startsWith('https:')
      ? fine(
          CHECK,
          `Teams calls ${config.publicUrl}/api/messages; set the same messaging endpoint in Azure`,
        )
      : problem(
          CHECK,
          `Teams calls https addresses only, and PUBLIC_URL is ${config.publicUrl}`,
          'Set PUBLIC_URL to an https address, and the bot in Azure to it and /api/messages.',
        ),
  ]);
}

/** Renewing one takes a person with rights in Entra. */
const SOON_MS = 30 * DAY_MS;

async function checkCertificate(
  credential: TeamsCredential,
  now: Date,
): Promise<Finding | undefined> {
  if (credential.kind !== 'certificate') return undefined;
  const end = await certificateEnd(credential.file);
  if (end === undefined || end.getTime() - now.getTime() > SOON_MS) return undefined;
  const day = end.toISOString().slice(0, 10);
  return warning(
    CHECK,
    `The certificate of TEAMS_CERTIFICATE_FILE ${end < now ? 'ended' : 'ends'} on ${day}`,
    'Make a new one, upload it to the app registration ("Certificates & secrets"), then put it into that file. Latchkey needs no restart.',
  );
}

async function checkDriver(teams: TeamsConfig, config: Config, now: () => Date): Promise<Finding> {
  try {
    const { driver } = await teamsConnector(teams, config, now);
    return fine(
      CHECK,
      driver === 'direct'
        ? 'Latchkey calls it directly (TEAMS_CONNECTOR=direct)'
        : "Latchkey calls it through Microsoft's SDK (TEAMS_CONNECTOR=botbuilder)",
    );
  } catch (error) {
    if (!(error instanceof SdkMissing)) throw error;
    return problem(
      CHECK,
      'TEAMS_CONNECTOR is botbuilder, and that package is not installed',
      'Remove TEAMS_CONNECTOR, or install Latchkey with its optional packages.',
    );
  }
}

function findingOf(answer: TokenAnswer, { proxy }: Config): Finding {
  switch (answer.kind) {
    case 'token':
      return fine(CHECK, 'Entra gave the bot a token');
    case 'unusable':
      return problem(CHECK, answer.why, 'Fix that file, or set the variable to another one.');
    case 'unreachable':
      return problem(
        CHECK,
        `Entra can't be reached (${answer.why})`,
        reachHost('login.microsoftonline.com', proxy),
      );
    case 'refused': {
      const [sentence, next] = REASONS[answer.code] ?? [
        `Entra gives no token (${answer.code})`,
        'Check the TEAMS_ variables and the app registration.',
      ];
      return problem(CHECK, sentence, next);
    }
    default:
      return unreachable(answer);
  }
}
