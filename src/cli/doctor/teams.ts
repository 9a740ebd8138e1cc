/** Checks that Microsoft Entra gives the bot a token, and that Teams can call the bot. */
import { z } from 'zod';
import type { Config } from '../../config/config.ts';
import type { TeamsConfig } from '../../config/config-chat.ts';
import { codeOf, type Finding, fine, problem, TIMEOUT_MS, warning } from './finding.ts';

const CHECK = 'Teams';
const ENTRA = 'https://login.microsoftonline.com';

const answer = z.union([
  z.object({ access_token: z.string() }),
  z.object({ error: z.string(), error_description: z.string().default('') }),
]);

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
  AADSTS90002: [
    'Entra has no tenant TEAMS_TENANT_ID',
    'Copy "Directory (tenant) ID" of the app registration again.',
  ],
};

/** @param entra the host of tokens; tests use another one */
export async function checkTeams(
  teams: TeamsConfig,
  { publicUrl }: Config,
  entra = ENTRA,
): Promise<readonly Finding[]> {
  if (teams.kind === 'local')
    return [
      warning(
        CHECK,
        'Only the local client on this machine is answered',
        'That is for trying out. Remove TEAMS_LOCAL and set TEAMS_APP_ID, TEAMS_APP_PASSWORD and TEAMS_TENANT_ID for real use.',
      ),
    ];
  return [
    await token(teams, entra),
    publicUrl.startsWith('https:')
      ? fine(CHECK, `It calls ${publicUrl}/api/messages; the bot in Azure has to say the same`)
      : problem(
          CHECK,
          `It calls https addresses only, and PUBLIC_URL is ${publicUrl}`,
          'Set PUBLIC_URL to an https address, and the bot in Azure to it and /api/messages.',
        ),
  ];
}

async function token(
  { appId, appPassword, tenantId }: Extract<TeamsConfig, { kind: 'cloud' }>,
  entra: string,
): Promise<Finding> {
  let body: unknown;
  try {
    const response = await fetch(`${entra}/${tenantId}/oauth2/v2.0/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: appId,
        client_secret: appPassword,
        scope: 'https://api.botframework.com/.default',
      }),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    body = await response.json().catch(() => undefined);
  } catch (error) {
    return problem(
      CHECK,
      `Entra can't be reached (${codeOf(error)})`,
      'Look whether this machine may call login.microsoftonline.com over https, and try again.',
    );
  }
  const said = answer.safeParse(body);
  if (!said.success)
    return problem(CHECK, 'Entra gave an answer that is none', 'Try again in a few minutes.');
  if ('access_token' in said.data) return fine(CHECK, 'Entra gives the bot its token');
  const code = /^AADSTS\d+/.exec(said.data.error_description)?.[0];
  const [sentence, next] = (code && REASONS[code]) || [
    `Entra gives no token (${code ?? said.data.error.slice(0, 60)})`,
    'Look at TEAMS_APP_ID, TEAMS_APP_PASSWORD and TEAMS_TENANT_ID, and at the app registration.',
  ];
  return problem(CHECK, sentence, next);
}
