/**
 * `latchkey init`: asks what a Latchkey needs, writes it into the `.env` file of the data folder, and lets the doctor look
 * at it. With `--yes` it asks nothing: what no option says has its default, and secrets come from the environment.
 */
import { join } from 'node:path';
import type { Environment } from '../../config/variables.ts';
import { compact } from '../../core/compact.ts';
import { CommandError } from '../command-error.ts';
import { placeOf } from '../data-folder.ts';
import type { Chat } from './chats.ts';
import { CREDENTIALS } from './credentials.ts';
import { readEnvFile, type Section, writeEnvFile } from './env-file.ts';
import { Answers, type AnswersDeps, type InitOptions, SQLITE } from './init-answers.ts';
import { basics, chatSections } from './sections.ts';

export interface InitDeps extends AnswersDeps {
  /** Absolute. */
  readonly folder: string;
  /** The process's own variables, which go before `.env`. */
  readonly environment: Environment;
  readonly now: () => Date;
  /** Lets the doctor look at the new file. */
  readonly examine: (made: { readonly usesSqlite: boolean }) => Promise<Examined>;
}

interface Examined {
  /** Of `latchkey doctor`. */
  readonly code: number;
  /** What to do first where SQLite is wanted and missing. One or two sentences, without the last full stop. */
  readonly forSqlite?: string | undefined;
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
    await basics(answers, { known, database, chat }),
    ...(await chatSections(chat, answers, known)),
  ];
  refuseOutvoted(sections, deps);
  const others = othersOf(before, new Set([...namesIn(sections), ...answers.obsolete(chat)]));
  const keepAs = before && `.env.${now().toISOString().replaceAll(':', '')}`;
  const { keepsOwner } = await writeEnvFile(folder, [...sections, ...others], keepAs);
  output.note(`Wrote ${join(folder, '.env')}, which only its owner can read.`);
  if (!keepsOwner)
    output.note('It belonged to another user or group, and now to you: give it back with chown.');
  if (keepAs) output.note(`What was there is in ${join(folder, keepAs)}.`);
  const examined = await deps.examine({ usesSqlite: database.startsWith('sqlite:') });
  for (const step of nextSteps(sections, folder, examined)) output.line(step);
  return examined.code;
}

function nextSteps(
  sections: readonly Section[],
  folder: string,
  { code, forSqlite }: Examined,
): readonly string[] {
  const missing = sections
    .flatMap(({ variables }) => Object.entries(variables))
    .flatMap(([name, value]) => (value === undefined ? [name] : []));
  const first = compact([
    forSqlite && `${forSqlite}.`,
    missing.length > 0 && `put ${listed(missing)} into ${join(folder, '.env')}.`,
  ]);
  const isOther = first.length === 0 && code !== 0;
  const steps = [...first, ...(isOther ? ['fix what has a ✗ above.'] : []), 'latchkey start'];
  return compact([
    ...steps.map((step, index) => `${index === 0 ? 'Next' : 'Then'}: ${step}`),
    sections.length > 1 && 'Then write "setup" to the bot.',
  ]);
}

const listed = (names: readonly string[]): string => new Intl.ListFormat('en').format(names);

/** The chat that is set up already, or half. */
function chatOf(known: Environment): Chat {
  const isKnown = (variable: string) => known[variable] !== undefined;
  if (CREDENTIALS.slack.some(isKnown)) return 'slack';
  return CREDENTIALS.teams.some(isKnown) ? 'teams' : 'none';
}

/** Else the file would say one thing, and the next start do another. @throws {CommandError} */
function refuseOutvoted(sections: readonly Section[], { environment, folder }: InitDeps): void {
  const own = set(environment);
  const names = sections
    .flatMap(({ variables }) => Object.entries(variables))
    .filter(([name, value]) => value !== undefined && (own[name] ?? value) !== value)
    .map(([name]) => name);
  if (names.length === 0) return;
  throw new CommandError(
    `nothing was written: the environment has another ${listed(names)}, and goes before ${join(folder, '.env')}. Unset ${names.length === 1 ? 'it' : 'them'} and try again`,
  );
}

const namesIn = (sections: readonly Section[]): readonly string[] =>
  sections.flatMap(({ variables }) => Object.keys(variables));

/** Of an earlier file: what init doesn't ask about. */
function othersOf(before: Environment | undefined, gone: ReadonlySet<string>): readonly Section[] {
  const others = Object.entries(before ?? {}).filter(([name]) => !gone.has(name));
  return others.length === 0 ? [] : [{ title: 'As before', variables: Object.fromEntries(others) }];
}

const set = (environment: Environment): Environment =>
  Object.fromEntries(Object.entries(environment).filter(([, value]) => value));
