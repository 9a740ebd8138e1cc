/** The story that the README tells, played in a browser against `npm run demo` as a newcomer would. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser } from '../support/browser/browser.ts';
import { takePicture } from '../support/browser/pictures.ts';
import { TeamsPage } from '../support/browser/teams-page.ts';
import { demoPorts } from '../support/demo-ports.ts';
import { leaks } from '../support/leaks.ts';
import { outgoingSecrets } from '../support/outgoing-secrets.ts';

/** Long enough for a slow third party's few answers, with a machine that does other things beside. */
const STORY_MS = 240_000;
const SLOW_MS = 60_000;
/** A run's four tries with their pauses, twice, beside it all. */
const LONG_STORY_MS = 240_000;

let folder: string;
let demo: ChildProcess;
let browser: Browser;
let manager: TeamsPage;
let admin: TeamsPage;
/** The middle of the client's page, without its lists and logs. */
const CONVERSATION = { x: 335, y: 50, width: 610, height: 860 };
/** The newest card that says this, as a picture. */
const picture = (page: TeamsPage, name: string, text: string) =>
  page.picture(text, `teams-${name}`);

const printed = { text: '' };
let printedMore: () => void = () => undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-e2e-'));
  demo = spawn(process.execPath, ['dist/demo/demo.js'], {
    env: {
      PATH: process.env['PATH'],
      TMPDIR: folder,
      LOG_LEVEL: 'trace',
      DEMO_PORTS: await demoPorts(),
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  for (const stream of [demo.stdout, demo.stderr])
    stream?.on('data', (chunk: Buffer) => {
      printed.text += chunk.toString();
      printedMore();
    });
  await untilPrinted(/Ctrl-C stops it/);
  const [adminUrl = '', managerUrl = ''] = printed.text.match(/http:\/\/127\.0\.0\.1:\d+\//g) ?? [];
  browser = await openBrowser();
  manager = await TeamsPage.visit(browser, managerUrl);
  admin = await TeamsPage.visit(browser, adminUrl);
}, STORY_MS);

afterAll(async () => {
  await browser?.close();
  if (demo?.exitCode === null) {
    demo.kill('SIGKILL');
    await once(demo, 'exit');
  }
  rmSync(folder, { recursive: true, force: true });
});

test('the command that it prints works on it', async () => {
  const [, data = ''] = /--data '([^']+)' doctor/.exec(printed.text) ?? [];
  const args = ['dist/src/cli/latchkey.js', '--data', data, 'access', 'Ann Lee'];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { PATH: process.env['PATH'] },
  });
  expect(stdout).toContain('Fernboard reports no such account.');
});

test(
  'an admin looks through the staff list of the HR system, leaves some out, and imports the rest',
  async () => {
    await admin.send('import');
    await admin.waitForText('Where should people come from?');
    await admin.open('Import…', 'Import from Lodestone staff?');
    await admin.waitForText('New: 11 rows, page 1 of 3');
    await picture(admin, 'import-preview', 'Import from Lodestone staff?');
    await admin.pressOn('Import from', 'Leave out');
    await admin.waitForText('11 people, 10 chosen');
    await admin.open('Next', 'page 2 of 3');
    await admin.open('Next', 'printer.2nd-floor@harbour.example');
    await admin.chooseInMenu('Import from', 'Ignore for good');
    await admin.waitForText('10 people, 9 chosen');
    await admin.open('Import 9 people', 'Lodestone staff: 9 people added');
    await admin.open('Filter…', 'Which rows?');
    await admin.choose('Rows', 'Not valid');
    await admin.open('Show', 'The email address is missing.');
    await picture(admin, 'imported', '9 people added');
    await admin.send('integrations Lodestone staff');
    await admin.waitForText('paused; otherwise at 06:30, Monday through Friday');
    await picture(admin, 'import-schedule', 'at 06:30, Monday through Friday');
    expect(await admin.card('at 06:30, Monday through Friday').innerText()).toContain(
      '9 people added, 3 people updated',
    );
    await admin.send('import');
    await admin.open('Ignored people', 'People that imports ignore');
    await picture(admin, 'ignored', 'People that imports ignore');
  },
  STORY_MS,
);

test(
  'a manager grants access with options from the third party, sees that it exists, and revokes it',
  async () => {
    await manager.send('access Ann');
    await manager.waitForText('Access of Ann Lee');
    await manager.page.getByText('No access').nth(2).waitFor({ timeout: SLOW_MS });
    await openForm(manager, 'Grant…', 0, 'gets Fernboard');
    await manager.fill('Part of the name', 'lagoon sec');
    await manager.open('Search', 'of 240 choices match');
    await manager.choose('Choose: Team', 'Lagoon Security');
    await manager.choose('Role', 'Editor');
    await picture(manager, 'grant-form', 'gets Fernboard');
    await manager.press('Grant');
    await manager.waitForText('✓ Ann Lee now has Fernboard');
    await manager.waitForText('✓ Has access');
    await takePicture({ page: manager.page, clip: CONVERSATION }, 'teams-granted');

    await openForm(manager, 'Revoke…', 0, 'This revokes Fernboard');
    await picture(manager, 'revoke-form', 'This revokes Fernboard');
    await manager.press('Revoke');
    await manager.waitForText('✓ Ann Lee no longer has Fernboard');
    await manager.page.getByText('No access').nth(2).waitFor({ timeout: SLOW_MS });
    expect((await manager.cards()).join()).not.toContain('✓ Has access');
  },
  STORY_MS,
);

test(
  "a manager is refused for someone who isn't a report, and an admin is not",
  async () => {
    await manager.send('access Ben');
    await manager.waitForText('No one you can view matches "Ben"');
    await admin.send('access Ben');
    await admin.waitForText('Access of Ben Sato');
    // All have answered: what fails for Ben, too, while one is down would have it left alone.
    await admin.card('Access of Ben Sato').getByText('No access').nth(2).waitFor();
    expect((await manager.cards()).join()).not.toContain('Access of Ben Sato');
  },
  STORY_MS,
);

test(
  'a third party that is down is shown with what happened, and Try again works when it is back',
  async () => {
    demo.stdin?.write('down Lodestone\n');
    await untilPrinted(/Lodestone is down/);
    await manager.send('access Noor');
    await manager.waitForText('Access of Noor Haddad');
    await manager.waitForText('Not confirmed.');
    await picture(manager, 'third-party-down', 'Not confirmed.');
    demo.stdin?.write('up Lodestone\n');
    await untilPrinted(/Lodestone is up again/);
    await manager.press('Try again');
    await manager.card('Not confirmed.').waitFor({ state: 'detached' });
    expect(await manager.card('Access of Noor Haddad').innerText()).toContain('Lodestone');
  },
  STORY_MS,
);

test(
  'a grant that fails is found among the runs, with what went wrong, and Retry now ends it well',
  async () => {
    await manager.send('access Noor');
    await manager
      .card('Access of Noor Haddad')
      .getByText('No access')
      .nth(2)
      .waitFor({ timeout: SLOW_MS });
    await openForm(manager, 'Grant…', 1, 'gets Lodestone');
    await manager.choose('Home group', 'Night shift');
    demo.stdin?.write('down Lodestone\n');
    await untilPrinted(/Lodestone is down[^]*Lodestone is down/);
    await manager.press('Grant');
    await manager.waitForText('failed; Latchkey will retry');

    await manager.send('activity');
    await manager.waitForText('Filter…');
    await manager.open('Filter…', 'Filter activity');
    await manager.choose('Whose', "My reports'");
    await manager.open('Show', "My reports'");
    await picture(manager, 'runs', "My reports'");
    await manager.pressOn("My reports'", 'Details');
    // Below the list: the card of the grant itself makes way for it.
    await manager.page
      .locator('.ac-adaptiveCard')
      .last()
      .getByRole('button', { name: 'Cancel retry' })
      .waitFor({ timeout: SLOW_MS });
    await picture(manager, 'run-retrying', 'Cancel retry');

    demo.stdin?.write('up Lodestone\n');
    await untilPrinted(/Lodestone is up again[^]*Lodestone is up again/);
    await manager.pressOn('Cancel retry', 'Retry now');
    await manager.waitForText('✓ Noor Haddad now has Lodestone');
    const done = await manager.card('✓ Noor Haddad now has Lodestone').innerText();
    expect(done).toContain('Night shift');
    await picture(manager, 'run-done', '✓ Noor Haddad now has Lodestone');
  },
  LONG_STORY_MS,
);

test('it has three people: an admin, a manager and an ordinary employee', async () => {
  const people = /:\d+\/ +as (.+)$/gm;
  expect([...printed.text.matchAll(people)].map(([, who]) => who)).toEqual([
    'Ada Okafor, admin',
    'Marco Ruiz, manager of Ann Lee and Noor Haddad',
    'Noor Haddad, product designer',
  ]);
});

test('no secret is in the database files, in the log or in anything that the bot ever sent', async () => {
  const files = Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /latchkey\.sqlite(-wal|-shm)?$/.test(name))
      .map((name) => [name, readFileSync(join(folder, name), 'latin1')]),
  );
  const [managerHeard, adminHeard] = [await manager.heard(), await admin.heard()];
  // What isn't found below was looked for where things are: among all versions of the cards, too.
  expect(Object.keys(files).join()).toMatch(/latchkey\.sqlite-wal/);
  expect(managerHeard).toContain('Ann Lee now has Fernboard');
  expect(managerHeard).toContain('Checking…');
  expect(adminHeard).toContain('Access of Ben Sato');
  expect(printed.text).toContain('The worker claims jobs');
  expect(leaks(outgoingSecrets, { ...files, managerHeard, adminHeard, log: printed.text })).toEqual(
    [],
  );
});

test(
  'Ctrl-C stops everything cleanly',
  async () => {
    demo.kill('SIGINT');
    const [code] = (await once(demo, 'exit')) as [number | null];
    expect(code).toBe(0);
    expect(printed.text).toContain('Stopping: Latchkey finishes the requests and steps');
    expect(readdirSync(folder).filter((name) => name.startsWith('latchkey-demo-'))).toEqual([]);
  },
  STORY_MS,
);

/** Opens a form by the nth button with this label on the newest list of access. */
async function openForm(page: TeamsPage, label: string, nth: number, says: string): Promise<void> {
  const list = page.page.locator('.ac-adaptiveCard').filter({ hasText: 'Access of' }).last();
  await page.openBy(list.getByRole('button', { name: label, exact: true }).nth(nth), says);
}

async function untilPrinted(pattern: RegExp): Promise<void> {
  while (!pattern.test(printed.text))
    await new Promise<void>((resolve) => {
      printedMore = resolve;
    });
}
