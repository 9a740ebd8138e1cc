/** An admin imports people from an integration in chat: chooses it, looks at whom it would add, decides, and reads what came of it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { rehireNotice } from '../../../../src/bots/features/imports/rehire-notice.ts';
import { syncNotice } from '../../../../src/bots/features/imports/sync-notice.ts';
import {
  LONGEST_SEARCH,
  openedSync,
  syncRef,
} from '../../../../src/bots/features/imports/sync-ref.ts';
import { integrationCard } from '../../../../src/bots/features/integrations/integration-card.ts';
import { renderCard as slackCard } from '../../../../src/bots/slack/render-card.ts';
import { CARD_BYTES } from '../../../../src/bots/teams/limits.ts';
import { renderCard as teamsCard } from '../../../../src/bots/teams/render-card.ts';
import type { Card } from '../../../../src/bots/view/card.ts';
import { advanceSync } from '../../../../src/engine/imports/advance-sync.ts';
import { startSync } from '../../../../src/engine/imports/start-sync.ts';
import { claimJobs, finishJobs } from '../../../../src/store/queue/queue.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, Clicker, introOf } from '../../../support/clicks.ts';
import { present } from '../../../support/given/outcomes.ts';
import { workerOn } from '../../../support/given/worker.ts';
import { startThirdParty, type ThirdParty } from '../../../support/peers/third-party.ts';
import { checkMessageBlocks } from '../../../support/slack-double/block-kit.ts';

const ADA = 'ada@example.com';

let chat: TestChat;
let party: ThirdParty;
let ada: Clicker;
beforeEach(async () => {
  chat = await testChat();
  party = await startThirdParty();
  await chat.person({ email: ADA, firstName: 'Ada', role: 'admin' });
  ada = new Clicker(chat, ADA);
});
afterEach(() => party.close());

const manifest = (more: object = {}) => ({
  execute: [{ url: `${party.url}/users`, method: 'GET' }],
  action: 'create',
  data_from: 'users',
  data_structure: { email: 'mail', first_name: 'first', position: 'job' },
  next_page_from: 'next',
  ...more,
});
const users = (...names: readonly string[]) =>
  names.map((first) => ({ mail: `${first.toLowerCase()}@x.io`, first }));

const syncing = () => workerOn(chat.services);

/** Does what the worker does with imports. @returns the one that it worked on last */
async function work(deps = syncing()): Promise<string> {
  const claim = { limit: 9, leaseMs: 60_000, workerId: 'w', lane: 'imports' } as const;
  for (let last = ''; ; ) {
    const jobs = await claimJobs(chat.database.db, { ...claim, now: chat.services.now() });
    if (jobs.length === 0) return last;
    for (const job of jobs) {
      last = (job.payload as { runId: string }).runId;
      await advanceSync(last, deps);
      await finishJobs(chat.database.db, [job]);
    }
  }
}
const cardNow = (runId: string): Promise<Card> => ada.sees(openedSync(runId));
const here = async (name: string) =>
  (await chat.services.stores.people.findByEmail(`${name}@x.io`))?.active === true;

/** @returns the card of the import that waits for an admin */
async function previewed(...names: readonly string[]): Promise<{ id: string; card: Card }> {
  party.on('GET /users', { json: { users: users(...names) } });
  await chat.integration('Lodestone', manifest());
  await ada.types('import', 'Lodestone');
  const id = await work();
  return { id, card: await cardNow(id) };
}

test('a row without an address says the name that it has', async () => {
  party.on('GET /users', { json: { users: [{ first: 'Zoë', last: 'Brontë' }, { mail: 'nope' }] } });
  const data_structure = { email: 'mail', first_name: 'first', last_name: 'last' };
  await chat.integration('Lodestone', manifest({ data_structure }));
  await ada.types('import', 'Lodestone');
  const card = textOf(await cardNow(await work()));
  expect(card).toContain(
    'Zoë Brontë · Row 1 · The email address is missing.\nRow 2 · "nope" isn\'t an email address.',
  );
});

test('the button that imports someone also says for how many others it does something', async () => {
  party.on('GET /users', { json: { users: [...users('Ann'), { mail: 'bo@x.io', job: 'Pilot' }] } });
  await chat.person({ email: 'bo@x.io', firstName: 'Bo' });
  await chat.integration('Lodestone', manifest());
  await ada.types('import', 'Lodestone');
  const card = await cardNow(await work());
  expect(textOf(card)).toContain('Missing details filled in: 1 person, already here');
  await ada.press(buttonOf(card, 'Import 1 person, complete 1'));
  await work();
  expect((await chat.services.stores.people.findByEmail('bo@x.io'))?.position).toBe('Pilot');
});

test('of someone whose details were filled in, nothing is said that they did not get', async () => {
  const row = { mail: 'bo@x.io', first: 'Bo', job: 'Chief pilot', id: 'E-1' };
  party.on('GET /users', { json: { users: [row] } });
  await chat.person({ email: 'bo@x.io', firstName: 'Bo', position: 'Pilot' });
  const data_structure = { email: 'mail', first_name: 'first', position: 'job', employee_id: 'id' };
  await chat.integration('Lodestone', manifest({ data_structure }));
  await ada.types('import', 'Lodestone');
  const card = await cardNow(await work());
  expect(textOf(card)).toContain('Bo · bo@x.io · employee ID: E-1\n');
  await ada.press(buttonOf(card, 'Complete 1 person'));
  expect(textOf(await cardNow(await work()))).toMatch(/Completed: 1 row\nBo · bo@x\.io$/m);
});

test('a row whose manager nobody knows says so before and after, and one whose phone number is none', async () => {
  const left = await chat.person({ email: 'left@x.io', firstName: 'Lou' });
  await chat.services.transact((tx) => tx.people.save({ ...left, active: false }));
  party.on('GET /users', {
    json: {
      users: [
        { mail: 'ann@x.io', first: 'Ann', boss: 'nobody@x.io', phone: 'soon' },
        { mail: 'bo@x.io', first: 'Bo', boss: 'cy@x.io' },
        { mail: 'cy@x.io', first: 'Cy', boss: 'left@x.io' },
        { mail: 'di@x.io', first: 'Di', boss: '' },
      ],
    },
  });
  await chat.integration(
    'Lodestone',
    manifest({
      data_structure: { email: 'mail', first_name: 'first', manager_email: 'boss', phone: 'phone' },
    }),
  );
  await ada.types('import', 'Lodestone');
  const card = await cardNow(await work());
  const rows = [
    'Ann · ann@x.io · manager nobody@x.io isn\'t in the directory · phone: "soon" isn\'t a phone number; use one like +32470123456. Imported without this value.',
    'Bo · bo@x.io',
    'Cy · cy@x.io · manager left@x.io has left',
    'Di · di@x.io',
  ];
  expect(textOf(card)).toContain("Partly imported: 1 person, without a value that isn't valid");
  for (const row of rows) expect(textOf(card)).toContain(`☑ ${row}\n`);

  await ada.press(buttonOf(card, /^Import 4/));
  const report = textOf(await cardNow(await work()));
  expect(report).toContain(
    "Without a manager: 2 people: the manager in their row isn't in the directory",
  );
  for (const row of rows) expect(report).toContain(`\n${row}`);
});

/** Everything that a preview says, of all its lists. */
async function previewOf(name: string): Promise<string> {
  await ada.types('import', name);
  const runId = await work();
  const lists = (['new', 'filled', 'left', 'invalid'] as const).map((list) =>
    ada.sees(syncRef({ runId, list, text: '', page: 0 })),
  );
  return (await Promise.all(lists)).map(textOf).join('\n');
}

describe('what a preview says of each row', () => {
  beforeEach(async () => {
    await chat.person({ email: 'bo@x.io', firstName: 'Bo' });
    party.on('GET /users', {
      json: {
        users: [
          { mail: 'ann@x.io', first: 'Ann', start: '2026-12-24' },
          { mail: 'bo@x.io', start: '2026-11-02', end: '2026-12-31' },
          { mail: 'cy@x.io', first: 'Cy', phone: 'soon' },
          { mail: 'di@x.io', first: 'Di', end: '2026-11-01' },
          { mail: null, first: 'Ed' },
        ],
      },
    });
    const fields = { email: 'mail', first_name: 'first', phone: 'phone' };
    const data_structure = { ...fields, start: 'start', end: 'end' };
    await chat.integration('Lodestone', manifest({ data_structure }));
  });

  test('has days as people write them, and when those who are new begin', async () => {
    const said = await previewOf('Lodestone');
    expect(said).toContain('☑ Ann · ann@x.io · first day 24 Dec 2026\n');
    expect(said).toContain('bo@x.io · first day: 2 Nov 2026 · last day: 31 Dec 2026');
    expect(said).toContain('☐ Di · di@x.io · Their last day was 1 Nov 2026.');
  });

  test("has its problems in the reader's language", async () => {
    const profile = present(chat.profiles.get(ADA));
    chat.profiles.set(ADA, { ...profile, locale: 'de-DE' });
    const said = await previewOf('Lodestone');
    expect(said).toContain(
      'phone: „soon“ ist keine Telefonnummer; nehmen Sie eine wie +32470123456. Ohne diesen Wert importiert.',
    );
    expect(said).toContain('Zeile 5 · Die E-Mail-Adresse fehlt.');
  });
});

test('a manager of an admin is set by the OK that the notice and the details ask for', async () => {
  const bo = await chat.person({ email: 'bo@x.io', firstName: 'Bo' });
  party.on('GET /users', { json: { users: [{ mail: ADA, boss: 'bo@x.io' }, ...users('Ann')] } });
  await chat.integration(
    'Lodestone',
    manifest({ data_structure: { email: 'mail', first_name: 'first', manager_email: 'boss' } }),
  );
  await ada.types('import', 'Lodestone');
  await ada.press(buttonOf(await cardNow(await work()), /^Import 1/));
  const runId = await work();
  const report = await cardNow(runId);
  expect(textOf(report)).toContain('Managers of admins: 1 row: set only with your OK');
  const managerOfAda = async () => (await chat.services.stores.people.findByEmail(ADA))?.managerId;
  expect(await managerOfAda()).toBeUndefined();

  const notice = await ada.sees(syncNotice.with({ runId }));
  const button = buttonOf(notice, 'Managers of admins…');
  const form = await ada.opens(button);
  expect(JSON.stringify(form.fields)).toContain('Bo (bo@x.io)');
  const admin = await chat.services.stores.people.findByEmail(ADA);
  const said = await ada.gets(button, { people: [admin?.id ?? ''] });
  expect(textOf(said)).toContain('Set for 1 person');
  expect(await managerOfAda()).toBe(bo.id);
  await expect(ada.opens(buttonOf(report, 'Managers of admins…'))).rejects.toThrow(
    'There are no managers to set',
  );
});

test('from the list to the report', async () => {
  await chat.person({ email: 'old@x.io', firstName: 'Old' });
  party.on('GET /users', {
    json: { users: [...users('Ann', 'Bo'), { mail: 'nope' }], next: '/more' },
  });
  party.on('GET /more', { json: { users: [...users('Old'), { mail: 'ANN@x.io' }] } });
  await chat.integration('Lodestone', manifest());
  await chat.integration('Asana', { execute: [] });
  const list = await ada.types('import');
  expect(textOf(list)).toBe(
    [
      'Where should people come from?',
      '1 integration imports people. You see who they are before anyone is added.',
      'Lodestone · ✓ ready',
      '[Import…]',
      '[From a CSV file…] [Ignored people]',
    ].join('\n'),
  );
  const reading = await ada.presses(buttonOf(list, 'Import…'));
  expect(textOf(reading)).toBe(
    ['… Reading Lodestone', 'Reading the first page.', '[Stop]'].join('\n'),
  );

  const id = await work();
  const card = await cardNow(id);
  expect(textOf(card)).toBe(
    [
      'Import from Lodestone?',
      'New: 2 people',
      'Read: 5 rows on 2 pages',
      'Left out: 1 already here, 1 duplicate, 1 with an invalid address or value',
      '---',
      'New: 2 rows',
      '☑ Ann · ann@x.io',
      '[Leave out] [Ignore for good]',
      '☑ Bo · bo@x.io',
      '[Leave out] [Ignore for good]',
      '[Import 2 people] [Filter…] [Leave all out] [Ignore all for good…] [Discard]',
    ].join('\n'),
  );
  expect(await here('ann')).toBe(false);

  const invalid = await ada.gets(buttonOf(card, 'Filter…'), { list: 'invalid' });
  expect(textOf(invalid)).toContain('Row 3 · "nope" isn\'t an email address.');

  await ada.press(buttonOf(card, 'Import 2 people'));
  expect(textOf(await cardNow(id))).toMatch(
    /^… Importing from Lodestone\n0 people added so far; 2 are new\./,
  );
  await work();
  expect(textOf(await cardNow(id))).toBe(
    [
      '✓ Lodestone: 2 people added',
      'Read: 5 rows on 2 pages',
      'Left out: 1 already here, 1 duplicate, 1 with an invalid address or value',
      'Finished on 25 Nov 2026, 09:00.',
      '---',
      'Added: 2 rows',
      'Ann · ann@x.io',
      'Bo · bo@x.io',
      '[Filter…]',
    ].join('\n'),
  );
  expect(await here('ann')).toBe(true);
});

describe('an admin chooses', () => {
  test('some: a person who is left out is not imported, and is new the next time', async () => {
    const { id, card } = await previewed('Ann', 'Bo', 'Cy');
    const none = await ada.presses(buttonOf(card, 'Leave all out'));
    expect(textOf(none)).toContain('New: 3 people, 0 chosen');
    expect(textOf(none)).not.toContain('[Import');
    expect(textOf(none)).toContain('\n[Choose all] [Ignore all for good…] [Discard]');
    const one = await ada.presses(buttonOf(none, 'Choose'));
    expect(textOf(one)).toContain('☑ Ann · ann@x.io\n[Leave out] [Ignore for good]\n☐ Bo');
    await ada.press(buttonOf(one, 'Import 1 person'));
    await work();
    expect([await here('ann'), await here('bo')]).toEqual([true, false]);
    expect(textOf(await cardNow(id))).toContain('Added: 1 row\nAnn');
    await ada.types('import', 'lodestone');
    expect(textOf(await cardNow(await work()))).toContain('New: 2 people\n');
  });

  test('whom a search finds, page by page', async () => {
    const { id, card } = await previewed(
      'Ann',
      'Bo',
      ...Array.from({ length: 9 }, (_, n) => `P${n}`),
    );
    expect(textOf(card)).toContain('New: 11 rows, page 1 of 3');
    const second = await ada.presses(buttonOf(card, 'Next'));
    expect(textOf(second)).toContain('page 2 of 3\n☑ P3');
    const search = buttonOf(second, 'Filter…');
    expect(await ada.isTold(search, { text: 'x'.repeat(41) })).toEqual({
      text: 'At most 40 characters.',
    });
    const found = await ada.gets(search, { text: ' p ' });
    expect(textOf(found)).toContain('New: 9 rows for "p", page 1 of 2');
    const left = await ada.presses(buttonOf(found, 'Leave out all 9 found'));
    expect(textOf(left)).toContain('New: 11 people, 2 chosen');
    await ada.press(buttonOf(left, 'Import 2 people'));
    await work();
    expect(textOf(await cardNow(id))).toMatch(/^✓ Lodestone: 2 people added/);
  });

  test('whom imports ignore for good, until someone takes them off the list', async () => {
    const { id, card } = await previewed('Ann', 'Robot1', 'Robot2');
    const gone = await ada.presses(buttonOf(card, /^Ignore for good$/));
    expect(textOf(gone)).toContain('New: 2 people');
    const robots = await ada.gets(buttonOf(await manyRows(id), 'Filter…'), { text: 'robot' });
    const ignore = buttonOf(robots, 'Ignore 2 for good…');
    expect(introOf(await ada.opens(ignore))).toContain('2 people: everyone who matches "robot".');
    await ada.sends(ignore);
    expect(textOf(await cardNow(id))).toMatch(/^Lodestone: no one to import\nNew: 0 people/);

    const list = await ada.presses(buttonOf(await ada.types('import'), 'Ignored people'));
    expect(textOf(list)).toContain(
      '3 people. Imports skip these people. You can still add them by hand.',
    );
    const after = await ada.presses(buttonOf(list, 'Import again'));
    expect(textOf(after)).toContain('2 people');
    expect((await chat.services.stores.ignoredEmails.list('', { offset: 0, limit: 9 })).total).toBe(
      2,
    );
  });

  /** A card that has a search, as one with many rows has. */
  const manyRows = (runId: string): Promise<Card> =>
    ada.sees(syncRef({ runId, text: 'o', page: 0 }));

  test('to bring someone back who had left', async () => {
    const ann = await chat.person({ email: 'ann@x.io', firstName: 'Ann' });
    const { transact } = chat.services;
    await transact((tx) => tx.people.save({ ...ann, active: false }));
    const { id, card } = await previewed('Ann');
    expect(textOf(card)).toMatch(/^Lodestone: no one to import/);
    const back = await ada.presses(buttonOf(card, 'Add back'));
    expect(textOf(back)).toContain('Added back: 1 person, without their earlier access');
    await ada.press(buttonOf(back, 'Import 1 person'));
    await work();
    expect(textOf(await cardNow(id))).toMatch(/^✓ Lodestone: 1 person added back/);
    expect(await here('ann')).toBe(true);
  });

  test('to discard it, and nobody is imported', async () => {
    const { id, card } = await previewed('Ann');
    await ada.press(buttonOf(card, 'Discard'));
    const over = await cardNow(id);
    expect(textOf(over)).toMatch(
      /^Lodestone: no one was imported\nNothing that was read was imported\./,
    );
    await ada.press(buttonOf(card, 'Import 1 person')); // On a card that is older.
    await work();
    expect(await here('ann')).toBe(false);
    expect(textOf(await ada.presses(buttonOf(over, 'Import again')))).toContain('… Reading');
  });
});

test('one that is at work is shown instead of a second one, and can be stopped', async () => {
  await chat.integration('Lodestone', manifest());
  const first = await ada.types('import', 'Lodestone');
  const second = await ada.types('import', 'Lodestone');
  const { total } = await chat.services.stores.syncRuns.list({}, { offset: 0, limit: 9 });
  expect(total).toBe(1);
  expect(textOf(await ada.presses(buttonOf(second, 'Stop')))).toMatch(
    /^Lodestone: no one was imported/,
  );
  await ada.press(buttonOf(first, 'Stop'));
  await work();
  expect(party.requests).toEqual([]);
});

test('one that fails says why, and that nothing was changed', async () => {
  party.on('GET /users', { status: 403, text: 'no' });
  await chat.integration('Lodestone', manifest());
  await ada.types('import', 'Lodestone');
  const card = await cardNow(await work());
  expect(textOf(card)).toMatch(
    /^✗ Lodestone: the import failed\nLodestone doesn't accept Latchkey's credentials, [^]*\nNothing changed\./,
  );
  expect(textOf(card)).not.toContain('127.0.0.1');
  const details = await ada.presses(buttonOf(card, 'Technical details'));
  expect(textOf(details)).toMatch(/127\.0\.0\.1:\d+ answered with status 403/);
  expect(textOf(await ada.presses(buttonOf(card, 'Import again')))).toContain('… Reading');
});

test('what can not be imported from says why, and what to do', async () => {
  const nothing = await ada.types('import', 'nobody');
  expect(textOf(nothing)).toContain('No integration imports people yet.');
  expect((await ada.opens(buttonOf(nothing, 'From a CSV file…'))).title).toBe('Import people');
  const id = await chat.integration('Lodestone', manifest());
  await chat.integration('Lode Two', manifest({ initial_data_form: [{ id: 'KEY', name: 'Key' }] }));
  const list = await ada.types('import', 'lode');
  expect(textOf(list)).toContain('Lode Two · ⚠ needs secrets: Key\n[Open]\nLodestone · ✓ ready');
  const found = present(await chat.services.stores.integrations.find(id));
  await chat.services.transact((tx) => tx.integrations.save({ ...found, enabled: false }));
  expect(textOf(await ada.presses(buttonOf(list, 'Import…')))).toBe(
    'Nothing was imported\nLodestone is turned off. Turn it on again to import people from it.',
  );
});

test('everything of it is for admins, at every click', async () => {
  const { id, card } = await previewed('Ann');
  await chat.person({ email: 'bo@example.com', firstName: 'Bo' });
  const bo = new Clicker(chat, 'bo@example.com');
  expect(textOf(await bo.types('import', 'Lodestone'))).toMatch(/^You can't import people/);
  expect(textOf(await bo.sees(openedSync(id)))).toMatch(/^You can no longer see imports/);
  for (const label of [
    'Import 1 person',
    'Discard',
    'Leave out',
    'Ignore for good',
    'Leave all out',
  ])
    expect(textOf(await bo.presses(buttonOf(card, label)))).toMatch(/^You can't /);
  await expect(bo.opens(buttonOf(card, 'Ignore all for good…'))).rejects.toThrow("You can't");
  expect((await chat.services.stores.syncRuns.find(id))?.state).toBe('ready');
});

const scheduled = async (id: string): Promise<string> => {
  const { transact, now, stores } = chat.services;
  const integration = present(await stores.integrations.find(id));
  await transact((tx) =>
    startSync(tx, integration, {
      mode: 'import',
      scheduledFor: now(),
      actor: { kind: 'system' },
    }),
  );
  return work();
};

describe('a schedule', () => {
  test('is on the card of the integration with its next times, rests and goes on', async () => {
    const id = await chat.integration('Lodestone', manifest({ schedule: '30 6 * * 1-5' }));
    const card = await ada.sees(integrationCard.with({ integrationId: id }));
    expect(textOf(card)).toContain(
      'When: at 06:30, Monday through Friday (UTC). Next: 26 Nov 2026, 06:30; 27 Nov 2026, 06:30; 30 Nov 2026, 06:30',
    );
    await ada.press(buttonOf(card, 'Pause the schedule'));
    const paused = await ada.sees(integrationCard.with({ integrationId: id }));
    expect(textOf(paused)).toContain(
      'When: paused; otherwise at 06:30, Monday through Friday (UTC)',
    );
    expect(textOf(paused)).toContain('✓ Ready. It imports people when an admin starts it.');
    await ada.press(buttonOf(paused, 'Resume the schedule'));
    expect(textOf(await ada.sees(integrationCard.with({ integrationId: id })))).toContain('Next: ');
  });

  test('an update runs when an admin says so, and its card says what it did', async () => {
    await chat.person({ email: 'ann@x.io', firstName: 'Ann' });
    party.on('GET /users', { json: { users: users('Ann', 'Who') } });
    const update = {
      action: 'update',
      schedule: '0 * * * *',
      data_structure: { email: 'mail', NICK: 'first' },
    };
    const id = await chat.integration('Lodestone', manifest(update));
    const card = await ada.sees(integrationCard.with({ integrationId: id }));
    expect(textOf(await ada.presses(buttonOf(card, 'Run now')))).toContain('… Reading Lodestone');
    const done = textOf(await cardNow(await work()));
    expect(done).toMatch(/^✓ Lodestone: 1 person updated/);
    expect(done).toContain('Updated: 1 row\nann@x.io\n[Filter…]');
    expect(textOf(await ada.sees(integrationCard.with({ integrationId: id })))).toContain(
      'Last import: 25 Nov 2026, 09:00: 1 person updated',
    );
  });

  test('has a notice of what it did, with the details behind a button', async () => {
    party.on('GET /users', { json: { users: users('Ann') } });
    const runId = await scheduled(
      await chat.integration('Lodestone', manifest({ schedule: '0 * * * *' })),
    );
    const notice = await ada.sees(syncNotice.with({ runId }));
    expect(textOf(notice)).toBe(
      [
        'Lodestone: 1 person added',
        'Read: 1 row on 1 page',
        'Duration: 1 second',
        '[Start a sequence…] [View details]',
      ].join('\n'),
    );
    expect(textOf(await ada.presses(buttonOf(notice, 'View details')))).toContain(
      'Added: 1 row\nAnn',
    );
  });

  test('that would add very many waits with the numbers in view, and can be looked through before', async () => {
    const names = Array.from({ length: 120 }, (_, n) => `P${n}`);
    const id = await chat.integration('Lodestone', manifest({ schedule: '0 * * * *' }));
    party.on('GET /users', { json: { users: users('Ann') } });
    await scheduled(id);
    party.on('GET /users', { json: { users: users('Ann', ...names) } });
    const runId = await scheduled(id);
    const notice = await ada.sees(syncNotice.with({ runId }));
    expect(textOf(notice)).toContain(
      "It would add 120 people to the 2 already here, more than an import may add without an admin's OK",
    );
    const details = await ada.presses(buttonOf(notice, 'View details'));
    expect(textOf(details)).toContain('New: 120 rows, page 1 of 24');
    await ada.press(buttonOf(details, 'Leave out'));
    const now = await ada.sees(syncNotice.with({ runId }));
    await ada.press(buttonOf(now, 'Import 119 people'));
    await work();
    expect(textOf(await ada.sees(syncNotice.with({ runId })))).toMatch(
      /^Lodestone: 119 people added/,
    );
  });

  test('reports who is no longer there, offers to offboard them, and removes nobody', async () => {
    const id = await chat.integration('Lodestone', manifest({ schedule: '0 * * * *' }));
    party.on('GET /users', { json: { users: users('Ann', 'Bo') } });
    await scheduled(id);
    party.on('GET /users', { json: { users: users('Ann') } });
    const runId = await scheduled(id);
    expect(textOf(await ada.sees(syncNotice.with({ runId })))).toContain(
      'No longer in the source: 1 person in the directory, 1 of them since the last import. Nothing changes for them.',
    );
    const missing = await cardNow(runId);
    expect(textOf(missing)).toContain('Bo · bo@x.io\n[Offboard…]');
    expect(introOf(await ada.opens(buttonOf(missing, 'Offboard…')))).toContain('Bo');
    expect(await here('bo')).toBe(true);
  });
});

test('a card of long names is one message on both platforms', async () => {
  const long = 'Ж'.repeat(190);
  const people = Array.from({ length: 9 }, (_, n) => ({
    mail: `${'e'.repeat(60)}${n}@${'d'.repeat(60)}.example.com`,
    first: long,
    job: long,
  }));
  party.on('GET /users', { json: { users: [...people, ...people, { mail: 'nope' }] } });
  await chat.integration('Ж'.repeat(60), manifest());
  await ada.types('import', 'ж');
  const runId = await work();
  const text = 'ж'.repeat(LONGEST_SEARCH);
  for (const card of [
    await cardNow(runId),
    await ada.sees(syncRef({ runId, list: 'duplicate', text: '', page: 0 })),
    await ada.sees(syncRef({ runId, text, page: 0 })),
  ]) {
    const slack = slackCard(card);
    expect(slack).toHaveLength(1);
    for (const { blocks } of slack) expect(checkMessageBlocks(blocks)).toMatchObject({ ok: true });
    for (const dialogs of [true, false]) {
      const teams = teamsCard(card, { dialogs });
      expect(teams).toHaveLength(1);
      expect(Buffer.byteLength(JSON.stringify(teams[0]))).toBeLessThanOrEqual(CARD_BYTES);
    }
  }
});

const details = async (name: string) => chat.services.stores.people.findByEmail(`${name}@x.io`);

async function company(size: number): Promise<void> {
  await chat.person({ email: 'boss@x.io', firstName: 'Bo' });
  await chat.person({ email: 'new@x.io', firstName: 'Cleo' });
  for (let n = 0; n < size; n += 1)
    await chat.person({
      email: `p${n}@x.io`,
      firstName: `P${n}`,
      department: 'Sales',
      managerEmail: 'boss@x.io',
    });
}
describe('an import that owns fields', () => {
  const ALL = ['department', 'manager', 'end'];
  const mapped = (more: object = {}) =>
    manifest({
      data_structure: {
        email: 'mail',
        first_name: 'first',
        department: 'team',
        manager: 'boss',
        end: 'last',
      },
      ...more,
    });
  const staff = (n: number) => ({ mail: `p${n}@x.io`, first: `P${n}` });

  /** @returns the id of the integration */
  async function owning(fields: readonly string[], more: object = {}): Promise<string> {
    const integrationId = await chat.integration('Lodestone', mapped(more));
    const card = await ada.sees(integrationCard.with({ integrationId }));
    await ada.sends(buttonOf(card, 'Owned fields…'), { owned: fields });
    return integrationId;
  }
  test('is chosen on its card, which then names them', async () => {
    const integrationId = await owning(['department', 'manager']);
    const card = await ada.sees(integrationCard.with({ integrationId }));
    expect(textOf(card)).toContain('Owns: department, manager');
    const form = await ada.opens(buttonOf(card, 'Owned fields…'));
    expect(form.fields['owned']).toMatchObject({
      initial: ['department', 'manager'],
      options: [
        { value: 'first_name', label: 'first name' },
        { value: 'department', label: 'department' },
        { value: 'manager', label: 'manager' },
        { value: 'end', label: 'last day' },
      ],
    });
  });

  test('keeps what someone else has changed while its form was open', async () => {
    const integrationId = await owning(['department', 'manager']);
    const edit = buttonOf(await ada.sees(integrationCard.with({ integrationId })), 'Owned fields…');
    const form = await ada.opens(edit);
    await ada.sends(edit, { owned: ['department'] });
    await ada.answersTo(form, edit, { owned: ['department', 'manager', 'end'] });
    expect(textOf(await ada.sees(integrationCard.with({ integrationId })))).toContain(
      'Owns: department, last day',
    );
  });

  test('can’t have a field that another one has', async () => {
    await owning(['department']);
    const integrationId = await chat.integration('Quarry', mapped());
    const card = await ada.sees(integrationCard.with({ integrationId }));
    const answers = { owned: ['department'] };
    expect(await ada.sends(buttonOf(card, 'Owned fields…'), answers)).toEqual({
      kind: 'invalid',
      errors: { owned: 'Lodestone owns department. Remove it there first.' },
    });
  });

  test('says whose last day it takes back as a change', async () => {
    await company(2);
    await owning(ALL);
    const list = (last: string | null) => ({
      json: { users: [0, 1].map((n) => ({ ...staff(n), last })) },
    });
    const importNow = async (last: string | null) => {
      party.on('GET /users', list(last));
      await ada.types('import', 'Lodestone');
      return cardNow(await work());
    };
    await ada.press(buttonOf(await importNow('2026-12-31'), 'Change 2 people'));
    await work();
    const card = await importNow(null);
    expect(textOf(card)).toContain('Changes: 2 people lose their last day');
    expect(buttonOf(card, 'Change 2 people')).toBeDefined();
  });

  test('says before how many people change what, and which', async () => {
    await company(12);
    await owning(ALL);
    const rows = Array.from({ length: 12 }, (_, n) => ({
      ...staff(n),
      team: 'Support',
      boss: n < 3 ? 'new@x.io' : 'boss@x.io',
      last: n < 2 ? '2026-12-31' : null,
    }));
    party.on('GET /users', { json: { users: rows } });
    await ada.types('import', 'Lodestone');
    const card = await cardNow(await work());
    expect(textOf(card)).toContain(
      'Changes: 12 people change department, 3 manager, 2 get a last day',
    );
    expect(textOf(card)).toContain(
      'P0 · p0@x.io · department: Support · manager: new@x.io · last day: 31 Dec 2026',
    );
    expect((await details('p0'))?.department).toBe('Sales');
    await ada.press(buttonOf(card, 'Change 12 people'));
    await work();
    expect((await details('p0'))?.department).toBe('Support');
  });

  test('says of an address that someone else has who that is, before anything happens', async () => {
    const own = { email: 'mail', first_name: 'first', employee_id: 'id' };
    await owning(['email'], { data_structure: own });
    const add = { employeeId: 'e1', email: 'p0@x.io', firstName: 'Pia', lastName: 'Ray' };
    await chat.person(add);
    await chat.person({ employeeId: 'e2', email: 'p1@x.io', firstName: 'Quin', lastName: 'Oh' });
    const exchanged = [
      { id: 'e1', mail: 'p1@x.io', first: 'Pia' },
      { id: 'e2', mail: 'p0@x.io', first: 'Quin' },
    ];
    party.on('GET /users', { json: { users: exchanged } });
    await ada.types('import', 'Lodestone');
    const card = textOf(await cardNow(await work()));
    expect(card).toContain('2 people change email, 2 get an address that someone else has');
    expect(card).toContain('Pia · email: p1@x.io (Quin Oh has it now)');
  });

  test('waits on its schedule with a notice that says why', async () => {
    await company(3);
    const integrationId = await owning(ALL, { schedule: '0 6 * * *' });
    const rows = [
      { ...staff(0), last: '2026-11-01' },
      { ...staff(1), team: 'Support' },
    ];
    party.on('GET /users', { json: { users: rows } });
    const runId = await scheduled(integrationId);
    const notice = await ada.sees(syncNotice.with({ runId }));
    expect(textOf(notice)).toContain(
      'The last day of 1 person is already over: their offboarding would begin at once.',
    );
    expect((await details('p1'))?.department).toBe('Sales');
    await ada.press(buttonOf(notice, 'Change 2 people'));
    await work();
    expect((await details('p1'))?.department).toBe('Support');
  });

  test('asks admins about someone who left and is back in the source', async () => {
    await company(1);
    const integrationId = await owning(ALL);
    const left = present(await details('p0'));
    await chat.services.transact(async (tx) => {
      await tx.people.save({ ...left, active: false, endDate: '2026-11-20' });
    });
    party.on('GET /users', { json: { users: [{ ...staff(0), last: '' }] } });
    const runId = await scheduled(integrationId);
    expect(runId).not.toBe('');
    const card = await ada.sees(rehireNotice.with({ personId: left.id, integrationId }));
    expect(textOf(card)).toMatch(/^Is P0 back\?\nLodestone no longer has a last day for P0/);
    await ada.sends(buttonOf(card, 'Reactivate…'));
    expect((await details('p0'))?.active).toBe(true);
    const after = await ada.sees(rehireNotice.with({ personId: left.id, integrationId }));
    expect(textOf(after)).toContain('P0 is back');
  });
});
