/**
 * `latchkey init`: asks what a Latchkey needs, writes it into the `.env` file of the data folder, and lets the doctor look
 * at it. With `--yes` it asks nothing: what no option says has its default, and secrets come from the environment.
 */
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { readConfig } from '../../config/config.ts';
import type { Environment } from '../../config/variables.ts';
import { unreachable } from '../../core/unreachable.ts';
import { CommandError } from '../command-error.ts';
import type { Output } from '../output.ts';
import { type Receiving, slackSteps, teamsSteps } from './chat-steps.ts';
import type { Chat } from './chats.ts';
import { readEnvFile, type Section, writeEnvFile } from './env-file.ts';
import type { Questions, WhyNot } from './questions.ts';

export interface InitOptions {
  readonly chat?: Chat;
  readonly publicUrl?: string;
  readonly database?: string;
  readonly admin?: string;
  readonly yes?: boolean;
  /** With `--yes`: a `.env` file that is there may change. */
  readonly overwrite?: boolean;
}

export interface InitDeps {
  /** Absolute. */
  readonly folder: string;
  /** The process's own variables. */
  readonly environment: Environment;
  /** Undefined without a terminal. */
  readonly questions: Questions | undefined;
  readonly output: Output;
  readonly now: () => Date;
  /** @returns the exit code of `latchkey doctor` with the new file */
  readonly examine: (made: { readonly usesSqlite: boolean }) => Promise<number>;
}

/** @returns the exit code @throws {CommandError} */
export async function initCommand(options: InitOptions, deps: InitDeps): Promise<number> {
  const { folder, output, now } = deps;
  const answers = new Answers(options, deps);
  const before = await readEnvFile(folder);
  if (before && !(await answers.mayChange(join(folder, '.env')))) {
    output.note('Nothing was changed.');
    return 0;
  }
  const chat = await answers.chat();
  if (chat === 'try') {
    output.line('Nothing has to be set up for that. Run "latchkey demo".');
    return 0;
  }
  const known = { ...before, ...set(deps.environment) };
  const database = await answers.database();
  const sections = [
    await basics(answers, { known, database }),
    ...(await chatSections(chat, answers, known)),
  ];
  const keepAs = before && `.env.${now().toISOString().replaceAll(':', '')}`;
  await writeEnvFile(folder, withOthers(sections, before), keepAs);
  output.note(`Wrote ${join(folder, '.env')}, which only you can read.`);
  if (keepAs) output.note(`What was there is in ${join(folder, keepAs)}.`);
  const code = await deps.examine({ usesSqlite: database.startsWith('sqlite:') });
  for (const step of nextSteps(sections, deps)) output.line(step);
  return code;
}

function nextSteps(sections: readonly Section[], { folder }: InitDeps): readonly string[] {
  const missing = sections
    .flatMap(({ variables }) => Object.entries(variables))
    .flatMap(([name, value]) => (value === undefined ? [name] : []));
  const start = folder === resolve('.') ? 'latchkey start' : `latchkey start --data ${folder}`;
  return [
    ...(missing.length > 0
      ? [`Next: put ${missing.join(', ')} into ${join(folder, '.env')}.`]
      : []),
    `${missing.length > 0 ? 'Then' : 'Next:'} run "${start}"${sections.length > 1 ? ' and write "setup" to the bot' : ''}.`,
  ];
}

/** Each answer comes from an option, or is asked for, or is a default. */
class Answers {
  readonly #options: InitOptions;
  readonly #deps: InitDeps;

  constructor(options: InitOptions, deps: InitDeps) {
    this.#options = options;
    this.#deps = deps;
    if (!options.yes && !deps.questions)
      throw new CommandError(
        'init asks in a terminal, and this is none; add --yes and options, such as --chat slack --admin you@example.com',
      );
  }

  get output(): Output {
    return this.#deps.output;
  }

  get #questions(): Questions | undefined {
    return this.#options.yes ? undefined : this.#deps.questions;
  }

  async mayChange(file: string): Promise<boolean> {
    if (this.#questions)
      return this.#questions.confirm(
        `${file} exists. Change it? A copy stays beside it, and variables that init doesn't ask about stay as they are.`,
      );
    if (this.#options.overwrite) return true;
    throw new CommandError(
      `${file} exists; add --overwrite to change it, which keeps a copy, or name another folder with --data`,
    );
  }

  async chat(): Promise<Chat | 'try'> {
    return (
      this.#options.chat ??
      (await this.#questions?.choose('Which chat do people use?', {
        slack: 'Slack',
        teams: 'Microsoft Teams',
        none: 'None yet: the command line only',
        try: 'I only want to try it, with a sample company',
      })) ??
      'none'
    );
  }

  /** @param isNeeded false: Slack can do without */
  async publicUrl(isNeeded: boolean): Promise<string | undefined> {
    const given = this.#options.publicUrl;
    if (given !== undefined) return valid('PUBLIC_URL', given);
    if (!this.#questions) {
      if (isNeeded)
        throw new CommandError(
          'Teams calls Latchkey over HTTPS; add --public-url like https://latchkey.example.com',
        );
      return undefined;
    }
    const way = isNeeded
      ? 'https'
      : await this.#questions.choose('How does Slack reach Latchkey?', {
          socket: 'Over a socket that Latchkey opens: no public address is needed',
          https: 'Over HTTPS, at a public address',
        });
    if (way === 'socket') return undefined;
    return this.#questions.text('Its public address', required('PUBLIC_URL'), 'https://');
  }

  /** @returns `DATABASE_URL` */
  async database(): Promise<string> {
    const given = this.#options.database;
    if (given === 'sqlite') return SQLITE;
    if (given !== undefined) return valid('DATABASE_URL', given);
    const kind = await this.#questions?.choose('Where is everything stored?', {
      sqlite: 'In a SQLite file, in the data folder: one machine, nothing to set up',
      postgres: 'In PostgreSQL: several processes can share it',
    });
    if (kind !== 'postgres') return SQLITE;
    const address = await this.secret(
      'DATABASE_URL',
      'Its address, postgres://user:password@host/name',
    );
    if (address === undefined)
      throw new CommandError('PostgreSQL needs its address; nothing was written');
    return address;
  }

  async admin(before: string | undefined): Promise<string> {
    const given = this.#options.admin ?? (this.#questions ? undefined : before);
    if (given !== undefined) return valid('ADMIN_EMAILS', given);
    if (!this.#questions)
      throw new CommandError('nobody would be an admin; add --admin like --admin you@example.com');
    return this.#questions.text(
      "The first admin's email address, as their chat profile has it",
      required('ADMIN_EMAILS'),
      before,
    );
  }

  /** Left empty: later. */
  async text(variable: string, message: string, before: string | undefined) {
    const whyNot: WhyNot = (answer) => problemOf(variable, answer);
    return (await this.#questions?.text(`${message} (empty: later)`, whyNot, before)) || before;
  }

  /** @param before kept with Enter */
  async secret(variable: string, message: string, before?: string): Promise<string | undefined> {
    const hint = before === undefined ? 'Enter: later' : 'Enter: the one that is known';
    const whyNot: WhyNot = (answer) => problemOf(variable, answer);
    return (await this.#questions?.secret(`${message} (${hint})`, whyNot)) ?? before;
  }
}

const SQLITE = 'sqlite:./data/latchkey.sqlite';
const KEY_BYTES = 32;

interface Basics {
  readonly known: Environment;
  readonly database: string;
}

async function basics(answers: Answers, { known, database }: Basics): Promise<Section> {
  const admin = await answers.admin(known['ADMIN_EMAILS']);
  const isShared = !database.startsWith('sqlite:');
  const keys = known['LATCHKEY_KEYS'] ?? (isShared ? newKey() : undefined);
  if (keys !== undefined && keys !== known['LATCHKEY_KEYS'])
    answers.output.note(
      'Made the key that encrypts secrets (LATCHKEY_KEYS). Keep a copy of it elsewhere: if it is lost, every stored secret is lost.',
    );
  return {
    title: 'Written by "latchkey init". docs/configuration.md has every variable.',
    variables: {
      ADMIN_EMAILS: admin,
      DATABASE_URL: database,
      ...(keys !== undefined && { LATCHKEY_KEYS: keys }),
      TIME_ZONE: known['TIME_ZONE'] ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    },
  };
}

const newKey = (): string => randomBytes(KEY_BYTES).toString('base64url');

async function chatSections(
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
  const receiving: Receiving = { publicUrl: await answers.publicUrl(false) };
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
  const publicUrl = (await answers.publicUrl(true)) ?? '';
  printSteps('Teams', teamsSteps(publicUrl), answers);
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
      TEAMS_APP_PASSWORD: await answers.secret(
        'TEAMS_APP_PASSWORD',
        'Client secret',
        known['TEAMS_APP_PASSWORD'],
      ),
    },
  };
}

function printSteps(name: string, steps: readonly string[], { output }: Answers): void {
  output.line(`To connect ${name}:`);
  for (const step of steps) output.line(step.startsWith('https:') ? `\n${step}\n` : `- ${step}`);
}

/** Of an earlier file: what init doesn't ask about. */
function withOthers(sections: readonly Section[], before: Environment = {}): readonly Section[] {
  const asked = new Set(sections.flatMap(({ variables }) => Object.keys(variables)));
  const others = Object.entries(before).filter(
    ([name]) => !asked.has(name) && !OF_CHATS.test(name),
  );
  return others.length === 0
    ? sections
    : [...sections, { title: 'As before', variables: Object.fromEntries(others) }];
}

/** Another chat, or another way to the same one, leaves none of them behind. */
const OF_CHATS =
  /^(SLACK_(BOT_TOKEN|APP_TOKEN|SIGNING_SECRET)|TEAMS_(APP_ID|TENANT_ID|APP_PASSWORD|LOCAL))$/;

const set = (environment: Environment): Environment =>
  Object.fromEntries(Object.entries(environment).filter(([, value]) => value));

/** As a start would say it. */
function problemOf(variable: string, value: string): string | undefined {
  const read = readConfig({ [variable]: value });
  return read.ok ? undefined : read.problems.find((each) => each.variable === variable)?.message;
}

const required =
  (variable: string): WhyNot =>
  (answer) =>
    answer === '' ? 'It is needed' : problemOf(variable, answer);

/** @throws {CommandError} */
function valid(variable: string, value: string): string {
  const why = required(variable)(value);
  if (why !== undefined) throw new CommandError(`${variable}: ${why}`);
  return value;
}
