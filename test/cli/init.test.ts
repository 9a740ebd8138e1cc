import { chown, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'dotenv';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CommandError } from '../../src/cli/command-error.ts';
import { type InitDeps, initCommand } from '../../src/cli/setup/init.ts';
import type { InitOptions } from '../../src/cli/setup/init-answers.ts';
import type { Questions, WhyNot } from '../../src/cli/setup/questions.ts';
import { capturedOutput } from './captured.ts';

let folder: string;
let printed: ReturnType<typeof capturedOutput>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-init-'));
  printed = capturedOutput();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function init(options: InitOptions, deps: Partial<InitDeps> = {}): Promise<number> {
  return initCommand(options, {
    folder,
    environment: {},
    questions: undefined,
    output: printed.output,
    now: () => new Date('2026-12-01T10:00:00Z'),
    examine: async () => ({ code: 0 }),
    ...deps,
  });
}

const file = () => join(folder, '.env');
const written = async () => parse(await readFile(file()));
const ADMIN = { admin: 'ada@example.com', yes: true } as const;

/** Someone who gives these answers, in order. What is refused fails the test. */
function answering(...answers: readonly (string | boolean | undefined)[]): Questions {
  const left = [...answers];
  const next = (whyNot: WhyNot = () => undefined) => {
    const answer = left.shift();
    const why = typeof answer === 'string' ? whyNot(answer) : undefined;
    if (why !== undefined) throw new Error(why);
    return answer;
  };
  return {
    choose: async (_message, _labels, before) => (next() ?? before) as never,
    text: async (_message, whyNot) => String(next(whyNot)),
    secret: async (_message, whyNot) => next(whyNot) as string | undefined,
    confirm: async () => next() === true,
  };
}

describe('with --yes', () => {
  test('it writes a file that its owner alone reads, with SQLite and the admin', async () => {
    expect(await init(ADMIN)).toBe(0);
    expect(await written()).toEqual({
      ADMIN_EMAILS: 'ada@example.com',
      DATABASE_URL: 'sqlite:./data/latchkey.sqlite',
      TIME_ZONE: Intl.DateTimeFormat().resolvedOptions().timeZone,
    });
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    expect(printed.stdout()).toBe('Next: latchkey start\n');
  });

  test.each([
    ['that is a file', (path: string) => writeFile(path, ''), 'ENOTDIR'],
    ['behind a link to nowhere', (path: string) => symlink('/no/disk', path), 'ENOENT'],
    ['that cannot be made', (path: string) => symlink('/proc', path), 'ENOENT'],
  ])('a folder %s is said with what to do', async (_what, make, code) => {
    await make(join(folder, 'taken'));
    const into = join(folder, 'taken', 'latchkey');
    await expect(init(ADMIN, { folder: into })).rejects.toThrow(
      new CommandError(
        `${join(into, '.env')} can't be written (${code}); look at who owns its folder, or name another one with --data`,
      ),
    );
  });

  test('PostgreSQL gets a key, which the file holds and the terminal does not', async () => {
    await init({ ...ADMIN, database: 'postgres://latchkey:old-word@db.example.com/latchkey' });
    const key = (await written())['LATCHKEY_KEYS'] ?? '';
    expect(Buffer.from(key, 'base64url')).toHaveLength(32);
    expect(printed.stdout() + printed.stderr()).not.toContain(key);
    expect(printed.stderr()).toContain('Keep a copy');
  });

  test('tokens come from the environment, and what is missing is named', async () => {
    const environment = { SLACK_BOT_TOKEN: 'xoxb-1' };
    await init({ ...ADMIN, chat: 'slack' }, { environment });
    expect(await written()).toMatchObject({ SLACK_BOT_TOKEN: 'xoxb-1' });
    expect(await readFile(file(), 'utf8')).toContain('# SLACK_APP_TOKEN=');
    expect(printed.stdout()).toContain('Next: put SLACK_APP_TOKEN into');
    expect(printed.stdout()).not.toContain('xoxb-1');
  });

  test("Slack's link has the manifest in it, with a socket where no address is given", async () => {
    await init({ ...ADMIN, chat: 'slack' });
    const [link = ''] = /https:\/\/api\.slack\.com\S+/.exec(printed.stdout()) ?? [];
    const query = new URL(link).searchParams;
    expect(query.get('new_app')).toBe('1');
    expect(JSON.parse(query.get('manifest_json') ?? '')).toMatchObject({
      display_information: { name: 'Latchkey' },
      settings: { socket_mode_enabled: true },
    });
  });

  test('Slack over HTTPS has one more step: its events find Latchkey when their URL is verified', async () => {
    await init({ ...ADMIN, chat: 'slack' });
    expect(printed.stdout()).not.toContain('verify');
    await init({ ...ADMIN, chat: 'slack', publicUrl: 'https://a.example', overwrite: true });
    expect(printed.stdout()).toContain(
      'verify the URL of its events, https://a.example/slack/events',
    );
  });

  test('Teams needs a public address, and gets the steps with it', async () => {
    await expect(init({ ...ADMIN, chat: 'teams' })).rejects.toThrow('--public-url like https://');
    await init({ ...ADMIN, chat: 'teams', publicUrl: 'https://latchkey.example.com' });
    expect(printed.stdout()).toContain('https://latchkey.example.com/api/messages');
    expect(printed.stdout()).toContain(
      'put TEAMS_APP_ID, TEAMS_TENANT_ID, and TEAMS_APP_PASSWORD into',
    );
  });

  test.each([
    [{ yes: true }, 'add one, like --admin'],
    [{ ...ADMIN, admin: 'ada' }, 'ADMIN_EMAILS: "ada" is not an email address'],
    [{ ...ADMIN, database: 'mysql://db' }, 'DATABASE_URL: its value is not sqlite'],
    [{}, 'add --yes and options'],
  ])('%o is refused with the cure, and nothing is written', async (options, cure) => {
    await expect(init(options)).rejects.toThrow(cure);
    expect(await readdir(folder)).toEqual([]);
  });

  test('a file that is there stays, unless it may be overwritten', async () => {
    await writeFile(file(), 'ADMIN_EMAILS=bo@example.com\n');
    await expect(init(ADMIN)).rejects.toThrow('--overwrite');
    expect(await written()).toEqual({ ADMIN_EMAILS: 'bo@example.com' });
  });

  test('overwriting keeps a copy, the keys and what init does not ask about', async () => {
    const old =
      "LATCHKEY_KEYS=abc\nMAIL_FROM='Latchkey <latchkey@example.com>'\nSLACK_BOT_TOKEN=xoxb-1\n";
    await writeFile(file(), old);
    await init({ ...ADMIN, chat: 'none', overwrite: true });
    const now = await written();
    expect(now).toMatchObject({
      LATCHKEY_KEYS: 'abc',
      MAIL_FROM: 'Latchkey <latchkey@example.com>',
    });
    expect(now).not.toHaveProperty('SLACK_BOT_TOKEN');
    expect(await readFile(join(folder, '.env.2026-12-01T100000.000Z'), 'utf8')).toBe(old);
  });
});

const POSTGRES = 'postgres://latchkey:old-word@db.example.com/latchkey';
const GUID = '11111111-2222-3333-4444-555555555555';
const HTTPS = 'PUBLIC_URL=https://latchkey.example.com\n';
const again = (options: Partial<InitOptions> = {}) =>
  init({ ...ADMIN, overwrite: true, ...options });

describe('what is known already', () => {
  test('a database of the environment is used', async () => {
    await init(ADMIN, { environment: { DATABASE_URL: POSTGRES } });
    expect(await written()).toMatchObject({ DATABASE_URL: POSTGRES });
  });

  test('a database of the old file stays, and nothing says that it changes', async () => {
    await writeFile(file(), `DATABASE_URL=${POSTGRES}\nLATCHKEY_KEYS=abc\n`);
    await again();
    expect(await written()).toMatchObject({ DATABASE_URL: POSTGRES });
    expect(printed.stderr()).not.toContain('database changes');
  });

  test('Enter keeps PostgreSQL and its address', async () => {
    await writeFile(file(), `DATABASE_URL=${POSTGRES}\nLATCHKEY_KEYS=abc\n`);
    const questions = answering(true, 'none', undefined, undefined, 'ada@example.com');
    await init({}, { questions });
    expect(await written()).toMatchObject({ DATABASE_URL: POSTGRES });
  });

  test("the admin's address is that of their chat profile only where there is a chat", async () => {
    const asked: string[] = [];
    const questions: Questions = {
      ...answering(),
      choose: async (_message, _labels, before) => before as never,
      text: async (message) => {
        asked.push(message);
        return 'ada@example.com';
      },
      secret: async () => undefined,
      confirm: async () => true,
    };
    await init({ chat: 'none', database: 'sqlite' }, { questions });
    expect(asked).toEqual(["The first admin's email address"]);
    await init({ chat: 'slack', database: 'sqlite', overwrite: true }, { questions });
    expect(asked).toContain("The first admin's email address, as their chat profile has it");
  });

  test('another database is said, without a password', async () => {
    await writeFile(file(), `DATABASE_URL=${POSTGRES}\nLATCHKEY_KEYS=abc\n`);
    await again({ database: 'sqlite' });
    expect(printed.stderr()).toContain(
      'The database changes from PostgreSQL (db.example.com/latchkey) to SQLite (./data/latchkey.sqlite)',
    );
    expect(printed.stderr()).not.toContain('old-word');
  });

  test('another file is said, too', async () => {
    await writeFile(file(), 'DATABASE_URL=sqlite:/var/lib/own.sqlite\n');
    await again({ database: 'sqlite' });
    expect(printed.stderr()).toContain('from SQLite (/var/lib/own.sqlite) to SQLite');
  });

  test('a wrong database in the environment is refused', async () => {
    const environment = { DATABASE_URL: 'mysql://db' };
    await expect(init(ADMIN, { environment })).rejects.toThrow('DATABASE_URL: its value is not');
  });

  test.each([
    ['Slack over HTTPS', `${HTTPS}SLACK_BOT_TOKEN=xoxb-1\nSLACK_SIGNING_SECRET=sign-1\n`],
    ['Slack over a socket', 'SLACK_BOT_TOKEN=xoxb-1\nSLACK_APP_TOKEN=xapp-1\n'],
    [
      'Teams with a secret',
      `${HTTPS}TEAMS_APP_ID=${GUID}\nTEAMS_TENANT_ID=${GUID}\nTEAMS_APP_PASSWORD=pass-1\n`,
    ],
    [
      'Teams with a certificate',
      `${HTTPS}TEAMS_APP_ID=${GUID}\nTEAMS_TENANT_ID=${GUID}\nTEAMS_CERTIFICATE_FILE=/etc/t.pem\nTEAMS_CONNECTOR=direct\n`,
    ],
    ['both', `${HTTPS}SLACK_BOT_TOKEN=xoxb-1\nSLACK_SIGNING_SECRET=sign-1\nTEAMS_APP_ID=${GUID}\n`],
    ['Teams on this machine', 'TEAMS_LOCAL=1\nTEAMS_LOCAL_SECRET=0123456789abcdef\n'],
  ])('%s stays where no option names a chat, and nothing is missing', async (_name, old) => {
    await writeFile(file(), old);
    await again();
    expect(await written()).toMatchObject(parse(old));
    expect(printed.stdout()).not.toContain('Next: put');
  });

  test.each(['slack', 'none'] as const)(
    '--chat %s leaves nothing of Teams behind',
    async (chat) => {
      await writeFile(
        file(),
        `TEAMS_APP_ID=${GUID}\nTEAMS_CERTIFICATE_FILE=/t.pem\nTEAMS_FEDERATED_TOKEN_FILE=/t\nTEAMS_CONNECTOR=direct\nTEAMS_LOCAL=1\nTEAMS_LOCAL_SECRET=0123456789abcdef\n`,
      );
      await again({ chat });
      expect(await readFile(file(), 'utf8')).not.toContain('TEAMS_');
    },
  );

  test('a public address leaves no token of the socket behind', async () => {
    await writeFile(file(), 'SLACK_BOT_TOKEN=xoxb-1\nSLACK_APP_TOKEN=xapp-1\n');
    await again({ publicUrl: 'https://latchkey.example.com' });
    expect(await written()).not.toHaveProperty('SLACK_APP_TOKEN');
    expect(printed.stdout()).toContain('put SLACK_SIGNING_SECRET into');
  });

  test('a signing secret without a public address is refused with the cure', async () => {
    await writeFile(file(), 'SLACK_BOT_TOKEN=xoxb-1\nSLACK_SIGNING_SECRET=sign-1\n');
    await expect(again()).rejects.toThrow('add --public-url');
  });

  test.each([
    ['TEAMS_CERTIFICATE_FILE', 'upload the certificate'],
    ['AZURE_FEDERATED_TOKEN_FILE', 'add a federated credential'],
  ])('with %s nobody is asked for a client secret, nor told to add one', async (variable, step) => {
    const environment = { [variable]: '/etc/t' };
    const url = 'https://latchkey.example.com';
    const questions = answering('teams', 'sqlite', 'ada@example.com', url, GUID, GUID);
    await init({}, { questions, environment });
    expect(printed.stdout()).toContain(step);
    expect(printed.stdout()).not.toMatch(/TEAMS_APP_PASSWORD|client secret/);
    expect(await readFile(file(), 'utf8')).not.toContain('TEAMS_APP_PASSWORD');
  });
});

describe('the file', () => {
  test('the copy of an open file is for its owner alone', async () => {
    await writeFile(file(), 'PORT=80\n', { mode: 0o644 });
    await again();
    const copy = join(folder, '.env.2026-12-01T100000.000Z');
    expect((await stat(copy)).mode & 0o777).toBe(0o600);
  });

  test('the old one stays in its place where no copy can be made, and no draft is left', async () => {
    await writeFile(file(), 'PORT=80\n');
    await writeFile(join(folder, '.env.2026-12-01T100000.000Z'), 'PORT=81\n');
    await expect(again()).rejects.toThrow('EEXIST');
    expect(await written()).toEqual({ PORT: '80' });
    expect(await readdir(folder)).toHaveLength(2);
  });

  test.skipIf(process.getuid?.() !== 0)('it keeps its owner and group', async () => {
    await writeFile(file(), 'PORT=80\n');
    await chown(file(), 1234, 1235);
    await again();
    expect(await stat(file())).toMatchObject({ uid: 1234, gid: 1235 });
  });

  test('what the environment says otherwise, and the next start would take, is refused by name', async () => {
    const environment = {
      DATABASE_URL: 'postgres://u:hunter2@db/x',
      ADMIN_EMAILS: 'bo@example.com',
    };
    const refused = await init({ ...ADMIN, database: 'sqlite' }, { environment }).catch(String);
    expect(refused).toContain(
      `nothing was written: the environment has another ADMIN_EMAILS and DATABASE_URL, and goes before ${file()}. Unset them and try again`,
    );
    expect(refused).not.toContain('hunter2');
    expect(await readdir(folder)).toEqual([]);
  });

  test('a value with a $ is quoted, so that Compose takes it as it is', async () => {
    await init(ADMIN, {
      environment: { SLACK_BOT_TOKEN: 'xoxb-$HOME', SLACK_APP_TOKEN: 'xapp-1' },
    });
    expect(await readFile(file(), 'utf8')).toContain("SLACK_BOT_TOKEN='xoxb-$HOME'");
  });
});

test('what the doctor finds comes before the start', async () => {
  expect(await init(ADMIN, { examine: async () => ({ code: 1 }) })).toBe(1);
  expect(printed.stdout()).toBe('Next: fix what has a ✗ above.\nThen: latchkey start\n');
});

test('where SQLite is missing, that is the first step, before tokens and the start', async () => {
  const examine = async () => ({ code: 1, forSqlite: 'SQLite is not installed here. Install it' });
  expect(await init({ ...ADMIN, chat: 'slack' }, { examine })).toBe(1);
  expect(printed.stdout()).toContain(
    'Next: SQLite is not installed here. Install it.\nThen: put SLACK_BOT_TOKEN and SLACK_APP_TOKEN into',
  );
  expect(printed.stdout()).toContain('Then: latchkey start\n');
  expect(printed.stdout()).not.toContain('Next: put');
});

describe('in a terminal', () => {
  test('Slack over a socket: its answers are written, and no secret is shown', async () => {
    const questions = answering('slack', 'sqlite', 'ada@example.com', 'socket', 'xoxb-2', 'xapp-3');
    await init({}, { questions });
    expect(await written()).toMatchObject({
      ADMIN_EMAILS: 'ada@example.com',
      SLACK_BOT_TOKEN: 'xoxb-2',
      SLACK_APP_TOKEN: 'xapp-3',
    });
    expect(printed.stdout() + printed.stderr()).not.toMatch(/xoxb-2|xapp-3/);
    expect(printed.stdout()).toContain('write "setup" to the bot');
  });

  test('what is refused while it is typed has an example that can be typed in its place', async () => {
    await expect(init({}, { questions: answering(undefined, undefined, 'ada') })).rejects.toThrow(
      /^"ada" is not an email address; use one like ann@example\.com$/,
    );
  });

  test('a token of another kind is refused while it is typed', async () => {
    const questions = answering('slack', 'sqlite', 'ada@example.com', 'socket', 'xapp-3');
    await expect(init({}, { questions })).rejects.toThrow("is not a bot user's token");
  });

  test('a password with signs that a file reads otherwise comes back whole', async () => {
    const address = `postgres://latchkey:p'w"d@db.example.com/latchkey`;
    await init({}, { questions: answering('none', 'postgres', address, 'ada@example.com') });
    expect(await written()).toMatchObject({ DATABASE_URL: address });
  });

  test('who only wants to try it is sent to the demo, and nothing is written', async () => {
    expect(await init({}, { questions: answering('try') })).toBe(0);
    expect(printed.stdout()).toContain('latchkey demo');
    expect(await readdir(folder)).toEqual([]);
  });

  test('No to changing a file that is there leaves it as it is', async () => {
    await writeFile(file(), 'PORT=80\n');
    await init({}, { questions: answering(false) });
    expect(await written()).toEqual({ PORT: '80' });
  });
});
