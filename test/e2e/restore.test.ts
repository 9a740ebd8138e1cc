/**
 * A backup is restored into a new installation, or all is moved into a database of the other kind, which goes on where the old one stopped: runs that waited, were due for their
 * retry, or were in the middle of a write; a mail that was still to be sent; a link that someone has yet to open; an item of a
 * sequence and a scheduled import whose time came while neither ran.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import { type Foundation, openFoundation } from '../../src/app/foundation.ts';
import { readConfig } from '../../src/config/config.ts';
import type { Environment } from '../../src/config/variables.ts';
import { retryNow } from '../../src/engine/access/grant.ts';
import type { Link } from '../../src/engine/links/link.ts';
import { linkToken } from '../../src/engine/links/links.ts';
import type { Actor } from '../../src/engine/people/directory.ts';
import type { Http, HttpFailure } from '../../src/engine/ports/http.ts';
import { advanceRun } from '../../src/engine/runs/advance-run.ts';
import { assignSequence } from '../../src/engine/sequences/assign.ts';
import { startFleet } from '../support/company/fleet.ts';
import { putMigrated } from '../support/company/migrated-file.ts';
import { type CountingParty, startCountingParty } from '../support/counting-party.ts';
import { addedIntegration, addedPerson } from '../support/given/added.ts';
import { ofKind, present } from '../support/given/outcomes.ts';
import { startMailServer } from '../support/peers/mail-server.ts';
import { copyOfPostgres, emptyPostgres, migratedPostgres } from '../support/peers/postgres.ts';
import { type Kind, openRunLab, type RunLab } from '../support/run-lab.ts';
import { tick } from '../support/tick.ts';

/** Of a machine that is busy: what is waited for comes within a second or two, and the dead worker's lease of 30 s first. */
const TIMEOUT = { timeout: 120_000, interval: 50 };
const INTERRUPTED = '/store/1 p3@lab.example';
const HOUR_MS = 60 * 60 * 1000;
const actor: Actor = { kind: 'operator', user: 'test' };
const workerFile = pathToFileURL(resolve('dist/src/jobs/worker-process.js'));
const run = promisify(execFile);

/** Has something done after the test, the last one first. */
type Later = (cleanup: () => Promise<unknown>) => void;

/** An installation's database, and how it is backed up and restored. */
interface Installation {
  readonly url: string;
  /** @returns the address of the restored database */
  readonly moved: (lab: RunLab) => Promise<string>;
}

async function onSqlite(later: Later): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-restore-'));
  later(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'old.sqlite');
  putMigrated(file);
  return {
    url: `sqlite:${file}`,
    async moved({ environment }) {
      const backup = join(folder, 'backups', 'monday.sqlite');
      const cli = resolve('dist/src/cli/latchkey.js');
      const latchkey = (args: readonly string[], of: Environment) =>
        run(process.execPath, [cli, ...args], { env: { ...process.env, ...of }, cwd: folder });
      const { stdout } = await latchkey(['backup', backup], environment);
      expect(stdout.trim()).toBe(backup);
      expect((await stat(backup)).mode & 0o077).toBe(0);
      const restored = `sqlite:${join(folder, 'new.sqlite')}`;
      await latchkey(['restore', backup], { ...environment, DATABASE_URL: restored });
      return restored;
    },
  };
}

async function onPostgres(later: Later): Promise<Installation> {
  const old = await migratedPostgres();
  later(old.cleanup);
  return {
    url: old.url,
    async moved() {
      const copy = await copyOfPostgres(old.url);
      later(copy.cleanup);
      return copy.url;
    },
  };
}

/** `latchkey move` from one to a new database of the other kind. */
const movedTo =
  (from: (later: Later) => Promise<Installation>, target: (later: Later) => Promise<string>) =>
  async (later: Later): Promise<Installation> => ({
    url: (await from(later)).url,
    async moved(lab) {
      await lab.close(); // A move refuses while anything has the database open.
      const to = await target(later);
      const cli = resolve('dist/src/cli/latchkey.js');
      const { stdout } = await run(process.execPath, [cli, 'move', '--to', to], {
        env: { ...process.env, ...lab.environment },
        cwd: tmpdir(),
      });
      expect(stdout).toMatch(/^runs +5$/m);
      return to;
    },
  });

async function newPostgres(later: Later): Promise<string> {
  const { url, cleanup } = await emptyPostgres();
  later(cleanup);
  return url;
}

async function newFile(later: Later): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-moved-'));
  later(() => rm(folder, { recursive: true, force: true }));
  return `sqlite:${join(folder, 'latchkey.sqlite')}`;
}

// Most of each test is the wait until a worker takes the old one's runs: all wait at once.
describe.concurrent.each([
  ['SQLite, with latchkey backup while it runs, and latchkey restore', onSqlite],
  ['PostgreSQL, with a copy at one moment', onPostgres],
  ['SQLite, moved to PostgreSQL', movedTo(onSqlite, newPostgres)],
  ['PostgreSQL, moved to SQLite', movedTo(onPostgres, newFile)],
])('%s', (_, install) => {
  test('what is restored goes on where the old installation stopped', async ({
    onTestFinished,
  }) => {
    const later: Later = (cleanup) => onTestFinished(async () => void (await cleanup()));
    const mails = await startMailServer();
    later(() => mails.stop());
    // The second write of the run that is interrupted is never answered to the old installation.
    let isOld = true;
    const party = await startCountingParty(
      (subject) => (isOld && subject === INTERRUPTED ? HOUR_MS : 0),
      true,
    );
    later(() => party.close());

    const { url, moved } = await install(later);
    const old = await openRunLab(url, party);
    later(() => old.close().catch(() => undefined));
    const runs = await leaveWorkBehind(old, party);
    const restoredUrl = await moved(old);
    isOld = false;

    const restored = await openRestored(later, {
      ...old.environment,
      DATABASE_URL: restoredUrl,
      SMTP_URL: mails.url,
      MAIL_FROM: 'latchkey@lab.example',
    });
    const fleet = await startFleet(1, restored.environment, workerFile);
    later(() => fleet.stop());
    const endedAs = (kind: 'queued' | 'polling' | 'retrying' | 'interrupted') =>
      stateOf(restored.foundation, runs[kind]);

    await vi.waitUntil(async () => (await endedAs('queued')) === 'succeeded', TIMEOUT);
    await vi.waitUntil(async () => (await endedAs('polling')) === 'succeeded', TIMEOUT);
    await vi.waitUntil(async () => (await endedAs('retrying')) === 'succeeded', TIMEOUT);
    await vi.waitUntil(async () => mails.mails.length === 1, TIMEOUT);
    expect(mails.mails[0]?.text).toContain('Welcome p5@lab.example.');

    // Nobody knows whether its write arrived: that is said, and someone who looks presses Retry now.
    await vi.waitUntil(async () => (await endedAs('interrupted')) === 'retrying', TIMEOUT);
    const { stores, transact } = restored.foundation;
    const interrupted = await stores.runs.find(runs.interrupted);
    expect(interrupted).toMatchObject({ error: { code: 'unknown-outcome' } });
    await transact(async (tx) => interrupted && retryNow(tx, interrupted, actor));
    await vi.waitUntil(async () => (await endedAs('interrupted')) === 'succeeded', TIMEOUT);
    // The first write was recorded as done before the backup: it was sent again with the retry only.
    expect(party.hits.get('/store/0 p3@lab.example')).toHaveLength(2);

    // Its main process looks for what fell due, at its start and every minute: each of it happens once.
    for (let minute = 0; minute < 2; minute += 1) await tick(restored.foundation);
    const [planned] = await stores.plannedItems.ofAssignment(runs.assignment);
    const begun = planned?.state === 'fired' ? planned.runId : undefined;
    await vi.waitUntil(
      async () => begun && (await stateOf(restored.foundation, begun)) === 'succeeded',
      TIMEOUT,
    );
    const imports = await stores.syncRuns.list(
      { integrationId: runs.scheduled },
      { offset: 0, limit: 9 },
    );
    expect(imports.runs.map(({ scheduledFor }) => scheduledFor?.getTime())).toEqual([runs.dueAt]);

    // What went on above could read the secrets; a link that was sent out opens what it opened before.
    const link = await stores.links.find(runs.link);
    expect(link && tokenBy(restored.foundation, link)).toBe(runs.token);
  });
});

/** The states that a backup may meet, each made by the engine itself. No worker runs, so they stay. */
async function leaveWorkBehind(lab: RunLab, party: CountingParty) {
  const { db, transact, stores, vault, newId, now } = lab.foundation;
  const started = async (kind: Kind): Promise<string> => (await lab.start(1, [kind]))[0] ?? '';

  const queued = await started('writes');
  const polling = await started('poll');
  await advance(lab, polling);
  expect(await stateOf(lab.foundation, polling)).toBe('waiting');

  const interrupted = await started('store');
  void advance(lab, interrupted).catch(() => undefined); // Its installation is gone before the answer comes.
  await party.arrived(INTERRUPTED);

  const retrying = await started('writes');
  await advance(lab, retrying, { send: async () => refusedAnswer });
  expect(await stateOf(lab.foundation, retrying)).toBe('retrying');

  // Its hour passes while neither installation runs.
  await db('runs')
    .where({ id: retrying })
    .update({ due_at: now().getTime() - 2 * 60_000 });

  const withMail = await started('message');
  await advance(lab, withMail);
  expect(await stateOf(lab.foundation, withMail)).toBe('succeeded');

  const person = await stores.people.findByEmail('p1@lab.example');
  const link: Link = {
    id: newId(),
    version: 1,
    purpose: 'secrets',
    subject: 'writes',
    personId: person?.id ?? '',
    createdAt: now(),
    expiresAt: new Date(now().getTime() + HOUR_MS),
    openings: 0,
    state: 'new',
  };
  await transact(async (tx) => {
    await tx.links.insert(link);
    await tx.workers.beat(OLD_WORKER, new Date(now().getTime() - HOUR_MS));
  });
  const token = linkToken(link, (text) => vault.keyedHash(text));
  const assignment = await plannedForToday(lab);
  const scheduled = await scheduledImport(lab);
  return { queued, polling, interrupted, retrying, link: link.id, token, assignment, ...scheduled };
}

/** A grant by a sequence that is due, and that no tick has looked at. @returns the assignment's id */
async function plannedForToday({ foundation }: RunLab): Promise<string> {
  const { stores, transact, now, newId } = foundation;
  const hired = await addedPerson(transact, {
    email: 'seq@lab.example',
    position: '1',
    startDate: '2026-01-05',
  });
  const writes = present(await stores.integrations.findByName('writes'));
  const sequence = {
    id: newId(),
    version: 1,
    name: 'First day',
    anchor: 'start-date',
    isOn: true,
    isForEveryHire: false,
    createdAt: now(),
  } as const;
  await stores.sequences.insert(sequence);
  await stores.sequences.insertItem({
    id: newId(),
    version: 1,
    sequenceId: sequence.id,
    position: 0,
    timing: { kind: 'on', time: '00:00' },
    does: { kind: 'grant', integrationId: writes.id, form: {}, answers: [] },
  });
  const wish = { sequence, person: hired, actor, past: 'fire' } as const;
  ofKind('assigned', await transact((tx) => assignSequence(tx, wish)));
  const { assignments } = await stores.assignments.ofPerson(hired.id, {
    offset: 0,
    limit: 1,
  });
  return assignments[0]?.id ?? '';
}

/** An import whose time came three minutes ago. @returns its integration's id, and when that was */
async function scheduledImport({ foundation }: RunLab) {
  const { db, transact, now } = foundation;
  const at = new Date(now().getTime() - 3 * 60_000);
  at.setUTCSeconds(0, 0);
  const manifest = JSON.stringify({
    execute: [{ url: 'http://127.0.0.1:9/people', method: 'GET' }],
    action: 'create',
    data_structure: { email: 'mail' },
    schedule: `${at.getUTCMinutes()} ${at.getUTCHours()} * * *`,
  });
  const added = await addedIntegration(transact, { name: 'staff', manifest });
  await db('manifest_versions')
    .where({ integration_id: added.id })
    .update({ created_at: at.getTime() - HOUR_MS });
  return { scheduled: added.id, dueAt: at.getTime() };
}

const OLD_WORKER = 'old-worker';

const refusedAnswer: HttpFailure = {
  kind: 'failed',
  code: 'bad-url',
  message: 'The address is wrong.',
  maySent: false,
};

/** As the old installation's worker does it. */
const advance = (
  { foundation }: RunLab,
  runId: string,
  http: Http = foundation.http,
): Promise<void> =>
  advanceRun(runId, {
    ...foundation,
    http,
    workerId: OLD_WORKER,
    underWay: new Set(),
    breakdowns: new Map(),
  });

async function openRestored(later: Later, environment: Environment) {
  const read = readConfig(environment);
  if (!read.ok) throw new TypeError(read.problems.map(({ message }) => message).join());
  const foundation = await openFoundation(read.config);
  later(() => foundation.close());
  return { environment, foundation };
}

const stateOf = async ({ stores }: Foundation, runId: string): Promise<string | undefined> =>
  (await stores.runs.find(runId))?.state;

const tokenBy = ({ vault }: Foundation, link: Link): string =>
  linkToken(link, (text) => vault.keyedHash(text));
