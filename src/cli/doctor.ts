/**
 * `latchkey doctor [--json]`: checks everything that Latchkey needs, with one line for each and the next step. It changes
 * nothing, sends no messages and shows no secret.
 */
import type { Knex } from 'knex';
import { configuredBy } from '../app/foundation.ts';
import { type Config, problemText, type ReadConfig } from '../config/config.ts';
import type { Misspelt } from '../config/variables.ts';
import { compact } from '../core/compact.ts';
import type { ChatToken } from '../engine/ports/chat-stores.ts';
import { sendThroughProxy } from '../http/sdk-proxy.ts';
import { isMailPlain, whyNoMail } from '../mail/smtp.ts';
import { openDatabase, openInMemory, sqliteFile } from '../store/database.ts';
import { isBeingMoved } from '../store/hold-moving.ts';
import { createJobDriver } from '../store/queue/job-driver.ts';
import { SqliteMissing } from '../store/sqlite-missing.ts';
import { createStores } from '../store/stores.ts';
import type { Vault } from '../store/vault/vault.ts';
import { VERSION } from '../version.ts';
import { checkAuditFile } from './doctor/audit-file.ts';
import { checkDatabase, checkKeys, missingFile, openVault, unusable } from './doctor/database.ts';
import {
  CLOSE_MS,
  closeInTime,
  codeOrReason,
  type Finding,
  fine,
  inTime,
  problem,
  TIMEOUT_MS,
  warning,
} from './doctor/finding.ts';
import {
  checkAdmins,
  checkClock,
  checkEndpoints,
  checkFirstStart,
  checkIntegrations,
  checkNames,
  checkRemoval,
  checkRows,
  checkRules,
  checkSetUp,
  checkWorker,
} from './doctor/setup.ts';
import { checkSlack } from './doctor/slack.ts';
import { checkTeams } from './doctor/teams.ts';
import { checkUpkeep } from './doctor/upkeep.ts';
import { checkWeb } from './doctor/web.ts';
import type { Output } from './output.ts';

export interface DoctorEnv {
  readonly settings: ReadConfig;
  readonly now: () => Date;
  /** The host of Teams' tokens. Tests use another one. */
  readonly entra?: string;
  /** For how long the database is read. Left out: `MAX_READ_MS`. */
  readonly maxReadMs?: number;
}

/** @returns the exit code: 0 without problems, 1 with problems */
export async function doctorCommand(
  { json = false }: { readonly json?: boolean },
  env: DoctorEnv,
  output: Output,
): Promise<number> {
  const findings = await examine(env);
  const ok = findings.every(({ state }) => state !== 'problem');
  if (json) output.json({ ok, findings: findings.map((finding) => ({ ...finding })) });
  else for (const finding of findings) print(finding, output);
  return ok ? 0 : 1;
}

function print({ check, state, sentence, next }: Finding, output: Output): void {
  output.line(`${markOf(state)} ${check}: ${sentence}.`);
  if (next) output.line(`    ${next}`);
}

function markOf(state: Finding['state']): string {
  return {
    ok: '✓',
    warning: '⚠',
    problem: '✗',
  }[state];
}

async function examine(env: DoctorEnv): Promise<readonly Finding[]> {
  const read = env.settings;
  if (!read.ok)
    return read.problems.map((each) =>
      problem(
        'Configuration',
        withoutStop(problemText(each)),
        'Fix it and run the doctor again: it then checks the rest.',
      ),
    );
  const { config } = read;
  if (config.proxy) await sendThroughProxy(config.proxy);
  const stored = checkStored(config, env);
  const rotating = stored.then(({ slackToken }) => slackToken);
  const [database, auditFile, slack, teams, mail, web] = await Promise.all([
    stored,
    checkAuditFile(config.auditFile),
    config.slack ? checkSlack(config.slack, config, rotating) : [],
    config.teams ? checkTeams(config.teams, { config, ...env }) : [],
    checkMail(config),
    checkWeb(config),
  ]);
  return [
    fine('Version', `Latchkey ${VERSION} on Node ${process.versions.node}`),
    ...configurationFindings(read.misspelt),
    ...(database.admins ?? []),
    ...database.foundation,
    ...auditFile,
    ...slack,
    ...teams,
    ...mail,
    ...web,
    ...database.setUp,
  ];
}

const configurationFindings = (misspelt: readonly Misspelt[]): readonly Finding[] =>
  misspelt.length === 0
    ? [fine('Configuration', 'All variables are valid')]
    : misspelt.map(({ variable, meant }) =>
        warning(
          'Configuration',
          `${variable} is set, and Latchkey has no such variable`,
          `Did you mean ${meant}?`,
        ),
      );

const withoutStop = (text: string): string => text.replace(/\.$/, '');

const moving = problem(
  'Database',
  '"latchkey move" copies it into another one now, and no Latchkey starts on it',
  'Wait until the move ends, and set what it says.',
);

/** All that is read of a large company takes seconds. A table that someone holds ends it as soon as `TIMEOUT_MS`. */
const MAX_READ_MS = 30_000;

interface Stored {
  /** That there is none. */
  readonly admins?: readonly Finding[];
  readonly foundation: readonly Finding[];
  readonly setUp: readonly Finding[];
  /** With token rotation, the one of now. */
  readonly slackToken?: ChatToken | undefined;
}

async function checkStored(config: Config, env: DoctorEnv): Promise<Stored> {
  const { maxReadMs = MAX_READ_MS } = env;
  let db: Knex;
  try {
    const missing = missingFile(config);
    if (missing) {
      await openInMemory().destroy(); // The first start can't create the file where SQLite is missing.
      return { foundation: [missing], ...checkFirstStart(config) };
    }
    db = openDatabase(config.databaseUrl, Math.min(maxReadMs, TIMEOUT_MS) + CLOSE_MS);
  } catch (error) {
    const found =
      error instanceof SqliteMissing
        ? problem('Database', 'It is SQLite, which is not installed here', `${error.next}.`)
        : unusable(error, sqliteFile(config.databaseUrl));
    return { foundation: [found], setUp: [] };
  }
  try {
    return await checkOpened(db, config, env);
  } finally {
    await closeInTime(db);
  }
}

async function checkOpened(
  db: Knex,
  config: Config,
  { now, maxReadMs = MAX_READ_MS }: DoctorEnv,
): Promise<Stored> {
  const { findings, isUpToDate, isNew } = await checkDatabase(db, config, now);
  const opened = await openVault(config);
  if ('finding' in opened) return { foundation: [...findings, opened.finding], setUp: [] };
  if (!isUpToDate)
    return { foundation: findings, setUp: [], ...(isNew && checkFirstStart(config)) };
  try {
    if (await inTime(isBeingMoved(config.databaseUrl, db)))
      return { foundation: [...findings, moving], setUp: [] };
    const reading = readStored(db, opened.vault, { config, now: now() });
    const { foundation, ...read } = await inTime(reading, maxReadMs);
    return { foundation: [...findings, ...foundation], ...read };
  } catch (error) {
    const lost = problem(
      'Database',
      `The database stopped answering (${codeOrReason(error)})`,
      'Run the doctor again. If this happens again, check the server or disk behind DATABASE_URL, and whether someone holds its tables.',
    );
    return { foundation: [...findings, lost], setUp: [] };
  }
}

async function readStored(
  db: Knex,
  vault: Vault,
  { config, now }: { readonly config: Config; readonly now: Date },
): Promise<Stored> {
  const stores = createStores(db, vault);
  const keys = await checkKeys(db, vault);
  const depths = await createJobDriver(db).depths(now);
  const waitMs = 1000 * Math.max(...depths.map(({ oldestSeconds }) => oldestSeconds));
  const foundation = [...keys, await checkWorker(stores, now, waitMs)];
  if (keys.some(({ state }) => state === 'problem')) return { foundation, setUp: [] };
  const admins = await checkAdmins(stores, { ...config, now });
  const setUp = [
    ...(await checkRows(db)),
    ...(await checkIntegrations(stores)),
    ...(await checkNames(stores)),
    ...(await checkRules(stores)),
    ...(await checkEndpoints(stores)),
    ...(await checkUpkeep(stores, now)),
    ...(await checkClock(stores, now)),
    ...(config.slack ? await checkRemoval(stores) : []),
    ...(await checkSetUp(stores, configuredBy(config))),
  ];
  const slackToken = await stores.chatTokens.find('slack');
  return { admins, foundation, setUp: without(setUp, admins), slackToken };
}

/** Leaves out what was said before, whatever it was said of. */
const without = (findings: readonly Finding[], said: readonly Finding[]) =>
  findings.filter(({ sentence }) => !said.some((each) => each.sentence === sentence));

const plainMail = warning(
  'Mail',
  'SMTP_URL has ?tls=off, so emails, and secrets in them, go through the network unencrypted',
  'Remove it when that server can encrypt (STARTTLS), or use smtps://.',
);

async function checkMail({ mail }: Config): Promise<readonly Finding[]> {
  if (!mail)
    return [warning('Mail', 'It is off', 'Set SMTP_URL and MAIL_FROM, if manifests send email.')];
  const why = await inTime(whyNoMail(mail.smtpUrl), TIMEOUT_MS).catch(
    () => 'The mail server did not answer in time.',
  );
  return compact([
    why === undefined
      ? fine('Mail', 'The mail server accepts the login')
      : problem('Mail', withoutStop(why), 'Check SMTP_URL, and the server it names.'),
    isMailPlain(mail.smtpUrl) && plainMail,
  ]);
}
