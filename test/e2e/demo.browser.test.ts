/** The story that the README tells, played in a browser against `npm run demo` as a newcomer would. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Foundation } from '../../src/app/foundation.ts';
import { type DemoProcess, SHELLS_DATABASE, startDemo } from '../support/browser/demo-process.ts';
import { takePicture } from '../support/browser/pictures.ts';
import type { TeamsPage } from '../support/browser/teams-page.ts';
import { sooner } from '../support/company/sooner.ts';
import { leaks } from '../support/leaks.ts';
import { outgoingSecrets } from '../support/outgoing-secrets.ts';

/** Long enough for a slow third party's few answers, with a machine that does other things beside. */
const STORY_MS = 240_000;
const SLOW_MS = 60_000;
/** A run's four tries with their pauses, twice, beside it all. */
const LONG_STORY_MS = 240_000;

let demo: DemoProcess;
let foundation: Foundation;
let manager: TeamsPage;
let admin: TeamsPage;
/** The middle of the client's page, without its lists and logs. */
const CONVERSATION = { x: 335, y: 50, width: 610, height: 860 };
/** The newest card that says this, as a picture. */
const picture = (page: TeamsPage, name: string, text: string) =>
  page.picture(text, `teams-${name}`);

beforeAll(async () => {
  demo = await startDemo();
  foundation = await demo.openFoundation();
  [admin, manager] = [await demo.visit(0), await demo.visit(1)];
}, STORY_MS);

afterAll(() => demo?.stop());

test('the command that it prints works on it, and not on a database that its shell names', async () => {
  const [printed = ''] = /^.*--data .+ doctor$/m.exec(demo.printed()) ?? [];
  const command = printed
    .replace(/\blatchkey (?=--data)/, `'${process.execPath}' dist/src/cli/latchkey.js `)
    .replace(/doctor$/, "access 'Ann Lee'");
  const { stdout } = await promisify(execFile)('sh', ['-c', command], {
    env: { PATH: process.env['PATH'], DATABASE_URL: SHELLS_DATABASE },
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
    await admin.open('Import 9 people, complete 3', 'Lodestone staff: 9 people added');
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
    await manager.open('Search', 'of 240 options match');
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
  "a manager is refused for someone who isn't a report, as the demo says, and an admin is not",
  async () => {
    expect(demo.printed()).toMatch(/access Ben +as Marco: refused, since Ben Sato reports to Ines/);
    await manager.send('access Ben');
    await manager.waitForText('No one you can view matches "Ben"');
    expect((await manager.cards()).join()).not.toContain('Access of Ben Sato');
    await admin.send('access Ben');
    await admin.waitForText('Access of Ben Sato');
    // All have answered: what fails for Ben, too, while one is down would have it left alone.
    await admin
      .card('Access of Ben Sato')
      .getByText('No access')
      .nth(2)
      .waitFor({ timeout: SLOW_MS });
  },
  STORY_MS,
);

test(
  'a third party that is down is shown with what happened, and Try again works when it is back',
  async () => {
    demo.type('down Lodestone');
    await demo.untilPrinted(/Lodestone is down/);
    await manager.send('access Noor');
    await manager.waitForText('Access of Noor Haddad');
    await manager.waitForText('Not confirmed.');
    await picture(manager, 'third-party-down', 'Not confirmed.');
    demo.type('up Lodestone');
    await demo.untilPrinted(/Lodestone is up again/);
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
    demo.type('down Lodestone');
    await demo.untilPrinted(/Lodestone is down[^]*Lodestone is down/);
    await manager.press('Grant');
    await sooner(foundation, manager.waitForText('failed; Latchkey will retry'));

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

    demo.type('up Lodestone');
    await demo.untilPrinted(/Lodestone is up again[^]*Lodestone is up again/);
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
  expect([...demo.printed().matchAll(people)].map(([, who]) => who)).toEqual([
    'Ada Okafor, admin',
    'Marco Ruiz, manager of Ann Lee and Noor Haddad',
    'Noor Haddad, product designer',
  ]);
});

test('no secret is in the database files, in the log or in anything that the bot ever sent', async () => {
  const files = demo.databaseFiles();
  const [managerHeard, adminHeard] = [await manager.heard(), await admin.heard()];
  // What isn't found below was looked for where things are: among all versions of the cards, too.
  expect(Object.keys(files).join()).toMatch(/latchkey\.sqlite-wal/);
  expect(managerHeard).toContain('Ann Lee now has Fernboard');
  expect(managerHeard).toContain('Checking…');
  expect(adminHeard).toContain('9 people added');
  expect(adminHeard).toContain('Access of Ben Sato');
  expect(managerHeard).not.toContain('Access of Ben Sato');
  expect(demo.printed()).toContain('The worker claims jobs');
  expect(
    leaks(outgoingSecrets, { ...files, managerHeard, adminHeard, log: demo.printed() }),
  ).toEqual([]);
});

test(
  'Ctrl-C stops everything cleanly',
  async () => {
    demo.child.kill('SIGINT');
    const [code] = (await once(demo.child, 'exit')) as [number | null];
    expect(code).toBe(0);
    expect(demo.printed()).toContain('Stopping: Latchkey finishes the requests and steps');
    expect(demo.leftovers()).toEqual([]);
  },
  STORY_MS,
);

/** Opens a form by the nth button with this label on the newest list of access. */
async function openForm(page: TeamsPage, label: string, nth: number, says: string): Promise<void> {
  const list = page.page.locator('.ac-adaptiveCard').filter({ hasText: 'Access of' }).last();
  await page.openBy(list.getByRole('button', { name: label, exact: true }).nth(nth), says);
}
