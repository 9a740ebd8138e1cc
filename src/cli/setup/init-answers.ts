/** What `latchkey init` asks, and where an answer comes from instead. */
import type { Environment } from '../../config/variables.ts';
import { CommandError } from '../command-error.ts';
import type { Output } from '../output.ts';
import type { Chat } from './chats.ts';
import { CREDENTIALS, SLACK_WAYS } from './credentials.ts';
import type { Questions, WhyNot } from './questions.ts';
import { problemOf, required, valid } from './valid.ts';

export interface InitOptions {
  readonly chat?: Chat;
  readonly publicUrl?: string;
  readonly database?: string;
  readonly admin?: string;
  readonly yes?: boolean;
  /** With `--yes`: a `.env` file that is there may change. */
  readonly overwrite?: boolean;
}

export interface AnswersDeps {
  /** Undefined without a terminal. */
  readonly questions: Questions | undefined;
  readonly output: Output;
}

export const SQLITE = 'sqlite:./data/latchkey.sqlite';

/** Each answer comes from an option, or is asked for, or is a default. */
export class Answers {
  readonly #options: InitOptions;
  readonly #deps: AnswersDeps;

  constructor(options: InitOptions, deps: AnswersDeps) {
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

  async admin(before: string | undefined, chat: Chat): Promise<string> {
    const given = this.#options.admin ?? (this.#questions ? undefined : before);
    if (given !== undefined) return valid('ADMIN_EMAILS', given);
    if (!this.#questions)
      throw new CommandError('there would be no admin; add one, like --admin you@example.com');
    return this.#questions.text(
      chat === 'none'
        ? "The first admin's email address"
        : "The first admin's email address, as their chat profile has it",
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
