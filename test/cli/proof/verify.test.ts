/** `latchkey evidence` and `latchkey verify`, as someone at a terminal uses them. */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../../../src/store/database.ts';
import { runCommand } from '../../support/command-line.ts';
import { putMigrated } from '../../support/company/migrated-file.ts';

const containing = (text: string) => expect.stringContaining(text) as string;
const matching = (pattern: RegExp) => expect.stringMatching(pattern) as string;

let folder: string;
let environment: Readonly<Record<string, string>>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-verify-'));
  const file = join(folder, 'db.sqlite');
  environment = {
    LATCHKEY_HOME: folder,
    DATABASE_URL: `sqlite:${file}`,
    ADMIN_EMAILS: 'ada@example.com',
  };
  putMigrated(file);
  await latchkey('people', 'add', '--email', 'bo@example.com');
});
afterEach(() => rm(folder, { recursive: true }));

const latchkey = (...args: readonly string[]) => runCommand(args, environment);
const pack = () => join(folder, 'evidence.zip');

test('a pack is written for its owner alone, sealed first, and verified', async () => {
  const made = await latchkey('evidence', '--out', pack());
  expect(made).toMatchObject({ code: 0, out: `${pack()}\n` });
  expect((await stat(pack())).mode & 0o777).toBe(0o600);
  const verified = await latchkey('verify', pack());
  expect(verified).toMatchObject({ code: 0, err: containing('Its own key says so') });
  expect(verified.out).toMatch(/^The pack is as Latchkey made it\.\nKey: latchkey-key\.1\./);
});

test('a pack that is there is not written over', async () => {
  await writeFile(pack(), 'precious');
  expect(await latchkey('evidence', '--out', pack())).toEqual({
    code: 1,
    out: '',
    err: `Error: ${pack()} is there already; choose a name that is not taken\n`,
  });
  expect(await readFile(pack(), 'utf8')).toBe('precious');
});

/** No entry about an exported file can be written any more. */
async function breakEntries(): Promise<void> {
  const db = openDatabase(environment['DATABASE_URL'] ?? '');
  await db.raw(
    "create trigger broken before insert on audit_log when new.what = 'export.made' begin select raise(abort, 'broken'); end",
  );
  await db.destroy();
}

test('no pack is written without its audit entry', async () => {
  await breakEntries();
  await expect(latchkey('evidence', '--out', pack())).rejects.toThrow('broken');
  expect(await readdir(folder)).not.toContain('evidence.zip');
});

test("no one's data is written without its audit entry, and an older file stays as it is", async () => {
  const file = join(folder, 'bo.json');
  const exported = () => latchkey('people', 'export', 'bo@example.com', '--out', file);
  await writeFile(file, 'older, and longer than what is exported'.repeat(1000), { mode: 0o644 });
  expect((await exported()).code).toBe(0);
  const content = await readFile(file, 'utf8');
  expect(JSON.parse(content)).toMatchObject({ people: [{ email: 'bo@example.com' }] });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await writeFile(file, 'older');
  await breakEntries();
  await expect(exported()).rejects.toThrow('broken');
  expect(await readFile(file, 'utf8')).toBe('older');
});

test('the folder of a pack is made', async () => {
  const inFolder = join(folder, 'packs', '2026', 'evidence.zip');
  expect((await latchkey('evidence', '--out', inFolder)).code).toBe(0);
  expect(await readdir(join(folder, 'packs', '2026'))).toEqual(['evidence.zip']);
});

test("the folder of a person's export is made", async () => {
  const inFolder = join(folder, 'asked', 'bo.json');
  const exported = await latchkey('people', 'export', 'bo@example.com', '--out', inFolder);
  expect(exported.code).toBe(0);
  expect(await readdir(join(folder, 'asked'))).toEqual(['bo.json']);
});

test('a period that ends before it begins is refused', async () => {
  const dates = ['--from', '2026-02-01', '--until', '2026-01-31'];
  expect(await latchkey('evidence', '--out', pack(), ...dates)).toMatchObject({
    code: 1,
    err: containing('--from 2026-02-01 is after --until 2026-01-31'),
  });
});

test('a changed pack ends with 1 and says where', async () => {
  await latchkey('evidence', '--out', pack());
  const bytes = await readFile(pack());
  const end = bytes.length - 1;
  bytes[end] = bytes[end] === 65 ? 66 : 65;
  await writeFile(pack(), bytes);
  expect(await latchkey('verify', pack())).toMatchObject({
    code: 1,
    out: matching(/^The ZIP file around the files was changed/),
  });
});

test('the audit log is verified, also against a head in a saved message; a cut end is found by that alone', async () => {
  await latchkey('evidence', '--out', pack());
  const whole = await latchkey('verify', '--audit');
  expect(whole).toMatchObject({
    code: 0,
    out: matching(/^The audit log is as it was sealed: \d+ entries\.\nHead: /),
  });
  const message = join(folder, 'message.txt');
  await writeFile(message, `Keep this.\n${whole.out}`);
  expect((await latchkey('verify', '--audit', '--head', message)).code).toBe(0);
  const db = openDatabase(environment['DATABASE_URL'] ?? '');
  const last = Number(whole.out.match(/latchkey-head\.1\.(\d+)/)?.[1]);
  await db('audit_chain').where({ seq: last }).delete();
  await db('audit_log').where({ seq: last }).delete();
  await db.destroy();
  expect((await latchkey('verify', '--audit')).code).toBe(0);
  const cut = await latchkey('verify', '--audit', '--head', message);
  expect(cut).toMatchObject({
    code: 1,
    out: containing(`Entry ${last}: it is missing, and so is everything after it`),
  });
});

test('what is neither a head nor a file with one is refused', async () => {
  expect(await latchkey('verify', '--audit', '--head', 'nonsense')).toMatchObject({
    code: 1,
    err: containing('there is no such line in "nonsense"'),
  });
});
