/** The code that a start ends with says whether the next one may go well with the same configuration. Needs the build. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../demo/free-port.ts';
import type { Environment } from '../../src/config/variables.ts';
import { putMigrated } from '../support/company/migrated-file.ts';
import { SlackDouble } from '../support/slack-double/slack-double.ts';

let slack: SlackDouble;
beforeAll(async () => {
  slack = await SlackDouble.start();
});
afterAll(() => slack.stop());

async function start(environment: Environment) {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-refused-'));
  const file = join(folder, 'latchkey.sqlite');
  putMigrated(file);
  const child = spawn(process.execPath, [resolve('dist/src/main.js')], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      PORT: String(await freePort(0)),
      DATABASE_URL: `sqlite:${file}`,
      ...environment,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const [said, [code]] = await Promise.all([text(child.stderr), ended]);
  rmSync(folder, { recursive: true });
  return { said, code };
}

const TEAMS = {
  TEAMS_APP_ID: '11111111-1111-4111-8111-111111111111',
  TEAMS_TENANT_ID: '22222222-2222-4222-8222-222222222222',
  TEAMS_CERTIFICATE_FILE: '/nowhere/teams.pem',
};
const slackWith = (tokens: Environment) => () => ({ SLACK_API_URL: slack.apiUrl, ...tokens });

describe('the end of a start', () => {
  test.concurrent.each([
    [
      'a value that is wrong',
      () => ({ DATABASE_URL: 'mysql://db/latchkey' }),
      78,
      'DATABASE_URL: ',
    ],
    [
      'a bot token that Slack refuses',
      slackWith({ SLACK_BOT_TOKEN: 'xoxb-wrong', SLACK_SIGNING_SECRET: 'x' }),
      78,
      'SLACK_BOT_TOKEN: Slack does not accept it (Slack answered invalid_auth)',
    ],
    [
      'an app token that Slack refuses',
      () => ({
        ...slackWith({ SLACK_APP_TOKEN: 'xapp-wrong' })(),
        SLACK_BOT_TOKEN: slack.token,
      }),
      78,
      'SLACK_APP_TOKEN: Slack does not accept it (Slack answered invalid_auth)',
    ],
    ['a file that may be mounted later', () => TEAMS, 1, 'TEAMS_CERTIFICATE_FILE: '],
    [
      'such a file, and a value that is wrong',
      () => ({ ...TEAMS, TIME_ZONE: 'Mars' }),
      78,
      'TIME_ZONE: ',
    ],
  ])('with %s', async (...[_what, environment, code, words]) => {
    const ended = await start(environment());
    expect(ended.said).toContain(words);
    expect(ended.code).toBe(code);
  });

  test('with 78 is the last one for systemd', () => {
    const unit = readFileSync('deploy/latchkey.service', 'utf8');
    expect(unit).toContain('\nRestartPreventExitStatus=78\n');
  });
});
