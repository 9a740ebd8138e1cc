import { randomBytes, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { access, chmod, link, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../demo/free-port.ts';
import { codeOrReason, inTime, reachHost } from '../../src/cli/doctor/finding.ts';
import { checkTeams } from '../../src/cli/doctor/teams.ts';
import { doctorCommand } from '../../src/cli/doctor.ts';
import { readConfig } from '../../src/config/config.ts';
import type { Environment } from '../../src/config/variables.ts';
import type { ChatToken } from '../../src/engine/ports/chat-stores.ts';
import type { OAuthToken } from '../../src/engine/ports/integration-stores.ts';
import { rememberSlackRemoval } from '../../src/engine/settings/set-up-memory.ts';
import { holdForMove } from '../../src/store/hold-moving.ts';
import { migrations, migrationsOf } from '../../src/store/migrations.ts';
import { createStores } from '../../src/store/stores.ts';
import { createVault } from '../../src/store/vault/vault.ts';
import { unitOfWork } from '../../src/store/work/unit-of-work.ts';
import { BOT_CERTIFICATE, BOT_KEY } from '../bots/teams/connector/certificates.ts';
import { aPerson } from '../contracts/a-person.ts';
import { type DatabaseWithFile, databaseWithFile } from '../support/database/database.ts';
import { withHeldTable } from '../support/database/held-transaction.ts';
import { addedIntegration } from '../support/given/added.ts';
import { ok, present } from '../support/given/outcomes.ts';
import { startMailServer } from '../support/peers/mail-server.ts';
import { emptyPostgres, temporaryPostgres } from '../support/peers/postgres.ts';
import { SlackDouble } from '../support/slack-double/slack-double.ts';
import { capturedOutput } from './captured.ts';

const now = new Date('2026-11-25T12:00:00Z');
const GUID = '00000000-0000-0000-0000-00000000000';

let database: DatabaseWithFile;
let servers: { close(): unknown }[];
/** A port where nobody listens: what is looked at there isn't running. */
let closedPort: number;

beforeEach(async () => {
  servers = [];
  database = await databaseWithFile(() => now);
  await writeFile(`${database.file}.key`, Buffer.from(database.key).toString('base64url'));
  closedPort = await freePort(0);
});
afterEach(async () => {
  for (const server of servers) server.close();
  await database.cleanup();
});

async function serve(answer: RequestListener): Promise<string> {
  const server: Server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function doctor(environment: Environment = {}, entra?: string, at = now) {
  const { output, stdout } = capturedOutput();
  const env = {
    settings: readConfig({
      DATABASE_URL: database.url,
      PORT: String(closedPort),
      ...environment,
    }),
    now: () => at,
    ...(entra !== undefined && { entra }),
  };
  const exitCode = await doctorCommand({}, env, output);
  return { exitCode, said: stdout() };
}

test('a new installation has no problem, and says what comes next', async () => {
  const { exitCode, said } = await doctor();
  expect(exitCode).toBe(0);
  expect(said).toMatch(/^✓ Version: Latchkey \d+\.\d+\.\d+ on Node \d+/);
  expect(said).toContain('✓ Configuration: All variables are valid.');
  expect(said).toContain('✓ Database: Latchkey can write to it.');
  expect(said).toContain(`⚠ Web: Latchkey isn't running at 127.0.0.1, port ${closedPort}.`);
  expect(said).toContain('⚠ Setup: There is no integration yet.\n    Add the first one');
  expect(said).not.toContain('✗');
});

test('a file for the audit log that can not be written is a problem, and none is made', async () => {
  const folder = dirname(database.file);
  const there = join(folder, 'audit.jsonl');
  const audited = async (file: string) => {
    const { said } = await doctor({ AUDIT_FILE: file });
    return said.split('\n').filter((line) => line.includes('Audit file'));
  };
  expect(await audited(there)).toEqual(['✓ Audit file: It can be written.']);
  await expect(access(there)).rejects.toThrow('ENOENT');
  expect((await doctor()).said).not.toContain('Audit file');
  expect((await doctor({ AUDIT_FILE: folder })).said).toContain(
    'That is a folder: name a file in it.',
  );
  for (const [file, code] of [
    [folder, 'EISDIR'],
    [join(folder, 'none', 'audit.jsonl'), 'ENOENT'],
    [join(database.file, 'audit.jsonl'), 'EACCES|ENOTDIR'],
  ] as const)
    expect((await audited(file)).join()).toMatch(
      new RegExp(`^✗ Audit file: .* can't be written \\((${code})\\)\\.$`),
    );
});

test('a database that is a folder, or can not be made, is named with the reason', async () => {
  const folder = dirname(database.file);
  const databaseIn = async (file: string) => {
    const { said } = await doctor({ DATABASE_URL: `sqlite:${file}` });
    return /✗ Database[^⚠]*/.exec(said)?.[0];
  };
  expect(await databaseIn(folder)).toBe(
    `✗ Database: ${folder} can't be read (EISDIR).\n    Most likely it is a folder; name a file in it.\n`,
  );
  const linked = join(folder, 'linked.sqlite');
  await link(database.file, linked);
  expect(await databaseIn(linked)).toContain(
    `${database.file} is the same file, as "ln" makes them`,
  );
  await rm(linked);
  const below = join(database.file, 'latchkey.sqlite');
  expect(await databaseIn(below)).toBe(
    `✗ Database: There is no ${below}, and a start can't make it (ENOTDIR).\n    Most likely its folder is a file.\n`,
  );
});

test('a proxy on the way to a platform is named where that is out of reach', () => {
  const url = new URL('http://proxy.example.com:3128');
  const but = (host: string) => ({ url, except: (called: URL) => called.hostname === host });
  expect(reachHost('slack.com', but('intranet.example.com'))).toBe(
    'Check that the proxy of HTTPS_PROXY answers this machine and lets it reach slack.com, and try again.',
  );
  for (const proxy of [undefined, but('slack.com')])
    expect(reachHost('slack.com', proxy)).toBe(
      'Check that this machine can reach slack.com over https, and try again.',
    );
});

test('a database that other users may open is named, with what to do', async () => {
  expect((await doctor()).said).not.toContain('chmod');
  await chmod(dirname(database.file), 0o755);
  await chmod(database.file, 0o644);
  const { exitCode, said } = await doctor();
  expect(exitCode).toBe(0);
  expect(said).toContain(
    `⚠ Database: The mode of ${database.file} (644) lets other users of this machine open it`,
  );
  expect(said).toContain(`Run: chmod 600 '${database.file}'`);
});

test('that there is no admin yet is said before all else that is missing, and once', async () => {
  const { said } = await doctor({ ADMIN_EMAIL: 'ada@example.com' });
  const warned = said.split('\n').filter((line) => line.startsWith('⚠'));
  expect(warned.slice(0, 2)).toEqual([
    '⚠ Configuration: ADMIN_EMAIL is set, and Latchkey has no such variable.',
    '⚠ Admins: There is no admin yet.',
  ]);
  expect(said.match(/There is no admin yet/g)).toHaveLength(1);
  expect(said).toContain('⚠ Setup: No one is in the directory yet.');
});

test('before the first start, what the configuration lacks is said already', async () => {
  const unmade = { DATABASE_URL: `${database.url}-none` };
  const { said } = await doctor(unmade);
  expect(said).toMatch(
    /⚠ Admins: There is no admin yet\.\n    Set ADMIN_EMAILS .*, before the first start\.\n/,
  );
  expect(said).toContain('⚠ Setup: No chat is connected.\n    Set SLACK_…');
  const named = await doctor({ ...unmade, ADMIN_EMAILS: 'ada@example.com' });
  expect(named.said).not.toContain('Admins');
});

test('an admin whom ADMIN_EMAILS names, and no start has seen yet, needs a start alone', async () => {
  const { said } = await doctor({ ADMIN_EMAILS: 'ada@example.com' });
  expect(said).toContain(
    'There is no admin yet.\n    Start Latchkey, or restart it if it runs: then the people whom ADMIN_EMAILS names are admins.',
  );
  expect(said).not.toContain('Set ADMIN_EMAILS');
});

test('an only admin whose last day is over, and whose access so stays, is a problem', async () => {
  const { people, offboardings } = database.stores;
  const ada = aPerson({ email: 'ada@example.com', role: 'admin' });
  await people.insert(ada);
  const leaving = { id: 'o1', version: 1, personId: ada.id, createdAt: now } as const;
  const today = { ...leaving, state: 'planned', endDate: '2026-11-25' } as const;
  await offboardings.insert(today);
  expect((await doctor()).said).not.toContain('Admins');
  await offboardings.save({ ...today, endDate: '2026-11-24' });
  const { exitCode, said } = await doctor();
  expect(exitCode).toBe(1);
  expect(said).toContain('✗ Admins: The last day of ada@example.com was 2026-11-24, but they are');
});

test('every problem of the configuration is reported with its variable and an example', async () => {
  const { exitCode, said } = await doctor({ PORT: '80a', TIME_ZONE: 'Mars' });
  expect(exitCode).toBe(1);
  expect(said).toContain('✗ Configuration: PORT: "80a" is not a port number; use one like PORT=');
  expect(said).toContain('✗ Configuration: TIME_ZONE: "Mars" is not a known time zone');
});

test('--json prints one object', async () => {
  const { output, stdout } = capturedOutput();
  const env = { settings: readConfig({ PORT: 'x' }), now: () => now };
  expect(await doctorCommand({ json: true }, env, output)).toBe(1);
  expect(JSON.parse(stdout())).toMatchObject({
    ok: false,
    findings: [{ check: 'Configuration', state: 'problem' }],
  });
});

describe('the database', () => {
  test('that was never made is made by the first start, and nothing is made here', async () => {
    const { exitCode, said } = await doctor({ DATABASE_URL: `${database.url}-none` });
    expect(exitCode).toBe(0);
    expect(said).toContain('-none yet.\n    The first start creates it');
  });

  test('without tables, as PostgreSQL begins, waits for its first start like one that was never made', async () => {
    const postgres = await emptyPostgres();
    try {
      const { said } = await doctor({
        DATABASE_URL: postgres.url,
        LATCHKEY_KEYS: randomBytes(32).toString('base64url'),
      });
      expect(said).toMatch(
        /⚠ Admins: There is no admin yet\.\n    Set ADMIN_EMAILS .*, before the first start\.\n/,
      );
    } finally {
      await postgres.cleanup();
    }
  });

  test('that lacks changes is named, and not changed', async () => {
    const newest = Object.keys(migrations).slice(-2);
    await database.db('knex_migrations').whereIn('name', newest).delete();
    const { said } = await doctor();
    expect(said).toMatch(/⚠ Database: 2 migrations are pending\.\n {4}Run "latchkey migrate"/);
    expect((await migrationsOf(database.db)).pending).toEqual(newest);
  });

  test('that a newer Latchkey has changed is a problem', async () => {
    await database.db('knex_migrations').insert({ name: '9999-later', batch: 9 });
    expect((await doctor()).said).toContain(
      '✗ Database: A newer Latchkey has changed it (9999-later).',
    );
  });

  test('that a version made which was never released is a problem', async () => {
    await database.db('knex_migrations').insert({ name: '0054-later', batch: 9 });
    expect((await doctor()).said).toContain(
      '✗ Database: It comes from a version of Latchkey that was never released.\n    Start with a new database;',
    );
  });

  test('that is no database is a problem', async () => {
    await writeFile(`${database.file}-text`, 'This is a text and no database at all.'.repeat(50));
    const { said } = await doctor({
      DATABASE_URL: `${database.url}-text`,
      LATCHKEY_KEYS: randomBytes(32).toString('base64url'),
    });
    expect(said).toContain('(SQLITE_NOTADB).\n    Most likely the file is no SQLite database.');
  });

  test('of PostgreSQL is looked at in the same way', async () => {
    const postgres = await temporaryPostgres(() => now);
    try {
      await postgres.stores.workers.beat('w1', now);
      const { exitCode, said } = await doctor({
        DATABASE_URL: postgres.url,
        LATCHKEY_KEYS: Buffer.from(postgres.key).toString('base64url'),
      });
      expect(said).toMatch(/✓ Database: It answers \(PostgreSQL \d+/);
      for (const fine of [
        'Database: It is up to date',
        'Database: Latchkey can write to it',
        'Worker: It works',
      ])
        expect(said).toContain(`✓ ${fine}.`);
      expect(exitCode).toBe(0);
    } finally {
      await postgres.cleanup();
    }
  });

  test('of PostgreSQL that gives fewer connections than a process takes is a warning', async () => {
    const postgres = await temporaryPostgres(() => now);
    try {
      const name = new URL(postgres.url).pathname.slice(1);
      await postgres.db.raw('alter database ?? connection limit 8', [name]);
      const { exitCode, said } = await doctor({
        DATABASE_URL: postgres.url,
        LATCHKEY_KEYS: Buffer.from(postgres.key).toString('base64url'),
      });
      expect(said).toContain(
        '⚠ Database: It gives Latchkey 8 connections at most, and each process takes up to 27.',
      );
      expect(exitCode).toBe(0);
    } finally {
      await postgres.cleanup();
    }
  });

  test('of PostgreSQL on a machine with another time is a warning', async () => {
    const postgres = await emptyPostgres();
    try {
      const { rows } = await postgres
        .connect()
        .raw<{ readonly rows: readonly { readonly now: Date }[] }>('select now()');
      const { now: theirs } = present(rows[0]);
      const saidAt = async (seconds: number) => {
        const at = new Date(theirs.getTime() + 1000 * seconds);
        const environment = {
          DATABASE_URL: postgres.url,
          LATCHKEY_KEYS: randomBytes(32).toString('base64url'),
        };
        return (await doctor(environment, undefined, at)).said;
      };
      expect(await saidAt(3600)).toMatch(/⚠ Clock: This machine's clock is 3[56]\d\d s ahead of/);
      expect(await saidAt(-3600)).toMatch(/⚠ Clock: This machine's clock is 36\d\d s behind/);
      expect(await saidAt(0)).not.toContain('Clock');
    } finally {
      await postgres.cleanup();
    }
  });

  test('that lacks the named one on its server says so, without the password', async () => {
    const postgres = await emptyPostgres();
    try {
      const address = new URL(postgres.url);
      address.pathname = '/nowhere-at-all';
      const { exitCode, said } = await doctor({
        DATABASE_URL: address.href,
        LATCHKEY_KEYS: randomBytes(32).toString('base64url'),
      });
      expect(exitCode).toBe(1);
      expect(said).toContain('Most likely there is no database of that name');
      expect(address.password !== '' && said.includes(address.password)).toBe(false);
    } finally {
      await postgres.cleanup();
    }
  });

  test('that nothing listens for is a problem', async () => {
    const { said } = await doctor({
      DATABASE_URL: `postgres://u:hunter2@127.0.0.1:${closedPort}/x`,
      LATCHKEY_KEYS: randomBytes(32).toString('base64url'),
    });
    expect(said).toContain('(ECONNREFUSED).\n    Most likely nothing listens at its address');
    expect(said).not.toContain('hunter2');
  });
});

describe('the keys', () => {
  const seal = (stores = database.stores) =>
    anIntegration(stores, { TOKEN: 'top-secret-1', ZONE: 'top-secret-2' });

  test('that open what is there are fine', async () => {
    await seal();
    expect((await doctor()).said).toContain('✓ Keys: They open the secrets in the database.');
  });

  test('that lack the one which was used are a problem, which names the key and the place', async () => {
    const other = createVault([randomBytes(32)]);
    await seal(createStores(database.db, other));
    const { exitCode, said } = await doctor();
    expect(exitCode).toBe(1);
    expect(said).toMatch(
      /✗ Keys: secrets\/\S+\/TOKEN\/value was sealed with key \S+, which is not/,
    );
    expect(said).toContain('Add the key that was used to LATCHKEY_KEYS');
    expect(said.match(/✗ Keys/g)).toHaveLength(1); // However much it has sealed.
  });

  test('that are missing beside the database are a problem, and none is made', async () => {
    await rm(`${database.file}.key`);
    const { exitCode, said } = await doctor();
    expect(exitCode).toBe(1);
    expect(said).toContain('latchkey.sqlite.key is missing beside the database');
    await expect(rm(`${database.file}.key`)).rejects.toThrow('ENOENT');
  });
});

describe('Slack', () => {
  const slackWith = async (options: Parameters<typeof SlackDouble.start>[0] = {}) => {
    const slack = await SlackDouble.start(options);
    servers.push({ close: () => slack.stop() });
    return {
      SLACK_BOT_TOKEN: slack.token,
      SLACK_APP_TOKEN: slack.appToken,
      SLACK_API_URL: slack.apiUrl,
    };
  };

  test('that takes the tokens is fine, and a socket can be opened', async () => {
    const { said } = await doctor(await slackWith());
    expect(said).toContain('✓ Slack: The token has every scope it needs.');
    expect(said).toContain('✓ Slack: The app token opens a socket.');
    expect(said).not.toContain('✗');
    expect(said).not.toMatch(/xoxb-token|xapp-test/);
  });

  describe('with token rotation', () => {
    const rotating = async (more: Partial<ChatToken> = {}) => {
      const variables = await slackWith();
      await database.stores.chatTokens.insert({
        platform: 'slack',
        version: 1,
        token: variables.SLACK_BOT_TOKEN,
        refreshToken: 'xoxe-9',
        origins: ['xoxe-0'],
        expiresAt: new Date(8.64e15),
        ...more,
      });
      return {
        ...variables,
        SLACK_BOT_TOKEN: 'xoxe.xoxb-long-ago',
        SLACK_REFRESH_TOKEN: 'xoxe-0',
        SLACK_CLIENT_ID: '1.2',
        SLACK_CLIENT_SECRET: 'client-secret-1',
      };
    };

    test('looks at the stored token, and renews nothing', async () => {
      const { said } = await doctor(await rotating());
      expect(said).toContain('✓ Slack: The token has every scope it needs.');
    });

    test('a refresh token that is lost is a problem', async () => {
      const { exitCode, said } = await doctor(await rotating({ lostAt: new Date(0) }));
      expect(exitCode).toBe(1);
      expect(said).toContain('✗ Slack: Slack does not take the stored refresh token any more.');
    });
  });

  test('that refuses the bot token is a problem', async () => {
    const { exitCode, said } = await doctor({
      ...(await slackWith()),
      SLACK_BOT_TOKEN: 'xoxb-other-1',
    });
    expect(exitCode).toBe(1);
    expect(said).toContain('✗ Slack: It refuses SLACK_BOT_TOKEN (invalid_auth).');
    expect(said).not.toContain('xoxb-other-1');
  });

  test('that refuses the app token is a problem', async () => {
    const { said } = await doctor({ ...(await slackWith()), SLACK_APP_TOKEN: 'xapp-other-1' });
    expect(said).toContain('✗ Slack: It refuses SLACK_APP_TOKEN (invalid_auth).');
  });

  test('whose token lacks a scope is a problem, which names it', async () => {
    const { exitCode, said } = await doctor(
      await slackWith({
        scopes: [
          'commands',
          'chat:write',
          'app_mentions:read',
          'im:write',
          'im:history',
          'files:read',
        ],
      }),
    );
    expect(exitCode).toBe(1);
    expect(said).toContain('✗ Slack: The token lacks these scopes: users:read, users:read.email.');
  });

  test('whose token lacks only what an admin may leave away is a warning', async () => {
    const needed = ['commands', 'chat:write', 'im:write', 'im:history', 'users:read'];
    const scopes = [...needed, 'users:read.email', 'app_mentions:read'];
    const { exitCode, said } = await doctor(await slackWith({ scopes }));
    expect(exitCode).toBe(0);
    expect(said).toContain('⚠ Slack: The token lacks these optional scopes: files:read.');
  });

  test('of an app from before previews is a warning that says what is missing, where pages have a domain', async () => {
    const needed = ['commands', 'chat:write', 'im:write', 'im:history', 'users:read'];
    const scopes = [...needed, 'users:read.email', 'app_mentions:read', 'files:read'];
    const slack = await slackWith({ scopes });
    const { said } = await doctor({ ...slack, PUBLIC_URL: 'https://latchkey.example.com' });
    expect(said).toContain('optional scopes: links:read, links:write.');
    expect(said).toContain('replace the old one with it at api.slack.com/apps');
    expect((await doctor(slack)).said).toContain('✓ Slack: The token has every scope it needs.');
  });

  test('that removed Latchkey is a problem, which says since when', async () => {
    await database.transact(rememberSlackRemoval);
    const { exitCode, said } = await doctor(await slackWith());
    expect(exitCode).toBe(1);
    expect(said).toMatch(
      /✗ Slack: Slack no longer accepts Latchkey's token: .+, on \d{4}-\d\d-\d\d\./,
    );
  });

  test('that is out of reach is a problem', async () => {
    const { said } = await doctor({
      ...(await slackWith()),
      SLACK_API_URL: `http://127.0.0.1:${closedPort}/api/`,
    });
    expect(said).toContain("✗ Slack: It can't be reached (ECONNREFUSED).");
  });
});

describe('Teams', () => {
  const teams = {
    TEAMS_APP_ID: `${GUID}1`,
    TEAMS_TENANT_ID: `${GUID}2`,
    TEAMS_APP_PASSWORD: 'client-secret-1',
    PUBLIC_URL: 'https://latchkey.invalid',
    ALLOW_PRIVATE_HOSTS: '127.0.0.1', // Entra's double is there.
  };
  const entra = (status: number, answer: object, seen: string[] = []) =>
    serve(async (request, response) => {
      seen.push(`${request.url} ${await readAll(request)}`);
      response.writeHead(status, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(answer));
    });

  test('gets its token from Entra with the app and its secret', async () => {
    const seen: string[] = [];
    const answer = { access_token: 'token-1', expires_in: 3599 };
    const { said } = await doctor(teams, await entra(200, answer, seen));
    expect(said).toContain('✓ Teams: Entra gave the bot a token.');
    expect(said).not.toMatch(/client-secret-1|token-1/);
    expect(seen).toEqual([
      `/${GUID}2/oauth2/v2.0/token grant_type=client_credentials&client_id=${GUID}1&client_secret=client-secret-1&scope=https%3A%2F%2Fapi.botframework.com%2F.default`,
    ]);
  });

  test.each([
    [{}, "through Microsoft's SDK (TEAMS_CONNECTOR=botbuilder)"],
    [{ TEAMS_CONNECTOR: 'direct' }, 'directly (TEAMS_CONNECTOR=direct)'],
    [
      { TEAMS_APP_PASSWORD: '', TEAMS_CERTIFICATE_FILE: fileURLToPath(import.meta.url) },
      'directly',
    ],
  ])('with %o says how it is called', async (more, how) => {
    const { said } = await doctor({ ...teams, ...more }, await entra(503, {}));
    expect(said).toContain(`✓ Teams: Latchkey calls it ${how}`);
    expect(said).not.toContain('✓ Teams: Entra');
  });

  test('says what is wrong with the file of a certificate', async () => {
    const file = fileURLToPath(import.meta.url);
    const settings = { ...teams, TEAMS_APP_PASSWORD: '', TEAMS_CERTIFICATE_FILE: file };
    const { exitCode, said } = await doctor(settings, await entra(200, {}));
    expect(exitCode).toBe(1);
    expect(said).toContain(
      '✗ Teams: TEAMS_CERTIFICATE_FILE: the file holds no certificate in PEM.',
    );
  });

  test('says when its certificate ends soon, before Entra refuses it', async () => {
    const file = join(dirname(database.file), 'bot.pem');
    await writeFile(file, `${BOT_CERTIFICATE}\n${BOT_KEY}`);
    const settings = { ...teams, TEAMS_APP_PASSWORD: '', TEAMS_CERTIFICATE_FILE: file };
    const { config } = ok(readConfig(settings));
    const end = new Date(new X509Certificate(BOT_CERTIFICATE).validTo);
    const url = await entra(503, {});
    const saidAt = async (days: number) => {
      const at = () => new Date(end.getTime() - days * 24 * 60 * 60_000);
      const found = await checkTeams(present(config.teams), { config, now: at, entra: url });
      return found.map(({ sentence }) => sentence).join();
    };
    expect(await saidAt(31)).not.toContain('ends on');
    expect(await saidAt(29)).toContain(
      `The certificate of TEAMS_CERTIFICATE_FILE ends on ${end.toISOString().slice(0, 10)}`,
    );
    expect(await saidAt(-1)).toContain('The certificate of TEAMS_CERTIFICATE_FILE ended on');
  });

  test('says which variable Entra refuses', async () => {
    const refusal = {
      error: 'invalid_client',
      error_description: 'AADSTS7000215: Invalid client secret provided. Trace ID: 1',
    };
    const { exitCode, said } = await doctor(teams, await entra(401, refusal));
    expect(exitCode).toBe(1);
    expect(said).toContain('✗ Teams: Entra refuses TEAMS_APP_PASSWORD.');
  });

  test('tells a refusal that it does not know by its number', async () => {
    const refusal = { error: 'unauthorized_client', error_description: 'AADSTS50059: No tenant' };
    const { said } = await doctor(teams, await entra(400, refusal));
    expect(said).toContain('✗ Teams: Entra gives no token (AADSTS50059).');
  });
});

describe('mail', () => {
  test('is fine where the server takes us, and nothing is sent', async () => {
    const mail = await startMailServer();
    servers.push({ close: () => mail.stop() });
    const { said } = await doctor({ SMTP_URL: mail.url, MAIL_FROM: 'latchkey@example.com' });
    expect(said).toContain('✓ Mail: The mail server accepts the login.');
    expect(mail.mails).toEqual([]);
  });

  test('warns where emails go unencrypted', async () => {
    const mail = await startMailServer();
    servers.push({ close: () => mail.stop() });
    const url = `${mail.url}?tls=off`;
    const { exitCode, said } = await doctor({ SMTP_URL: url, MAIL_FROM: 'latchkey@example.com' });
    expect(exitCode).toBe(0);
    expect(said).toContain('⚠ Mail: SMTP_URL has ?tls=off');
  });

  test('says that the server refuses the password, without it', async () => {
    const mail = await startMailServer();
    servers.push({ close: () => mail.stop() });
    const url = mail.url.replace('smtp://', 'smtp://user:hunter2@');
    const { exitCode, said } = await doctor({ SMTP_URL: url, MAIL_FROM: 'latchkey@example.com' });
    expect(exitCode).toBe(1);
    expect(said).toContain("✗ Mail: The mail server rejected Latchkey's user and password.");
    expect(said).not.toContain('hunter2');
  });
});

describe('the web', () => {
  const healthy: RequestListener = (request, response) =>
    response.end(request.url === '/healthz' ? 'ok' : 'nothing');

  test('is fine where Latchkey runs and its public address leads to it', async () => {
    const url = await serve(healthy);
    const { said } = await doctor({ PORT: new URL(url).port, PUBLIC_URL: url });
    expect(said).toContain(`✓ Web: ${url} leads to Latchkey.`);
    expect(said).toContain('✓ Web: Latchkey runs at 127.0.0.1');
  });

  test('is a problem where the public address leads elsewhere', async () => {
    const port = new URL(await serve(healthy)).port;
    const other = await serve((_request, response) => response.end('<h1>Welcome</h1>'));
    const { exitCode, said } = await doctor({ PORT: port, PUBLIC_URL: other });
    expect(exitCode).toBe(1);
    expect(said).toContain(`✗ Web: Something else answers at ${other} (HTTP 200).`);
  });

  test('has a proxy in front where PUBLIC_URL is https, which TRUST_PROXY has to name', async () => {
    const https = { PUBLIC_URL: 'https://latchkey.invalid' };
    const unnamed = 'a proxy is in front, and TRUST_PROXY names none';
    const { said } = await doctor(https);
    expect(said).toContain(unnamed);
    expect(said).toContain('Set TRUST_PROXY to the address that the proxy calls from');
    expect((await doctor({ ...https, TRUST_PROXY: '10.0.0.5' })).said).not.toContain(unnamed);
    expect((await doctor()).said).not.toContain(unnamed);
  });

  test('is no problem where Latchkey does not run yet', async () => {
    const { exitCode, said } = await doctor({ PUBLIC_URL: `http://127.0.0.1:${closedPort}` });
    expect(exitCode).toBe(0);
    expect(said).toContain("doesn't lead to Latchkey (ECONNREFUSED), which isn't running here.");
  });

  test('is a problem where something else has the port', async () => {
    const other = await serve((_request, response) => response.end('<h1>Welcome</h1>'));
    const { said } = await doctor({ PORT: new URL(other).port });
    expect(said).toContain('✗ Web: Something else answers at 127.0.0.1');
  });
});

describe('the worker', () => {
  test('that beats is fine', async () => {
    await database.stores.workers.beat('w1', now);
    expect((await doctor()).said).toContain('✓ Worker: It works.');
  });

  test('that lives, but leaves a job where it is, is named', async () => {
    await database.stores.workers.beat('w1', now);
    const work = unitOfWork(database.db, database.vault, { now: () => now });
    const dueAt = new Date(now.getTime() - 15 * 60_000);
    await work((tx) =>
      tx.queue.push('run.advance', { runId: 'r1' }, { lane: 'background', dueAt }),
    );
    const { exitCode, said } = await doctor();
    expect(exitCode).toBe(0);
    expect(said).toContain('⚠ Worker: It lives, but a job has been due for 15 minutes.');
  });

  test('that fell silent is a problem', async () => {
    await database.stores.workers.beat('w1', new Date(now.getTime() - 60_000));
    const { exitCode, said } = await doctor();
    expect(exitCode).toBe(1);
    expect(said).toContain('✗ Worker: Its last sign of life was on 2026-11-25T11:59:00Z.');
  });
});

test('access that was granted under a clock that was far ahead is named: it ends too late', async () => {
  const { people, integrations, holds } = database.stores;
  const ann = aPerson({ email: 'ann@example.com' });
  await people.insert(ann);
  await integrations.insert({ id: 'i1', version: 1, name: 'A', enabled: true, createdAt: now });
  const hold = { version: 1, personId: ann.id, integrationId: 'i1', source: 'by-hand' } as const;
  const [start, end] = [new Date('2036-11-25T12:00:00Z'), new Date('2036-11-25T16:00:00Z')];
  const given = { ...hold, givenBy: { kind: 'system' } } as const;
  await holds.insert({ ...given, id: 'h1', startedAt: now, endsAt: end });
  expect((await doctor()).said).not.toContain('Clock');
  await holds.insert({ ...given, id: 'h2', startedAt: start, endsAt: end });
  const { exitCode, said } = await doctor();
  expect(exitCode).toBe(0);
  expect(said).toContain(
    '⚠ Clock: Access with an end was granted at a time that is yet to come (1)',
  );
  expect(said).toContain('so it ends too late: ann@example.com.');
});

test('a clock that has jumped is a warning: old data is kept longer for now', async () => {
  const { occurrences } = database.stores;
  await occurrences.claim('purge:all', new Date('2025-11-25T00:00:00Z'));
  const { exitCode, said } = await doctor();
  expect(exitCode).toBe(0);
  expect(said).toContain(
    '⚠ Clock: Old data is kept 364 days longer for now: by this clock, Latchkey did not run on so many days',
  );
  for (let day = 1; day <= 7; day += 1)
    await occurrences.claim('purge:all', new Date(now.getTime() - day * 86_400_000));
  expect((await doctor()).said).not.toContain('Clock');
});

test('a rule that stands still is a warning, which says what to do', async () => {
  const by = { actor: { kind: 'system' } } as const;
  await unitOfWork(database.db, database.vault, { now: () => now })(async (tx) => {
    const condition = { comparison: 'is', not: false, values: ['Berlin'] } as const;
    await tx.rules.insert({
      id: 'r1',
      version: 1,
      name: 'Berlin basics',
      isOn: true,
      definition: {
        matching: 'all',
        conditions: [{ field: 'stored:office', ...condition }],
        daysBefore: 0,
        overlapDays: 14,
        items: [],
      },
      madeBy: by.actor,
      createdAt: now,
    });
  });
  const { exitCode, said } = await doctor();
  expect(exitCode).toBe(0);
  expect(said).toContain('⚠ Rules: Berlin basics stands still: no import brings office.');
  expect(said).toContain('    No import brings office. Add it to the data_structure of an import');
});

test('an event endpoint that Latchkey turned off is a warning, and one that can’t be read a problem', async () => {
  const { eventEndpoints } = database.stores;
  const endpoint = {
    version: 1,
    url: 'https://siem.example.com',
    kinds: [],
    secret: 'whsec_bmV3',
    isRevealed: true,
    readSeq: 0,
    state: 'off',
    finishedAt: now,
  } as const;
  await eventEndpoints.insert({ ...endpoint, id: 'e1', name: 'SIEM', why: 'failing' });
  await eventEndpoints.insert({ ...endpoint, id: 'e2', name: 'Meant to', why: 'by-hand' });
  const warned = await doctor();
  expect(warned.exitCode).toBe(0);
  expect(warned.said).toContain(
    '⚠ Events: Latchkey turned SIEM off, since all tries failed for days.',
  );
  expect(warned.said).not.toContain('Meant to');
  await eventEndpoints.insert({ ...endpoint, id: 'e3', name: 'HR portal', why: 'gone' });
  await database.db('event_endpoints').where({ id: 'e3' }).update({ kinds: 'damaged' });
  const { exitCode, said } = await doctor();
  expect(exitCode).toBe(1);
  expect(said).toContain("✗ Events: What was stored about HR portal can't be read");
  expect(said).toContain("latchkey event-endpoint remove 'HR portal'");
});

describe('integrations', () => {
  test('are reported with what they lack', async () => {
    await anIntegration(database.stores, {});
    const { exitCode, said } = await doctor();
    expect(exitCode).toBe(0);
    expect(said).toContain('⚠ Integrations: Fern lacks TOKEN.');
  });

  test('whose manifest was saved before a rule that refuses it are a problem', async () => {
    const id = await anIntegration(database.stores, { TOKEN: 't' });
    const old = { ...needsToken, execute: [{ url: 'https://{{email}}/users' }] };
    const found = await database.stores.integrations.find(id);
    await database
      .db('manifest_versions')
      .where({ id: found?.manifestVersionId })
      .update({ manifest: JSON.stringify(old) });
    const { exitCode, said } = await doctor();
    expect(exitCode).toBe(1);
    expect(said).toContain(
      "✗ Integrations: The manifest of Fern breaks today's rules: execute[0].url: {{email}} would decide which host",
    );
  });

  test('that store values under a name of another one are a problem, which says whose it is', async () => {
    const url = 'https://api.example.com/users';
    const storing = { execute: [{ url, store_data: { USER_ID: 'id' } }] };
    const overlapping = { execute: [{ url, store_data: { USER_ID: 'id', 'user.id': 'id' } }] };
    await anIntegration(
      database.stores,
      {},
      {
        ...storing,
        extra_user_info: [{ id: 'user', name: 'User' }],
      },
    );
    const { stores } = database;
    await stores.integrations.insert({
      id: 'old',
      version: 1,
      name: 'Old',
      enabled: true,
      createdAt: now,
    });
    await stores.integrations.insertVersion({
      id: 'old-1',
      integrationId: 'old',
      number: 1,
      manifest: JSON.stringify(overlapping),
      savedBy: { kind: 'system' },
      createdAt: now,
    });
    const old = await stores.integrations.find('old');
    if (old) await stores.integrations.save({ ...old, manifestVersionId: 'old-1' });
    const { exitCode, said } = await doctor();
    expect(exitCode).toBe(1);
    expect(said).toContain(
      '✗ Integrations: Old and Fern both store USER_ID with people, so each may use what the other one stored.',
    );
    expect(said).toContain(
      '✗ Integrations: Old stores user.id with people, which can be taken for user, which Fern asks people for.',
    );
  });

  const anOAuthToken = async (token: Pick<OAuthToken, 'state' | 'failure'>): Promise<void> => {
    const integrationId = await anIntegration(
      database.stores,
      {},
      {
        execute: [{ url: 'https://api.example.com/users', method: 'POST' }],
        oauth: {
          authenticate_url: 'https://example.com/authorize',
          access_token: { url: 'https://example.com/token', method: 'POST' },
        },
      },
    );
    const row = { integrationId, version: 1, generation: 1, answer: {}, refreshedAt: now };
    await database.stores.oauth.put({ ...row, ...token });
  };
  const failure = { at: now, why: 'The app answered with status 400: invalid_grant.' };

  test.each([
    [undefined, '✗ Integrations: Fern no longer accepts its connection.'],
    [
      failure,
      '✗ Integrations: Fern no longer accepts its connection: The app answered with status 400: invalid_grant.',
    ],
  ])('whose connection broke are a problem, with what the app said: %j', async (why, line) => {
    await anOAuthToken({ state: 'reconnect', failure: why });
    const { exitCode, said } = await doctor();
    expect(exitCode).toBe(1);
    expect(said.split('\n')).toContain(line);
  });

  test('whose connection could not be renewed are a warning, with one full stop', async () => {
    await anOAuthToken({ state: 'connected', failure });
    const { said } = await doctor();
    expect(said.split('\n')).toContain(
      '⚠ Integrations: The connection of Fern could not be renewed: The app answered with status 400: invalid_grant.',
    );
  });
});

test('that a move copies the database is said, and no worker is missed', async () => {
  const letGo = await holdForMove(database.url, () => new Error('in use'));
  onTestFinished(letGo);
  const { exitCode, said } = await doctor();
  expect(exitCode).toBe(1);
  expect(said).toContain('✗ Database: "latchkey move" copies it into another one now');
  expect(said).not.toContain('Worker');
});

test('a table that someone holds is said, and not waited for', async () => {
  const { url, letGo } = await withHeldTable('integrations');
  const { output, stdout } = capturedOutput();
  const LATCHKEY_KEYS = randomBytes(32).toString('base64url');
  const settings = readConfig({ DATABASE_URL: url, LATCHKEY_KEYS, PORT: String(closedPort) });
  await doctorCommand({}, { settings, now: () => now, maxReadMs: 50 }, output);
  await letGo();
  expect(stdout()).toContain('✗ Database: The database stopped answering (no answer in time).');
});

test('what does not answer in time is said in words, and not by a code', async () => {
  const silent = new Promise<never>(() => undefined);
  const late: unknown = await inTime(silent, 0).catch((error: unknown) => error);
  expect(codeOrReason(late)).toBe('no answer in time');
});

const needsToken = {
  initial_data_form: [{ id: 'TOKEN', name: 'API token' }],
  headers: { Authorization: 'Bearer {{TOKEN}}' },
  execute: [{ url: 'https://api.example.com/users', method: 'POST' }],
};

async function anIntegration(
  stores: DatabaseWithFile['stores'],
  secrets: Readonly<Record<string, string>>,
  manifest: object = needsToken,
): Promise<string> {
  const transact = unitOfWork(database.db, database.vault, { now: () => now });
  const added = await addedIntegration(transact, { name: 'Fern', manifest });
  for (const [name, value] of Object.entries(secrets))
    await stores.secrets.put(added.id, name, value);
  return added.id;
}
