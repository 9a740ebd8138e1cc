/** What `latchkey init` writes into `.env`, from the answers. */
import { randomBytes } from 'node:crypto';
import type { Environment } from '../../config/variables.ts';
import { documentAt } from '../../core/documents.ts';
import { unreachable } from '../../core/unreachable.ts';
import { type Receiving, slackSteps, type TeamsProof, teamsSteps } from './chat-steps.ts';
import type { Chat } from './chats.ts';
import { CERTIFICATE, FEDERATED_TOKEN, WORKLOAD_IDENTITY } from './credentials.ts';
import type { Section } from './env-file.ts';
import type { Answers } from './init-answers.ts';

const KEY_BYTES = 32;

interface Basics {
  readonly known: Environment;
  readonly database: string;
  readonly chat: Chat;
}

export async function basics(
  answers: Answers,
  { known, database, chat }: Basics,
): Promise<Section> {
  const admin = await answers.admin(known['ADMIN_EMAILS'], chat);
  const isShared = !database.startsWith('sqlite:');
  const keys = known['LATCHKEY_KEYS'] ?? (isShared ? newKey() : undefined);
  if (keys !== undefined && keys !== known['LATCHKEY_KEYS'])
    answers.output.note(
      'Made the key that encrypts secrets (LATCHKEY_KEYS). Keep a copy of it elsewhere: if it is lost, every stored secret is lost.',
    );
  return {
    title: `Written by "latchkey init". ${documentAt('configuration')} has every variable.`,
    variables: {
      ADMIN_EMAILS: admin,
      DATABASE_URL: database,
      ...(keys !== undefined && { LATCHKEY_KEYS: keys }),
      TIME_ZONE: known['TIME_ZONE'] ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    },
  };
}

const newKey = (): string => randomBytes(KEY_BYTES).toString('base64url');

export async function chatSections(
  chat: Chat,
  answers: Answers,
  known: Environment,
): Promise<readonly Section[]> {
  switch (chat) {
    case 'none':
      return [];
    case 'slack':
      return [await slackSection(answers, known)];
    case 'teams':
      return [await teamsSection(answers, known)];
    default:
      return unreachable(chat);
  }
}

async function slackSection(answers: Answers, known: Environment): Promise<Section> {
  const receiving: Receiving = { publicUrl: await answers.slackUrl(known) };
  printSteps('Slack', slackSteps(receiving), answers);
  const botToken = await answers.secret('SLACK_BOT_TOKEN', 'Bot token', known['SLACK_BOT_TOKEN']);
  const { publicUrl } = receiving;
  const [variable, message] =
    publicUrl === undefined
      ? ['SLACK_APP_TOKEN', 'App token']
      : ['SLACK_SIGNING_SECRET', 'Signing secret'];
  return {
    title: publicUrl === undefined ? 'Slack, over a socket' : 'Slack, over HTTPS',
    variables: {
      ...(publicUrl !== undefined && { PUBLIC_URL: publicUrl }),
      SLACK_BOT_TOKEN: botToken,
      [variable]: await answers.secret(variable, message, known[variable]),
    },
  };
}

async function teamsSection(answers: Answers, known: Environment): Promise<Section> {
  const publicUrl = await answers.teamsUrl(known);
  printSteps('Teams', teamsSteps(publicUrl, proofOf(known)), answers);
  return {
    title: 'Microsoft Teams',
    variables: {
      PUBLIC_URL: publicUrl,
      TEAMS_APP_ID: await answers.text(
        'TEAMS_APP_ID',
        'Application (client) ID',
        known['TEAMS_APP_ID'],
      ),
      TEAMS_TENANT_ID: await answers.text(
        'TEAMS_TENANT_ID',
        'Directory (tenant) ID',
        known['TEAMS_TENANT_ID'],
      ),
      ...(await teamsCredential(answers, known)),
    },
  };
}

/** A certificate or a workload identity takes the place of a client secret. */
function proofOf(known: Environment): TeamsProof {
  const isSet = (variable: string) => known[variable] !== undefined;
  if (isSet('TEAMS_APP_PASSWORD')) return 'secret';
  if (isSet(CERTIFICATE)) return 'certificate';
  return isSet(FEDERATED_TOKEN) || isSet(WORKLOAD_IDENTITY) ? 'federated' : 'secret';
}

async function teamsCredential(
  answers: Answers,
  known: Environment,
): Promise<Section['variables']> {
  const proof = proofOf(known);
  switch (proof) {
    case 'certificate':
      return { [CERTIFICATE]: known[CERTIFICATE] };
    case 'federated': {
      const file = known[FEDERATED_TOKEN];
      return file === undefined ? {} : { [FEDERATED_TOKEN]: file };
    }
    case 'secret': {
      const before = known['TEAMS_APP_PASSWORD'];
      return {
        TEAMS_APP_PASSWORD: await answers.secret('TEAMS_APP_PASSWORD', 'Client secret', before),
      };
    }
    default:
      return unreachable(proof);
  }
}

function printSteps(name: string, steps: readonly string[], { output }: Answers): void {
  output.line(`To connect ${name}:`);
  for (const step of steps) output.line(step.startsWith('https:') ? `\n${step}\n` : `- ${step}`);
}
