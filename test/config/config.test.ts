import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Config, problemText, readConfig } from '../../src/config/config.ts';
import { loadEnvironment, outvotedDatabase } from '../../src/config/environment.ts';
import type { Environment } from '../../src/config/variables.ts';
import { ok } from '../support/given/outcomes.ts';
import { LOCAL_TEAMS } from '../support/local-teams.ts';

const key = (): string => randomBytes(32).toString('base64url');
const slack = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: 'sign-1' };
const GUID = '11111111-2222-3333-4444-555555555555';
const postgres = { DATABASE_URL: 'postgres://u:p@db/latchkey', LATCHKEY_KEYS: key() };
const teams = { TEAMS_APP_ID: GUID, TEAMS_APP_PASSWORD: 'pass-1', TEAMS_TENANT_ID: GUID };

describe('defaults', () => {
  test('an empty environment is one process on this machine, with SQLite and no chat', () => {
    expect(config({})).toEqual({
      host: '127.0.0.1',
      port: 3000,
      publicUrl: 'http://localhost:3000',
      publicUrlIsSet: false,
      databaseUrl: 'sqlite:./data/latchkey.sqlite',
      keys: [],
      adminEmails: [],
      timeZone: 'UTC',
      slack: undefined,
      teams: undefined,
      mail: undefined,
      allowPrivateHosts: [],
      trustProxy: [],
      workerConcurrency: 16,
      metricsToken: undefined,
      logLevel: 'info',
      secretsInChat: 'fallback',
      auditFile: undefined,
      retentionDays: 90,
      evidenceDays: 400,
      auditDays: 0,
    });
  });

  test('an empty or blank variable counts as not set', () => {
    expect(config({ PORT: '', TIME_ZONE: ' ', SLACK_BOT_TOKEN: '', LATCHKEY_KEYS: ',' })).toEqual(
      config({}),
    );
  });

  test('the public address follows the port', () => {
    expect(config({ PORT: '8080' }).publicUrl).toBe('http://localhost:8080');
  });
});

describe('a right value is parsed', () => {
  test('the public address loses its final slash', () => {
    expect(config({ PUBLIC_URL: 'https://latchkey.example.com/' })).toMatchObject({
      publicUrl: 'https://latchkey.example.com',
      publicUrlIsSet: true,
    });
  });

  test('keys become bytes, in their order', () => {
    const [first, second] = [key(), key()];
    const { keys } = config({ LATCHKEY_KEYS: `${first}, ${second}=` });
    expect(keys.map((each) => Buffer.from(each).toString('base64url'))).toEqual([first, second]);
  });

  test('admins are trimmed and in lower case', () => {
    const { adminEmails } = config({ ADMIN_EMAILS: ' Ann@Example.com,bob@example.com, ' });
    expect(adminEmails).toEqual(['ann@example.com', 'bob@example.com']);
  });

  test('Slack with a signing secret is called over HTTP', () => {
    expect(config(slack).slack).toEqual({
      botToken: 'xoxb-1',
      receive: { kind: 'http', signingSecret: 'sign-1' },
      rotation: undefined,
      apiUrl: undefined,
    });
  });

  const rotation = {
    SLACK_REFRESH_TOKEN: 'xoxe-1-abc',
    SLACK_CLIENT_ID: '1.2',
    SLACK_CLIENT_SECRET: 'client-secret',
  };

  test('a bot token that expires is renewed with the refresh token and the app’s own', () => {
    const { slack: read } = config({ ...slack, SLACK_BOT_TOKEN: 'xoxe.xoxb-1-abc', ...rotation });
    expect(read?.rotation).toEqual({
      refreshToken: 'xoxe-1-abc',
      clientId: '1.2',
      clientSecret: 'client-secret',
    });
  });

  test('a bot token that expires needs what renews it', () => {
    const all = problems({ ...slack, SLACK_BOT_TOKEN: 'xoxe.xoxb-1-abc' });
    expect(all.map((problem) => problem.split(':')[0])).toEqual(Object.keys(rotation));
  });

  test('Slack with an app token connects over a socket, also beside a signing secret', () => {
    const { slack: read } = config({ ...slack, SLACK_APP_TOKEN: 'xapp-1' });
    expect(read?.receive).toEqual({ kind: 'socket', appToken: 'xapp-1' });
  });

  test('Teams is in the cloud with all three variables', () => {
    expect(config(teams).teams).toEqual({
      kind: 'cloud',
      appId: GUID,
      tenantId: GUID,
      credential: { kind: 'secret', secret: 'pass-1' },
    });
  });

  const ids = { TEAMS_APP_ID: GUID, TEAMS_TENANT_ID: GUID };
  const file = fileURLToPath(import.meta.url);
  test.each([
    [{ TEAMS_CERTIFICATE_FILE: file }, 'certificate'],
    [{ TEAMS_FEDERATED_TOKEN_FILE: file }, 'federated'],
    [{ AZURE_FEDERATED_TOKEN_FILE: file }, 'federated'],
    [{ AZURE_FEDERATED_TOKEN_FILE: '/nowhere', TEAMS_CERTIFICATE_FILE: file }, 'certificate'],
  ])('Teams takes a file in place of a secret: %o', (more, kind) => {
    expect(config({ ...ids, ...more }).teams).toMatchObject({ credential: { kind, file } });
  });

  test('the workload identity of a machine doesn’t turn Teams on', () => {
    expect(config({ AZURE_FEDERATED_TOKEN_FILE: file }).teams).toBeUndefined();
  });

  test('the driver of Teams is the one that is named', () => {
    expect(config({ ...teams, TEAMS_CONNECTOR: 'direct' }).teams?.driver).toBe('direct');
    expect(config({ TEAMS_LOCAL: '1', TEAMS_CONNECTOR: 'botbuilder' }).teams?.driver).toBe(
      'botbuilder',
    );
  });

  test.each(['http://localhost:3000', 'http://127.0.0.1:3000', 'http://[::1]:3000'])(
    'local Teams starts where the public address is %s',
    (PUBLIC_URL) => {
      expect(config({ TEAMS_LOCAL: '1', PUBLIC_URL }).teams).toEqual({ kind: 'local' });
    },
  );

  test('local Teams says of everything that people use what it is, and the cure', () => {
    const real = { ...slack, ...postgres, NODE_ENV: 'production', HOST: '0.0.0.0' };
    const why = 'TEAMS_LOCAL: is for the local client only, which sends no token, and ';
    expect(problems({ ...real, TEAMS_LOCAL: '1' })).toEqual([
      `${why}SLACK_BOT_TOKEN is set; remove TEAMS_LOCAL, or every SLACK_ variable to try Teams out`,
      `${why}DATABASE_URL is PostgreSQL; remove TEAMS_LOCAL, or use one like DATABASE_URL=sqlite:./data/try.sqlite`,
      `${why}NODE_ENV is production; remove TEAMS_LOCAL, or NODE_ENV to try Teams out`,
      `${why}HOST is an address that others can reach; remove TEAMS_LOCAL, or use HOST=127.0.0.1`,
    ]);
    expect(config({ ...real, ...LOCAL_TEAMS }).teams).toMatchObject({ kind: 'local' });
  });

  test.each(['localhost', '127.0.0.1', '::1'])('local Teams starts on HOST=%s', (HOST) => {
    expect(config({ TEAMS_LOCAL: '1', HOST, NODE_ENV: 'test' }).teams).toEqual({ kind: 'local' });
  });

  test('a sender may have a name', () => {
    const mail = { SMTP_URL: 'smtp://u:p@mail.example.com', MAIL_FROM: 'Latchkey <l@example.com>' };
    expect(config(mail).mail).toEqual({ smtpUrl: mail.SMTP_URL, from: mail.MAIL_FROM });
  });

  test('private hosts become rules', () => {
    const { allowPrivateHosts } = config({ ALLOW_PRIVATE_HOSTS: 'intranet:8443, 10.0.0.0/8' });
    expect(allowPrivateHosts.map(({ kind }) => kind)).toEqual(['name', 'range']);
  });

  test('trusted proxies become ranges', () => {
    expect(config({ TRUST_PROXY: '10.0.0.5, fd00::/8' }).trustProxy).toEqual([
      { address: '10.0.0.5', prefixBits: 32 },
      { address: 'fd00::', prefixBits: 8 },
    ]);
  });

  test.each(['postgres://u:p@db/latchkey', 'postgresql:///latchkey'])('PostgreSQL at %s', (url) => {
    expect(config({ DATABASE_URL: url, LATCHKEY_KEYS: key() }).databaseUrl).toBe(url);
  });
});

describe('a wrong value is named, with what is wrong and an example', () => {
  test('the sentence reads on its own', () => {
    expect(problems({ PORT: '80a' })).toEqual([
      'PORT: "80a" is not a port number; use one like PORT=3000',
    ]);
  });

  test.each([
    ['PORT', '0'],
    ['PORT', '65536'],
    ['PORT', '3000.5'],
    ['HOST', 'http://localhost'],
    ['PUBLIC_URL', 'latchkey.example.com'],
    ['PUBLIC_URL', 'ftp://latchkey.example.com'],
    ['PUBLIC_URL', 'https://u:p@latchkey.example.com'],
    ['PUBLIC_URL', 'https://latchkey.example.com/?a=1'],
    ['DATABASE_URL', 'mysql://localhost/latchkey'],
    ['DATABASE_URL', 'sqlite:'],
    ['DATABASE_URL', 'sqlite://data/latchkey.sqlite'],
    ['DATABASE_URL', 'sqlite::memory:'],
    ['LATCHKEY_KEYS', 'c2hvcnQ'],
    ['LATCHKEY_KEYS', `${'A'.repeat(43)},not a key`],
    ['ADMIN_EMAILS', 'ann@example.com,bob'],
    ['TIME_ZONE', 'Mars/Olympus'],
    ['SMTP_URL', 'https://mail.example.com'],
    ['SMTP_URL', 'smtp://mail.example.com?tls=no'],
    ['SMTP_URL', 'smtps://mail.example.com?tls=off'],
    ['MAIL_FROM', 'Latchkey'],
    ['ALLOW_PRIVATE_HOSTS', '10.0.0.0/99'],
    ['TRUST_PROXY', 'proxy.example.com'],
    ['TRUST_PROXY', '0.0.0.0/0'],
    ['SLACK_API_URL', 'slack.com'],
    ['TEAMS_LOCAL', 'yes'],
    ['TEAMS_LOCAL_SECRET', 'short'],
    ['WORKER_CONCURRENCY', '0'],
    ['WORKER_CONCURRENCY', '257'],
    ['RETENTION_DAYS', '0'],
    ['LOG_LEVEL', 'loud'],
    ['SECRETS_IN_CHAT', 'always'],
    ['SLACK_BOT_TOKEN', 'xoxp-1'],
    ['SLACK_APP_TOKEN', 'xoxb-1'],
    ['TEAMS_APP_ID', 'latchkey'],
    ['HTTPS_PROXY', 'socks5://proxy.example.com:1080'],
    ['HTTPS_PROXY', 'http://ann:50%off@proxy.example.com:3128'],
    ['HTTPS_PROXY', 'http://ann%ff:pw@proxy.example.com:3128'],
    ['DATABASE_URL', 'postgres://ann:pw%ff@db/latchkey'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'Bearer token'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'Authorization=Bearer%20a%0Ab'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'Authorization=%E2%82%AC'],
    ['METRICS_TOKEN', 'schlüssel'],
    ['METRICS_TOKEN', 'one\ntwo'],
  ])('%s=%s', (variable, value) => {
    const [first] = problems({ [variable]: value });
    expect(first).toMatch(new RegExp(`^${variable}: .+`));
    expect(first).toMatch(/like/);
  });

  test('all of them at once', () => {
    const found = problems({ PORT: 'x', TIME_ZONE: 'x', LOG_LEVEL: 'x', ADMIN_EMAILS: 'x,y' });
    expect(found.map((text) => text.split(':')[0])).toEqual([
      'PORT',
      'ADMIN_EMAILS',
      'ADMIN_EMAILS',
      'TIME_ZONE',
      'LOG_LEVEL',
    ]);
  });

  test.each([
    [{ SLACK_BOT_TOKEN: 'xoxb-1' }, ['SLACK_SIGNING_SECRET']],
    [{ SLACK_SIGNING_SECRET: 'sign-1' }, ['SLACK_BOT_TOKEN']],
    [{ SLACK_APP_TOKEN: 'xapp-1' }, ['SLACK_BOT_TOKEN']],
    [{ ...slack, SLACK_BOT_TOKEN: 'xapp-1' }, ['SLACK_BOT_TOKEN']],
    [{ SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xoxb-1' }, ['SLACK_APP_TOKEN']],
    [{ TEAMS_APP_ID: GUID }, ['TEAMS_APP_PASSWORD', 'TEAMS_TENANT_ID']],
    [{ TEAMS_APP_PASSWORD: 'x' }, ['TEAMS_APP_ID', 'TEAMS_TENANT_ID']],
    [{ TEAMS_CERTIFICATE_FILE: '.' }, ['TEAMS_APP_ID', 'TEAMS_TENANT_ID']],
    [{ ...teams, TEAMS_TENANT_ID: 'example.com' }, ['TEAMS_TENANT_ID']],
    [{ ...teams, TEAMS_CERTIFICATE_FILE: '.' }, ['TEAMS_CERTIFICATE_FILE']],
    [
      { ...teams, TEAMS_APP_PASSWORD: '', TEAMS_CERTIFICATE_FILE: '/nowhere' },
      ['TEAMS_CERTIFICATE_FILE'],
    ],
    [
      { ...teams, TEAMS_APP_PASSWORD: '', AZURE_FEDERATED_TOKEN_FILE: '/nowhere' },
      ['AZURE_FEDERATED_TOKEN_FILE'],
    ],
    [{ ...teams, TEAMS_CONNECTOR: 'sdk' }, ['TEAMS_CONNECTOR']],
    [
      {
        ...teams,
        TEAMS_APP_PASSWORD: '',
        TEAMS_CERTIFICATE_FILE: '.',
        TEAMS_CONNECTOR: 'botbuilder',
      },
      ['TEAMS_CONNECTOR'],
    ],
    [{ ...teams, TEAMS_LOCAL: '1' }, ['TEAMS_LOCAL']],
    [{ TEAMS_LOCAL: '1', PUBLIC_URL: 'https://latchkey.example.com' }, ['TEAMS_LOCAL']],
    [{ ...LOCAL_TEAMS, PUBLIC_URL: 'https://latchkey.example.com' }, ['TEAMS_LOCAL']],
    [{ ...teams, ...LOCAL_TEAMS }, ['TEAMS_LOCAL']],
    [{ ...slack, TEAMS_LOCAL: '1' }, ['TEAMS_LOCAL']],
    [{ TEAMS_LOCAL: '1', NODE_ENV: 'production' }, ['TEAMS_LOCAL']],
    [{ TEAMS_LOCAL: '1', HOST: '0.0.0.0' }, ['TEAMS_LOCAL']],
    [{ TEAMS_LOCAL: '1', HOST: 'latchkey.example.com' }, ['TEAMS_LOCAL']],
    [{ TEAMS_LOCAL: '1', ...postgres }, ['TEAMS_LOCAL']],
    [{ SMTP_URL: 'smtp://mail.example.com' }, ['MAIL_FROM']],
    [{ DATABASE_URL: 'postgres://db/latchkey' }, ['LATCHKEY_KEYS']],
    [{ DATABASE_URL: 'postgres://db/latchkey', LATCHKEY_KEYS: ',' }, ['LATCHKEY_KEYS']],
  ])('what does not go together: %o', (env, variables) => {
    expect(problems(env).map((text) => text.split(':')[0])).toEqual(variables);
  });

  test('secret values never appear', () => {
    const secret = 'hunter2hunter2';
    const found = problems({
      PUBLIC_URL: `https://u:${secret}@latchkey.example.com`,
      DATABASE_URL: `mysql://u:${secret}@db/latchkey`,
      LATCHKEY_KEYS: secret,
      SMTP_URL: `mail://u:${secret}@mail`,
      SLACK_BOT_TOKEN: `xapp-${secret}`,
      SLACK_APP_TOKEN: `xoxb-${secret}`,
      TEAMS_APP_PASSWORD: secret,
      METRICS_TOKEN: secret,
    });
    expect(found.length).toBeGreaterThan(5);
    expect(found.join('\n')).not.toContain(secret);
  });
});

describe('the process and its .env file', () => {
  const home = process.cwd();
  afterEach(() => {
    process.chdir(home);
    vi.unstubAllEnvs();
  });

  test("the file's variables are read, and the process's own win", () => {
    inFolderWith('TIME_ZONE=Europe/Berlin\nLOG_LEVEL="debug" # loud\n', () => {
      vi.stubEnv('LOG_LEVEL', 'warn');
      expect(loadEnvironment()).toMatchObject({ TIME_ZONE: 'Europe/Berlin', LOG_LEVEL: 'warn' });
    });
  });

  test('a proxy is an address without a path, and its password stays out of what is said', () => {
    const good = readConfig({
      HTTPS_PROXY: 'http://ann:pw@proxy.example.com:3128',
      NO_PROXY: '.corp',
    });
    if (!good.ok) throw new Error('refused');
    expect(good.config.proxy?.url.port).toBe('3128');
    expect(good.config.proxy?.except(new URL('https://git.corp'))).toBe(true);
    const bad = readConfig({ HTTPS_PROXY: 'socks5://ann:hidden-password@proxy:1080' });
    expect(bad).toMatchObject({ ok: false, problems: [{ variable: 'HTTPS_PROXY' }] });
    expect(JSON.stringify(bad)).not.toContain('hidden-password');
  });

  test('the proxy that the machine has in lower case is read, where none is set in upper case', () => {
    const lower = { https_proxy: 'http://proxy.lower:3128', no_proxy: 'git.lower' };
    const { proxy } = config(lower);
    expect(proxy?.url.hostname).toBe('proxy.lower');
    expect(proxy?.noProxy).toBe('git.lower');
    expect(proxy?.except(new URL('https://git.lower'))).toBe(true);

    expect(config({ ...lower, HTTPS_PROXY: '', NO_PROXY: ' ' }).proxy).toMatchObject({
      url: { hostname: 'proxy.lower' },
      noProxy: 'git.lower',
    });
    expect(config({ ...lower, HTTPS_PROXY: 'http://proxy.upper:3128' }).proxy).toMatchObject({
      url: { hostname: 'proxy.upper' },
      noProxy: 'git.lower',
    });
  });

  test('a proxy without a scheme is spoken to over HTTP, as curl does', () => {
    expect(config({ https_proxy: 'proxy.lower:3128' }).proxy?.url.href).toBe(
      'http://proxy.lower:3128/',
    );
  });

  test('where NO_PROXY says everything, there is none, of whatever kind the machine’s is', () => {
    expect(config({ https_proxy: 'http://proxy.lower:3128', NO_PROXY: '*' }).proxy).toBeUndefined();
    expect(
      config({ https_proxy: 'socks5://proxy.lower:1080', NO_PROXY: '*' }).proxy,
    ).toBeUndefined();
  });

  test('a wrong one in lower case is named as it is set, without its value', () => {
    const [first, ...others] = problems({ https_proxy: 'socks5://ann:hidden-password@proxy:1080' });
    expect(first).toMatch(/^https_proxy: its value is not .+ like https_proxy=http/);
    expect(first).not.toContain('hidden-password');
    expect(others).toEqual([]);
    expect(problems({ https_proxy: 'socks5://proxy', HTTPS_PROXY: 'http://proxy' })).toEqual([]);
  });

  test('a data folder has the file, and a SQLite database with a relative name', () => {
    inFolderWith('DATABASE_URL=sqlite:./own.sqlite\nLOG_LEVEL=debug\n', () => {
      const folder = process.cwd();
      process.chdir(home);
      vi.stubEnv('LATCHKEY_HOME', folder);
      expect(loadEnvironment()).toMatchObject({
        LOG_LEVEL: 'debug',
        DATABASE_URL: `sqlite:${join(folder, 'own.sqlite')}`,
      });
      vi.stubEnv('DATABASE_URL', '');
      expect(loadEnvironment()['DATABASE_URL']).toBe(
        `sqlite:${join(folder, 'data', 'latchkey.sqlite')}`,
      );
      for (const url of ['sqlite:/var/lib/x.sqlite', 'sqlite://x', 'postgres://db/latchkey']) {
        vi.stubEnv('DATABASE_URL', url);
        expect(loadEnvironment()['DATABASE_URL']).toBe(url);
      }
    });
  });

  test.each([
    [
      '.env names another one',
      'DATABASE_URL=sqlite:./own.sqlite\n',
      'postgres://db/x',
      'own.sqlite',
    ],
    ['.env names the same one', 'DATABASE_URL=postgres://db/x\n', 'postgres://db/x', undefined],
    [
      'both name one in the folder',
      'DATABASE_URL=sqlite:./own.sqlite',
      'sqlite:own.sqlite',
      undefined,
    ],
    ['only .env names one', 'DATABASE_URL=sqlite:./own.sqlite\n', ' ', undefined],
    ['the folder has none', 'PORT=4000\n', 'postgres://db/x', undefined],
  ])('of a data folder whose database the environment outvotes, both are told: %s', (...given) => {
    const [, dotEnv, inherited, own] = given;
    inFolderWith(dotEnv, () => {
      vi.stubEnv('DATABASE_URL', inherited);
      const found = own && { own: `sqlite:${join(process.cwd(), own)}`, counts: inherited };
      expect(outvotedDatabase()).toEqual(found);
    });
  });

  test('a database at the usual place of a data folder is its own, without a line in .env', () => {
    inFolderWith('PORT=4000\n', () => {
      mkdirSync('data');
      writeFileSync('data/latchkey.sqlite', '');
      vi.stubEnv('DATABASE_URL', 'postgres://db/x');
      expect(outvotedDatabase()?.own).toBe(`sqlite:${join(process.cwd(), 'data/latchkey.sqlite')}`);
    });
  });

  test('a file in UTF-16, which would set nothing, is refused', () => {
    inFolderWith(Buffer.from('PORT=4000\n', 'utf16le').toString(), () => {
      expect(() => loadEnvironment()).toThrow('is not UTF-8 text; save it as UTF-8');
    });
  });

  test('a file in another encoding, which would change names, is refused', () => {
    inFolderWith(Buffer.from('MAIL_FROM=J\u00f6rg <a@b.example>\n', 'latin1'), () => {
      expect(() => loadEnvironment()).toThrow('is not UTF-8 text; save it as UTF-8');
    });
  });

  test.each([
    ['PORT=3000\nLOG_LEVEL=info\n\nPORT=4000\n', 'PORT on the lines 1 and 4'],
    ['# Ours\r\nexport PORT=3000 # old\r\nPORT="4000"\r\n', 'PORT on the lines 2 and 3'],
    ['PORT=\nPORT=4000\nHOST=a\nHOST=b\nHOST=a', 'PORT on the lines 1 and 2, and HOST on the'],
    ['KEY="one\ntwo"\n\nKEY=three', 'KEY on the lines 1 and 4'],
  ])('a variable that it gives twice is refused where the values differ: %j', (dotEnv, named) => {
    inFolderWith(dotEnv, () => {
      expect(() => loadEnvironment()).toThrow(`gives ${named}`);
      expect(() => loadEnvironment()).toThrow('with different values; keep the line that counts');
    });
  });

  test('the values of a variable that it gives twice are not shown', () => {
    inFolderWith('SLACK_BOT_TOKEN=xoxb-one\nSLACK_BOT_TOKEN=xoxb-two\n', () => {
      expect(() => loadEnvironment()).toThrow(/^(?!.*xoxb)/);
    });
  });

  test.each([
    'PORT=4000\nPORT="4000"\n',
    '# PORT=3000\nPORT=4000\n',
    "PORT=4000\nNOTE='\nPORT=3000\n'\n",
  ])('a value that is there once is taken: %j', (dotEnv) => {
    inFolderWith(dotEnv, () => expect(loadEnvironment()['PORT']).toBe('4000'));
  });

  test('no file is no problem', () => {
    inFolderWith(undefined, () => {
      vi.stubEnv('LOG_LEVEL', 'warn');
      expect(loadEnvironment()).toMatchObject({ LOG_LEVEL: 'warn' });
    });
  });
});

function config(env: Record<string, string>): Config {
  return ok(readConfig(env)).config;
}

function problems(env: Record<string, string>): string[] {
  const read = readConfig(env);
  return read.ok ? [] : read.problems.map(problemText);
}

function inFolderWith(dotEnv: string | Buffer | undefined, work: () => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-env-'));
  try {
    if (dotEnv !== undefined) writeFileSync(join(folder, '.env'), dotEnv);
    // Not the imported `chdir`: graceful-fs, which the Bot Framework's SDK loads, remembers the folder and misses that one.
    process.chdir(folder);
    work();
  } finally {
    process.chdir(tmpdir());
    rmSync(folder, { recursive: true });
  }
}

describe('a variable that looks like another one', () => {
  const misspelt = (environment: Environment) => {
    const read = readConfig(environment);
    return read.ok ? read.misspelt : read.problems;
  };

  test('is named with the one that is meant', () => {
    expect(misspelt({ ADMIN_EMAIL: 'ann@example.com', SMTP_URI: 'smtp://localhost' })).toEqual([
      { variable: 'ADMIN_EMAIL', meant: 'ADMIN_EMAILS' },
      { variable: 'SMTP_URI', meant: 'SMTP_URL' },
    ]);
  });

  test.each([
    ['where that one is set', { ADMIN_EMAIL: 'a@example.com', ADMIN_EMAILS: 'b@example.com' }],
    ['where it is empty', { ADMIN_EMAIL: '' }],
    ['of another program', { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', LATCHKEY_HOME: '/data' }],
    ['without an underscore', { POST: '1' }],
  ])('is not named %s', (_when, environment) => {
    expect(misspelt(environment)).toEqual([]);
  });
});
