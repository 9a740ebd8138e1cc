import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { commands } from '../../src/bots/features/commands.ts';
import { createOutput, type Output } from '../../src/cli/output.ts';
import { printSlackManifest } from '../../src/cli/slack-manifest.ts';
import { writeTeamsPackage } from '../../src/cli/teams-package.ts';
import { type Config, readConfig } from '../../src/config/config.ts';
import { ok } from '../support/given/outcomes.ts';

const GUID = '11111111-2222-3333-4444-555555555555';
const PUBLIC_URL = 'https://latchkey.example.com';
const teams = { TEAMS_APP_ID: GUID, TEAMS_APP_PASSWORD: 'hunter2', TEAMS_TENANT_ID: GUID };

let printed: { stdout: string; stderr: string };
let output: Output;
beforeEach(() => {
  printed = { stdout: '', stderr: '' };
  output = createOutput(
    { write: (text) => (printed.stdout += text) },
    { write: (text) => (printed.stderr += text) },
  );
});

describe('slack-manifest', () => {
  test('hints at the words that the bot knows', () => {
    printSlackManifest(config({}), output);
    for (const { usage } of commands) expect(printed.stdout).toContain(usage);
    expect(printed.stdout).not.toContain('request |');
  });

  test('before anything is set up, the app connects over a socket', () => {
    printSlackManifest(config({}), output);
    expect(JSON.parse(printed.stdout)).toMatchObject({ settings: { socket_mode_enabled: true } });
    expect(printed.stderr).toContain('SLACK_APP_TOKEN');
  });

  test('with a public address, Slack calls it', () => {
    printSlackManifest(config({ PUBLIC_URL }), output);
    expect(JSON.parse(printed.stdout)).toMatchObject({ settings: { socket_mode_enabled: false } });
    expect(printed.stdout).toContain(`${PUBLIC_URL}/slack/events`);
    expect(printed.stderr).toContain('SLACK_SIGNING_SECRET');
  });

  test('Slack as it is set up decides, whatever the address', () => {
    const socket = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1' };
    printSlackManifest(config({ PUBLIC_URL, ...socket }), output);
    expect(JSON.parse(printed.stdout)).toMatchObject({ settings: { socket_mode_enabled: true } });
  });

  test('a plan without workflow steps gets one without ours', () => {
    printSlackManifest(config({ PUBLIC_URL }), output, { workflowStep: false });
    expect(JSON.parse(printed.stdout)).not.toHaveProperty('functions');
  });

  test('an address that Slack would not call is said', () => {
    printSlackManifest(config({ PUBLIC_URL: 'http://latchkey.example.com' }), output);
    expect(printed.stderr).toContain('https addresses only');
  });
});

describe('teams-package', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latchkey-package-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('is a ZIP with the manifest of this app, and no secret', async () => {
    const file = join(folder, 'app.zip');
    const code = await writeTeamsPackage(config({ PUBLIC_URL, ...teams }), file, output);
    const files = unzipSync(await readFile(file));
    const manifest = strFromU8(files['manifest.json'] ?? new Uint8Array());

    expect([code, printed.stdout]).toEqual([0, `${file}\n`]);
    expect(JSON.parse(manifest)).toMatchObject({ bots: [{ botId: GUID }] });
    expect(JSON.parse(manifest).bots[0].commandLists[0].commands).toEqual(
      commands.slice(0, 10).map(({ word, summary }) => ({ title: word, description: summary() })), // Teams' most.
    );
    expect(manifest).not.toContain('hunter2');
    expect(printed.stderr).toContain(`${PUBLIC_URL}/api/messages`);
  });

  test('an address that Teams would not call is said', async () => {
    const file = join(folder, 'app.zip');
    await writeTeamsPackage(
      config({ PUBLIC_URL: 'http://latchkey.example.com', ...teams }),
      file,
      output,
    );
    expect(printed.stderr).toContain('https addresses only');
  });

  test('the same configuration makes the same bytes', async () => {
    const [one, two] = [join(folder, 'one.zip'), join(folder, 'two.zip')];
    await writeTeamsPackage(config({ PUBLIC_URL, ...teams }), one, output);
    await writeTeamsPackage(config({ PUBLIC_URL, ...teams }), two, output);
    expect((await readFile(one)).equals(await readFile(two))).toBe(true);
  });

  test('without Teams it says what to set, and writes nothing', async () => {
    const file = join(folder, 'app.zip');
    expect(await writeTeamsPackage(config({}), file, output)).toBe(1);
    expect(printed.stderr).toContain('TEAMS_APP_ID');
    await expect(readFile(file)).rejects.toThrow('ENOENT');
  });
});

function config(env: Record<string, string>): Config {
  return ok(readConfig(env)).config;
}
