/** The night when chat is down: everything on the command line, against a real third party and a fresh database. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../demo/free-port.ts';
import { FERNBOARD_TOKEN, startTeamTool } from '../../demo/third-parties/team-tool.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createAuditStore } from '../../src/store/work/audit.ts';
import { runCommand, runCommandProcess } from '../support/command-line.ts';

let folder: string;
let teamTool: Awaited<ReturnType<typeof startTeamTool>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-cli-'));
  teamTool = await startTeamTool();
  writeFileSync(file('secrets.json'), JSON.stringify({ TOKEN: FERNBOARD_TOKEN }));
  writeFileSync(file('base.json'), JSON.stringify({ BASE_URL: teamTool.url }));
});
afterAll(async () => {
  await teamTool.close();
  rmSync(folder, { recursive: true, force: true });
});

const file = (name: string) => join(folder, name);

const environment = (more: Readonly<Record<string, string>> = {}) => ({
  DATABASE_URL: `sqlite:${file('latchkey.sqlite')}`,
  ALLOW_PRIVATE_HOSTS: new URL(teamTool.url).host,
  LOG_LEVEL: 'silent',
  ...more,
});
const latchkey = (args: readonly string[], more?: Readonly<Record<string, string>>) =>
  runCommand(args, environment(more));
/** For some of each kind, as a process also has to end: without a database, with one, and after calls of an app. */
const asProcess = (args: readonly string[], more?: Readonly<Record<string, string>>) =>
  runCommandProcess(args, environment(more));
const MANIFEST = 'demo/manifests/fernboard.json';

test('it says which version it is', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(await asProcess(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
});

test('help is of the command that is named, also of one below another, and says which is meant', async () => {
  const below = await latchkey(['help', 'people', 'add']);
  expect(below).toMatchObject({ code: 0, err: '' });
  expect(below.out).toContain('Usage: latchkey people add');
  const unknown = await latchkey(['help', 'evidense']);
  expect(unknown).toMatchObject({ code: 1, out: '' });
  expect(unknown.err).toContain("unknown command 'evidense'\n(Did you mean evidence?)");
  const inGroup = await latchkey(['people', 'help', 'lisst']);
  expect(inGroup).toMatchObject({ code: 1, out: '' });
  expect(inGroup.err).toContain("unknown command 'lisst'\n(Did you mean list?)");
  expect((await latchkey(['people', 'help', 'add'])).out).toContain('Usage: latchkey people add');
});

test('an empty option is refused, as of a variable that is not set', async () => {
  const added = ['people', 'add', '--email=ann@example.com', '--department', ''];
  for (const given of [['evidence', '--out', ''], ['evidence', '--person', ''], added]) {
    const said = await latchkey(given);
    expect(said.code).toBe(1);
    expect(said.err).toMatch(/^Error: option '--\w+ <\w+>' is empty; give it a value, or leave it/);
  }
});

test('so is an empty argument, also one that may be left out', async () => {
  for (const given of [
    ['export', ''],
    ['backup', ''],
    ['removals', ''],
    ['new', 'manifest', ''],
  ]) {
    const said = await latchkey(given);
    expect(said.code).toBe(1);
    expect(said.err).toMatch(/^Error: argument '\w+' is empty; give it a value\n/);
  }
});

describe('in order, as an operator would', () => {
  test('a command on no Latchkey makes none, and says how one begins', async () => {
    const typo = file('typo');
    const said = await asProcess(['--data', typo, 'people', 'list'], { DATABASE_URL: '' });
    expect(said).toEqual({
      code: 1,
      out: '',
      err: `Error: there is no Latchkey: ${typo}/data/latchkey.sqlite is missing. Name the folder of yours with --data, or begin a new one with "latchkey --data ${typo} init" and "latchkey --data ${typo} start"\n`,
    });
    expect(existsSync(typo)).toBe(false);
  });

  test('a folder of one Latchkey and the DATABASE_URL of another one are both named', async () => {
    mkdirSync(file('demo'), { recursive: true });
    writeFileSync(file('demo/.env'), 'DATABASE_URL=sqlite:./own.sqlite\n');
    const real = { DATABASE_URL: 'postgres://ann:hunter2@db.example/latchkey' };
    const said = await asProcess(['--data', file('demo'), 'people', 'list'], real);
    expect(said).toEqual({
      code: 1,
      out: '',
      err: `Error: --data names ${file('demo')}, whose database is SQLite (${file('demo/own.sqlite')}), and DATABASE_URL in the environment is PostgreSQL (db.example/latchkey). Unset DATABASE_URL, or write it into ${file('demo/.env')}, or leave --data away\n`,
    });
  });

  test('the demo, which has a folder of its own, takes none', async () => {
    const said = await latchkey(['--data', file('demo'), 'demo']);
    expect(said).toMatchObject({ code: 1, out: '' });
    expect(said.err).toContain('Error: the demo makes a folder of its own');
  });

  test('a command that is none is told which one was meant, with the group that it is in', async () => {
    expect((await latchkey(['import'])).err).toContain('(Did you mean people import?)');
    expect((await latchkey(['exprot'])).err).toContain('(Did you mean export?)');
    expect((await latchkey(['xyzzy'])).err).toContain("Error: unknown command 'xyzzy'\n");
  });

  test.each([
    ['a command', ['dist/src/cli/latchkey.js', 'people', 'list'], 'Error: ', 1],
    ['the start', ['dist/src/main.js'], '', 78],
    ['the command that starts', ['dist/src/cli/latchkey.js', 'start'], '', 78],
  ])('%s names a .env file that cannot be read', async (...[_what, args, before, code]) => {
    mkdirSync(file('unreadable/.env'), { recursive: true });
    const env = { LATCHKEY_HOME: file('unreadable') };
    const ended = promisify(execFile)(process.execPath, args, { env });
    await expect(ended).rejects.toMatchObject({
      code,
      stderr: `${before}${file('unreadable/.env')} can't be read (EISDIR); make it a file that Latchkey's user may read\n`,
    });
  });

  test.each([
    [['doctor'], { ok: false, findings: [{ check: 'Configuration', state: 'problem' }] }],
    [['try', MANIFEST], { status: 'failed', error: { code: 'configuration' } }],
    [['status'], { ok: false }],
    [['verify', '--audit'], { ok: false }],
  ])('%j says in JSON, too, that .env cannot be read', async (args, answer) => {
    mkdirSync(file('unreadable/.env'), { recursive: true });
    const said = await latchkey([...args, '--json'], { LATCHKEY_HOME: file('unreadable') });
    expect(said.code).toBe(1);
    expect(JSON.parse(said.out)).toMatchObject(answer);
    expect(said.out).toContain('/unreadable/.env');
  });

  test('migrate makes it', async () => {
    expect((await latchkey(['migrate'])).err).toContain('Made the encryption key');
  });

  test('a key is changed where there is no secret', async () => {
    const other = { DATABASE_URL: `sqlite:${file('empty.sqlite')}` };
    await latchkey(['migrate'], other);
    const rotated = await latchkey(['rotate-keys'], other);
    expect(rotated.out).toContain('The database has no secrets yet.');
  });

  test('a person with two mistakes is not added, and both are named', async () => {
    const said = await asProcess(['people', 'add', '--email', 'ann', '--start', '2026-02-30']);
    expect(said.code).toBe(1);
    expect(said.err).toContain('email: "ann" isn\'t an email address');
    expect(said.err).toContain('start: "2026-02-30" isn\'t a date');
  });

  test('people are added and listed', async () => {
    await latchkey(['people', 'add', '--email', 'bo@example.com', '--first-name', 'Bo']);
    const added = await asProcess([
      'people',
      'add',
      '--email=ann@example.com',
      '--first-name=Ann',
      '--last-name=Lee',
      '--manager=bo@example.com',
    ]);
    expect(added.out).toBe('Added Ann Lee <ann@example.com>.\n');
    expect((await latchkey(['people', 'list', '--search', 'lee'])).out).toMatch(
      /Ann Lee\s+ann@example.com\s+other\s+bo@example.com/,
    );
    const json = await latchkey(['people', 'list', '--search', 'lee', '--json']);
    expect(JSON.parse(json.out)).toMatchObject([{ name: 'Ann Lee', email: 'ann@example.com' }]);
  });

  test('a chat user is linked and unlinked, for when nobody can do it in chat', async () => {
    expect((await latchkey(['people', 'refused'])).err).toContain('No one was refused.');
    const unknown = await latchkey(['people', 'link', 'ann@example.com', 'U0ANN']);
    expect(unknown.code).toBe(1);
    expect(unknown.err).toContain('no chat user with the id U0ANN was refused');
    const user = 'slack:T0COMPANY/U0ANN';
    expect((await latchkey(['people', 'link', 'ann@example.com', user])).out).toBe(
      `Ann Lee <ann@example.com> is the chat user ${user} now.\n`,
    );
    expect((await latchkey(['people', 'link', 'bo@example.com', user])).err).toContain(
      'nothing was linked: that chat user is linked to someone else',
    );
    expect((await latchkey(['people', 'unlink', 'ann@example.com'])).out).toBe(
      `Ann Lee <ann@example.com> is no longer ${user}.\n`,
    );
    expect((await latchkey(['people', 'unlink', 'ann@example.com'])).code).toBe(1);
  });

  test('a person is changed by what is given, and an empty value takes away', async () => {
    const changed = await latchkey([
      'people',
      'change',
      'Ann Lee',
      '--position',
      'Engineer',
      '--manager',
      '',
    ]);
    expect(changed.out).toBe('Changed manager, position of Ann Lee.\n');
    const wrong = await latchkey([
      'people',
      'change',
      'ann@example.com',
      '--manager',
      'ann@example.com',
      '--start',
      'soon',
    ]);
    expect(wrong.code).toBe(1);
    expect(wrong.err).toContain('manager: this is the same person');
    expect(wrong.err).toContain('start: "soon" isn\'t a date');
    await latchkey(['people', 'change', 'ann@example.com', '--manager', 'bo@example.com']);
  });

  test('someone leaves and comes back', async () => {
    await latchkey(['people', 'add', '--email', 'cy@example.com', '--first-name', 'Cy']);
    const left = await latchkey(['people', 'deactivate', 'cy']);
    expect(left.out).toBe('Cy <cy@example.com> has left.\n');
    expect(left.err).toContain('latchkey revoke cy@example.com --all');
    expect((await latchkey(['people', 'list'])).out).not.toContain('cy@');
    expect((await latchkey(['people', 'reactivate', 'cy@example.com'])).out).toBe(
      'Cy <cy@example.com> is active again.\n',
    );
    expect((await latchkey(['people', 'reactivate', 'cy@example.com'])).err).toContain(
      'active already',
    );
  });

  test('what is kept of someone is written out, then erased once the operator has read what goes', async () => {
    await latchkey(['people', 'add', '--email=fay@example.com', '--first-name=Fay']);
    const kept = await latchkey(['people', 'export', 'fay@example.com']);
    expect(JSON.parse(kept.out)).toMatchObject({ people: [{ email: 'fay@example.com' }] });
    const nowhere = ['people', 'export', 'fay@example.com', '--out', '/dev/null/fay.json'];
    expect((await latchkey(nowhere)).err).toContain("/dev/null/fay.json can't be written");
    const again = await latchkey(['people', 'export', 'fay@example.com']);
    expect(again.out.match(/export\.made/g)).toHaveLength(1);
    const warned = await latchkey(['people', 'erase', 'fay@example.com']);
    expect(warned.code).toBe(1);
    expect(warned.err).toContain('What stays: the audit log without their name');
    const said = await latchkey(['people', 'erase', 'fay@example.com', '--yes']);
    expect(said).toMatchObject({ code: 0, out: 'They are erased.\n' });
    expect((await latchkey(['people', 'export', 'fay@example.com'])).err).toContain(
      'no one is called',
    );
  });

  test('a file of people is looked at, then imported, and again without adding anybody twice', async () => {
    writeFileSync(
      file('people.csv'),
      'Email;Name;Manager\nDee@example.com;Dee Day;ann@example.com\nnobody;;\ncy@example.com;Cyrus;\n',
    );
    const looked = await asProcess(['people', 'import', file('people.csv'), '--dry-run']);
    expect(looked.out).toBe('Would add 1, bring back 0, leave as they are 1, leave out 1.\n');
    expect(looked.err).toContain('Line 3: "nobody" isn\'t an email address.');
    const imported = await latchkey(['people', 'import', file('people.csv')]);
    expect(imported.out).toBe(
      'Added 1, brought back 0, updated 0, left as they were 1, left out 1.\n',
    );
    const again = await latchkey(['people', 'import', file('people.csv'), '--update']);
    expect(again.out).toBe(
      'Added 0, brought back 0, updated 1, left as they were 1, left out 1.\n',
    );
    expect((await latchkey(['people', 'list', '--search', 'dee'])).out).toMatch(
      /Dee Day\s+dee@example.com\s+other\s+ann@example.com/,
    );
    const missing = await latchkey(['people', 'import', file('none.csv')]);
    expect([missing.code, missing.err]).toEqual([
      1,
      expect.stringContaining('none.csv: there is no such file; check its name'),
    ]);
    writeFileSync(file('big.csv'), `email\n${'x'.repeat(6_000_000)}`);
    const big = await latchkey(['people', 'import', file('big.csv')]);
    expect([big.code, big.err]).toEqual([1, expect.stringContaining('is larger than 5 MiB')]);
  });

  test('an integration whose manifest is not there is refused with a cure', async () => {
    const said = await latchkey(['integration', 'add', 'Fernboard', file('none.json')]);
    expect([said.code, said.err]).toEqual([
      1,
      expect.stringContaining('none.json: there is no such file; check its name'),
    ]);
  });

  test('an integration is added without its secrets, and says what is missing', async () => {
    const said = await latchkey(['integration', 'add', 'Fernboard', MANIFEST]);
    expect(said.out).toBe('Added Fernboard.\n');
    expect(said.err).toContain('BASE_URL, TOKEN are set');
    expect((await latchkey(['access', 'ann@example.com'])).out).toMatch(
      /Fernboard +not confirmed +Fernboard is not set up yet: Address of Fernboard and Token are missing/,
    );
  });

  test('a second one that would store the same name is refused, and offered another', async () => {
    const said = await latchkey(['integration', 'add', 'Fern EU', MANIFEST]);
    expect(said.code).toBe(1);
    expect(said.err).toContain(
      'store_data.FERNBOARD_ID: Fernboard stores "FERNBOARD_ID" for people; use another name, such as "FERN_EU_FERNBOARD_ID"',
    );
    expect((await latchkey(['integration', 'list'])).out).not.toContain('Fern EU');
  });

  test('secrets are set later, and one that the manifest does not ask for is refused', async () => {
    writeFileSync(file('wrong.json'), JSON.stringify({ TOKN: 'x' }));
    const wrong = await latchkey(['integration', 'secrets', 'fernboard', file('wrong.json')]);
    expect(wrong.err).toContain("secrets.TOKN: isn't in initial_data_form");
    await latchkey(['integration', 'secrets', 'Fernboard', file('secrets.json')]);
    const said = await latchkey(['integration', 'secrets', 'Fernboard', file('base.json')]);
    expect(said.out).toBe('Set BASE_URL of Fernboard.\n');
    expect((await latchkey(['integration', 'list'])).out).toMatch(/Fernboard.*ready/);
  });

  test('a grant without answers says which are missing, and lists the choices', async () => {
    const said = await latchkey(['grant', 'Ann', 'Fernboard', '--set', 'TEAM_ROLE=Boss']);
    expect(said.code).toBe(1);
    expect(said.err).toContain(
      'TEAM_ID (Team) is missing; add --set TEAM_ID=… with one of "Canyon Design',
    );
    expect(said.err).toContain('TEAM_ROLE: "Boss" is not one of "Member", "Editor", "Owner"');
    expect(said.err).toContain('and 220 more');
  });

  test('a grant with answers, by label, gives the access', async () => {
    const answers = ['--set', 'TEAM_ID=Lagoon Security', '--set', 'TEAM_ROLE=editor'];
    const said = await asProcess(['grant', 'Ann', 'fernboard', ...answers]);
    expect(said).toMatchObject({ code: 0, out: 'Ann Lee has Fernboard now.\n' });
    expect(teamTool.state.members.get('ann@example.com')?.role).toBe('editor');
  });

  test('revoke --all takes away everything that is there', async () => {
    const said = await latchkey(['revoke', 'ann@example.com', '--all']);
    expect(said).toMatchObject({
      code: 0,
      out: 'Ann Lee no longer has Fernboard (checked: no access).\n',
    });
    expect(teamTool.state.members.size).toBe(0);
  });

  test('a name that means nobody, and an integration that is none, are said with the cure', async () => {
    expect((await latchkey(['access', 'Zoltan'])).err).toContain('no one is called "Zoltan"');
    expect((await latchkey(['grant', 'Ann', 'Asana'])).err).toContain(
      'no integration is called "Asana"; there are Fernboard',
    );
  });

  test('a newer manifest is shown as what it changes, and saved unless that was all', async () => {
    const newer = JSON.parse(readFileSync(MANIFEST, 'utf8')) as Record<string, unknown>;
    writeFileSync(file('newer.json'), JSON.stringify({ ...newer, exists: undefined }));
    const update = ['integration', 'update', 'Fernboard', file('newer.json')];
    const dry = await latchkey([...update, '--dry-run']);
    expect(dry.out).toMatch(/^exists\n {2}- \{"url":/);
    expect(dry.err).toContain('Nothing was saved');
    expect((await latchkey(update)).out).toContain('Saved version 2 of Fernboard.');
    expect((await latchkey(['integration', 'restore', 'Fernboard', '1'])).out).toContain(
      'Saved version 3 of Fernboard.',
    );
    expect((await latchkey(['integration', 'versions', 'Fernboard'])).out).toMatch(
      /\n3 +\S+ +now\n2 +\S+\n1 +\S+\n$/,
    );
  });

  test('an integration is turned off, and on again', async () => {
    await latchkey(['integration', 'off', 'fernboard']);
    expect((await latchkey(['integration', 'list'])).out).toMatch(/Fernboard.*off/);
    await latchkey(['integration', 'on', 'fernboard']);
    expect((await latchkey(['integration', 'list'])).out).toMatch(/Fernboard.*ready/);
  });

  test('the key is changed: without the old one nothing can be sealed again, with it everything', async () => {
    const old = readFileSync(file('latchkey.sqlite.key'), 'utf8').trim();
    const key = randomBytes(32).toString('base64url');
    const withoutOld = await latchkey(['rotate-keys'], { LATCHKEY_KEYS: key });
    expect(withoutOld.code).toBe(1);
    expect(withoutOld.err).toContain('which is not among the keys given; add that key back');

    const rotated = await asProcess(['rotate-keys'], { LATCHKEY_KEYS: `${key},${old}` });
    expect(rotated.code).toBe(0);
    expect(rotated.out).toMatch(
      /^\d+ secrets encrypted again\.\nAll \d+ secrets .* No other key is needed/,
    );
    expect(rotated.out).toContain('You can take the other key out of LATCHKEY_KEYS');
    const doubled = await latchkey(['rotate-keys'], { LATCHKEY_KEYS: `${key},${key}` });
    expect(doubled.err).toContain('LATCHKEY_KEYS has one key twice');
    const list = await latchkey(['rotate-keys'], { LATCHKEY_KEYS: key });
    expect(list.out).toContain('0 secrets encrypted again.');
    const db = openDatabase(`sqlite:${file('latchkey.sqlite')}`);
    const audited = await createAuditStore(db).list({ offset: 0, limit: 9 }, { what: 'keys.' });
    expect(audited.at(-1)).toMatchObject({ actor: { kind: 'operator' }, what: 'keys.rotated' });
    expect(audited.at(-1)?.detail?.['encrypted']).toBeGreaterThan(0);
    await db.destroy();

    await latchkey(['rotate-keys'], { LATCHKEY_KEYS: `${old},${key}` }); // And back, for what follows.
  });

  test('an integration is deleted once the operator has read what that removes', async () => {
    const warned = await latchkey(['integration', 'delete', 'Fernboard']);
    expect(warned.code).toBe(1);
    expect(warned.err).toContain('Its secrets are deleted for good: BASE_URL, TOKEN.');
    const said = await latchkey(['integration', 'delete', 'Fernboard', '--yes']);
    expect(said.out).toBe('Deleted Fernboard.\n');
    expect((await latchkey(['integration', 'list'])).err).toContain('There are no integrations');
  });

  test('a database whose key is gone is not given another one', async () => {
    unlinkSync(file('latchkey.sqlite.key'));
    const said = await latchkey(['people', 'list']);
    expect(said.code).toBe(1);
    expect(said.err).toContain('Restore that file from a backup');
  });
});

test('the address of a move comes from a pipe, where it is in no argument', async () => {
  const shell = 'echo mysql://hunter2@db.example/x | "$0" dist/src/cli/latchkey.js move --to -';
  const env = { PATH: process.env['PATH'], ...environment() };
  const ended = promisify(execFile)('sh', ['-c', shell, process.execPath], { env });
  await expect(ended).rejects.toMatchObject({
    code: 1,
    stderr: 'Error: --to takes postgres://user:password@host/name, sqlite:FILE or a file\n',
  });
});

test('start says what is wrong with the configuration, all of it, and stops', async () => {
  const said = await asProcess(['start'], { PORT: '80a', TIME_ZONE: 'Mars' });
  expect(said.code).toBe(78);
  expect(said.err).toContain('PORT: "80a" is not a port number; use one like PORT=3000');
  expect(said.err).toContain('TIME_ZONE: ');
});

test('start says that its port is taken, and stops', async () => {
  const port = await freePort(0);
  const server = createServer().listen(port, '127.0.0.1');
  const database = `sqlite:${file('other.sqlite')}`;
  const said = await asProcess(['start'], { PORT: String(port), DATABASE_URL: database });
  server.close();
  expect(said.code).toBe(1);
  expect(said.err).toContain(`PORT: ${port} is taken by another program`);
});
