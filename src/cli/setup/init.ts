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
  const known = { ...set(before ?? {}), ...set(deps.environment) };
  const chat = await answers.chat(chatOf(known));
  if (chat === 'try') {
    output.line('Nothing has to be set up for that. Run "latchkey demo".');
    return 0;
  }
  const database = await answers.database(known['DATABASE_URL']);
  const used = known['DATABASE_URL'] ?? (before && SQLITE);
  if (used !== undefined && used !== database)
    output.note(
      `The database changes from ${placeOf(used)} to ${placeOf(database)}. What the old one stores stays there, and isn't copied.`,
    );
  const sections = [
    await basics(answers, { known, database }),
    ...(await chatSections(chat, answers, known)),
  ];
  const others = othersOf(before, new Set([...namesIn(sections), ...answers.obsolete(chat)]));
  const keepAs = before && `.env.${now().toISOString().replaceAll(':', '')}`;
  const { keepsOwner } = await writeEnvFile(folder, [...sections, ...others], keepAs);
  output.note(`Wrote ${join(folder, '.env')}, which only its owner can read.`);
  if (!keepsOwner)
    output.note('It belonged to another user or group, and now to you: give it back with chown.');
  if (keepAs) output.note(`What was there is in ${join(folder, keepAs)}.`);
  const code = await deps.examine({ usesSqlite: database.startsWith('sqlite:') });
  for (const step of nextSteps(sections, deps)) output.line(step);
  return code;
}

function nextSteps(sections: readonly Section[], { folder }: InitDeps): readonly string[] {
  const missing = sections
    .flatMap(({ variables }) => Object.entries(variables))
    .flatMap(([name, value]) => (value === undefined ? [name] : []));
  const place = /\s/.test(folder) ? `"${folder}"` : folder;
  const data = folder === resolve('.') ? '' : ` --data ${place}`;
  return [
    ...(missing.length > 0
      ? [`Next: put ${missing.join(', ')} into ${join(folder, '.env')}.`]
      : []),
    `${missing.length > 0 ? 'Then' : 'Next'}: npx latchkey start${data}`,
    ...(sections.length > 1 ? ['Then write "setup" to the bot.'] : []),
  ];
}

/** The chat that is set up already, or half. */
function chatOf(known: Environment): Chat {
  const isKnown = (variable: string) => known[variable] !== undefined;
  if (CREDENTIALS.slack.some(isKnown)) return 'slack';
  return CREDENTIALS.teams.some(isKnown) ? 'teams' : 'none';
}

/** Without a password. */
function placeOf(database: string): string {
  if (database.startsWith('sqlite:')) return `SQLite (${database.slice('sqlite:'.length)})`;
  if (!database.startsWith('postgres') || !URL.canParse(database)) return 'one of another kind';
  const { host, pathname } = new URL(database);
  return `PostgreSQL (${host}${pathname})`;
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

  async chat(before: Chat): Promise<Chat | 'try'> {
    const labels = {
      slack: 'Slack',
      teams: 'Microsoft Teams',
      none: 'None yet: the command line only',
      try: 'I only want to try it, with a sample company',
    };
    const kept = before === 'none' ? undefined : before;
    return (
      this.#options.chat ??
      (await this.#questions?.choose('Which chat do people use?', labels, kept)) ??
      before
    );
  }

  /**
   * The credentials that the answers leave no use for: of another chat, or of another way to the same one. Where neither was
   * asked for nor given, all stay.
   */
  obsolete(chat: Chat): readonly string[] {
    const { slack, teams, local } = CREDENTIALS;
    const { chat: namedChat, publicUrl } = this.#options;
    const isAsked = this.#questions !== undefined;
    return [
      ...(namedChat !== undefined || isAsked
        ? [...(chat === 'slack' ? [] : slack), ...(chat === 'teams' ? [] : teams), ...local]
        : []),
      ...(chat === 'slack' && (publicUrl !== undefined || isAsked) ? SLACK_WAYS : []),
    ];
  }

  /** @returns undefined: over a socket */
  async slackUrl(known: Environment): Promise<string | undefined> {
    const isSocket = known['SLACK_APP_TOKEN'] !== undefined;
    const before = isSocket ? undefined : httpsOnly(known['PUBLIC_URL']);
    const given = this.#options.publicUrl ?? (this.#questions ? undefined : before);
    if (given !== undefined) return valid('PUBLIC_URL', given);
    if (!this.#questions && !isSocket && known['SLACK_SIGNING_SECRET'] !== undefined)
      throw new CommandError(
        'SLACK_SIGNING_SECRET is for HTTPS; add --public-url like https://latchkey.example.com, or set SLACK_APP_TOKEN in its place',
      );
    const labels = {
      socket: 'Over a socket that Latchkey opens: no public address is needed',
      https: 'Over HTTPS, at a public address',
    };
    const kept = before === undefined ? 'socket' : 'https';
    const way = await this.#questions?.choose('How does Slack reach Latchkey?', labels, kept);
    return way === 'https' ? this.#publicUrl(known) : undefined;
  }

  async teamsUrl(known: Environment): Promise<string> {
    const given = this.#options.publicUrl ?? (this.#questions ? undefined : known['PUBLIC_URL']);
    return given === undefined ? this.#publicUrl(known) : valid('PUBLIC_URL', given);
  }

  async #publicUrl(known: Environment): Promise<string> {
    if (!this.#questions)
      throw new CommandError(
        'Teams calls Latchkey over HTTPS; add --public-url like https://latchkey.example.com',
      );
    const before = known['PUBLIC_URL'] ?? 'https://';
    return this.#questions.text('Its public address', required('PUBLIC_URL'), before);
  }

  /** @returns `DATABASE_URL` */
  async database(before: string | undefined): Promise<string> {
    const given = this.#options.database ?? (this.#questions ? undefined : before);
    if (given === 'sqlite') return SQLITE;
    if (given !== undefined) return valid('DATABASE_URL', given);
    const hadPostgres = before?.startsWith('postgres') ?? false;
    const labels = {
      sqlite: 'In a SQLite file, in the data folder: one machine, nothing to set up',
      postgres: 'In PostgreSQL: several processes can share it',
    };
    const kept = hadPostgres ? 'postgres' : 'sqlite';
    const kind = await this.#questions?.choose('Where is everything stored?', labels, kept);
    if (kind !== 'postgres')
      return before === undefined || hadPostgres ? SQLITE : valid('DATABASE_URL', before);
    const address = await this.secret(
      'DATABASE_URL',
      'Its address, postgres://user:password@host/name',
      hadPostgres ? before : undefined,
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

const httpsOnly = (url: string | undefined) => (url?.startsWith('https:') ? url : undefined);

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
      ...(await teamsCredential(answers, known)),
    },
  };
}

/** A certificate or a workload identity takes the place of a client secret. */
async function teamsCredential(
  answers: Answers,
  known: Environment,
): Promise<Section['variables']> {
  const secret = known['TEAMS_APP_PASSWORD'];
  const other = TEAMS_FILES.find((variable) => known[variable] !== undefined);
  if (secret === undefined && other !== undefined) return { [other]: known[other] };
  const isGiven = secret === undefined && known[WORKLOAD_IDENTITY] !== undefined;
  return isGiven
    ? {}
    : {
        TEAMS_APP_PASSWORD: await answers.secret('TEAMS_APP_PASSWORD', 'Client secret', secret),
      };
}

function printSteps(name: string, steps: readonly string[], { output }: Answers): void {
  output.line(`To connect ${name}:`);
  for (const step of steps) output.line(step.startsWith('https:') ? `\n${step}\n` : `- ${step}`);
}

const namesIn = (sections: readonly Section[]): readonly string[] =>
  sections.flatMap(({ variables }) => Object.keys(variables));

/** Of an earlier file: what init doesn't ask about. */
function othersOf(before: Environment | undefined, gone: ReadonlySet<string>): readonly Section[] {
  const others = Object.entries(before ?? {}).filter(([name]) => !gone.has(name));
  return others.length === 0 ? [] : [{ title: 'As before', variables: Object.fromEntries(others) }];
}

const SLACK_WAYS = ['SLACK_APP_TOKEN', 'SLACK_SIGNING_SECRET'];
const TEAMS_FILES = ['TEAMS_CERTIFICATE_FILE', 'TEAMS_FEDERATED_TOKEN_FILE'];
/** Azure's Kubernetes sets it for the whole pod. */
const WORKLOAD_IDENTITY = 'AZURE_FEDERATED_TOKEN_FILE';
const CREDENTIALS = {
  slack: ['SLACK_BOT_TOKEN', ...SLACK_WAYS],
  teams: [
    'TEAMS_APP_ID',
    'TEAMS_TENANT_ID',
    'TEAMS_APP_PASSWORD',
    ...TEAMS_FILES,
    'TEAMS_CONNECTOR',
  ],
  /** To try Teams, beside no other chat. */
  local: ['TEAMS_LOCAL', 'TEAMS_LOCAL_SECRET'],
};

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
