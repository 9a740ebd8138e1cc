import { beforeEach, describe, expect, test } from 'vitest';
import { runImport } from '../../../../src/bots/features/imports/import-actions.ts';
import { importCard } from '../../../../src/bots/features/imports/import-card.ts';
import { importPeople } from '../../../../src/bots/features/imports/import-people.ts';
import type { Card } from '../../../../src/bots/view/card.ts';
import { advanceImport } from '../../../../src/engine/imports/advance-import.ts';
import { parsePeopleCsv } from '../../../../src/engine/imports/people-csv.ts';
import { claimJobs, finishJobs } from '../../../../src/store/queue/queue.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, Clicker, introOf } from '../../../support/clicks.ts';
import { ruleAtCompany } from '../../../support/company/company-rules.ts';

const ADA = 'ada@example.com';
const BO = 'bo@example.com';
const FILE =
  'email,first name,role\nann@example.com,Ann,\nbo@example.com,Robert,\ncy@example.com,Cy,admin\nbad,,\n';

let chat: TestChat;
let ada: Clicker;
let bo: Clicker;
beforeEach(async () => {
  chat = await testChat();
  await chat.person({ email: ADA, firstName: 'Ada', role: 'admin' });
  await chat.person({ email: BO, firstName: 'Bo' });
  ada = new Clicker(chat, ADA);
  bo = new Clicker(chat, BO);
});

/** Does what the worker does with files. @returns the import that it worked on last */
async function work(): Promise<string> {
  const { now, stores, transact } = chat.services;
  const { db } = chat.database;
  const claim = { limit: 9, leaseMs: 60_000, workerId: 'w', lane: 'imports', now: now() } as const;
  let last = '';
  for (const job of await claimJobs(db, claim)) {
    const { importId } = job.payload as { importId: string };
    const deps = { stores, transact, now, pause: async () => undefined };
    await advanceImport(importId, deps);
    await finishJobs(db, [job]);
    last = importId;
  }
  return last;
}

const cardNow = async (importId: string, page = 0): Promise<Card> =>
  ada.sees(importCard.with({ importId, page }));
const csv = (name: string, text: string | { readonly refused: string } = FILE) =>
  ({ kind: 'file', name, text: async () => text }) as const;

test('a file in the form is looked at first: nobody is added before Import is pressed', async () => {
  const reading = await ada.gets(importPeople.with({}), { file: FILE });
  expect(textOf(reading)).toMatch(/^… Reading CSV file\n/);
  const id = await work();
  const card = await cardNow(id);
  expect(textOf(card)).toBe(
    [
      'Import CSV file?',
      'New: 2 people',
      '⚠ Admins: cy@example.com: the file makes them admins',
      'Already here: 1 person, unchanged unless you update them',
      'Left out: 1 line: not an email address (1)',
      'Ann · ann@example.com',
      'Cy · cy@example.com · admin',
      '---',
      'Problems in the file:',
      'Line 5: "bad" isn\'t an email address.',
      '[Import 2 people] [Import and update 1 person] [Discard]',
    ].join('\n'),
  );
  expect(await chat.services.stores.people.findByEmail('ann@example.com')).toBeUndefined();

  const begun = await ada.presses(buttonOf(card, 'Import 2 people'));
  expect(textOf(begun)).toMatch(/^… Importing CSV file\n0 % of the people done\./);
  await work();
  expect(textOf(await cardNow(id))).toMatch(
    /^✓ CSV file imported\nAdded: 2 people\nUnchanged: 1 person\nLeft out: 1 line\nFinished on 25 Nov 2026, 09:00\./,
  );
  expect(await chat.services.stores.people.findByEmail('bo@example.com')).toMatchObject({
    firstName: 'Bo',
  });
  expect(textOf(await cardNow(id))).toContain('The import granted no access.');
  await chat.integration('Zoom', { execute: [{ url: 'https://z.example.com' }] });
  const gives = { Zoom: { form: {}, answers: [] } };
  await ruleAtCompany(chat.services, 'Product', { department: 'Product', gives });
  expect(textOf(await cardNow(id))).toContain(
    'A rule, or a sequence that starts automatically, may',
  );
});

test('Import, and update gives people who are there the values of the file', async () => {
  await ada.types('people', 'import', csv('new.csv'));
  const card = await cardNow(await work());
  await ada.presses(buttonOf(card, 'Import and update 1 person'));
  const text = textOf(await cardNow(await work()));
  expect(text).toMatch(/^✓ new\.csv imported\nAdded: 2 people\nUpdated: 1 person/);
  expect((await chat.services.stores.people.findByEmail(BO))?.firstName).toBe('Robert');
});

test('the card says before whom an update would make an admin', async () => {
  await ada.types(
    'people',
    'import',
    csv('roles.csv', 'email,role\nbo@example.com,admin\nada@example.com,admin\n'),
  );
  const card = await cardNow(await work());
  expect(textOf(card)).toContain('⚠ Admins: bo@example.com: updating makes them admins');
  await ada.presses(buttonOf(card, 'Update 2 people'));
  await work();
  expect((await chat.services.stores.people.findByEmail(BO))?.role).toBe('admin');
});

test('a row that is left out or imported in part is told by its address, else by its name', async () => {
  const rows = [',Zoë,Brontë,', 'cy@x.io,Cy,,none@x.io', 'di@x.io,,,', ',,,none@x.io'];
  const text = `email,first name,last name,manager\n${rows.join('\n')}`;
  await ada.types('people', 'import', csv('some.csv', text));
  const id = await work();
  const card = await cardNow(id);
  expect(textOf(card)).toContain(
    [
      'Problems in the file:',
      'Line 2, Zoë Brontë: The email address is missing; Latchkey tells people apart by it.',
      "Line 3, cy@x.io: No one in the directory or in the file has the manager's address, none@x.io. The row is imported without it.",
      'Line 5: The email address is missing; Latchkey tells people apart by it.',
    ].join('\n'),
  );
  await ada.presses(buttonOf(card, /^Import 2/));
  await work();
  expect(textOf(await cardNow(id))).toContain('Line 3, cy@x.io: No one in the directory');
});

test('problems are on pages of ten', async () => {
  await ada.types('people', 'import', csv('bad.csv', `email\n${'x\n'.repeat(25)}a@x.io`));
  const card = await cardNow(await work());
  expect(textOf(card)).toContain('Problems in the file, page 1 of 3:\nLine 2:');
  const next = await ada.presses(buttonOf(card, 'Next'));
  expect(textOf(next)).toContain('page 2 of 3:\nLine 12:');
});

test('a file with nobody in it offers nothing but to discard it', async () => {
  await ada.types('import', csv('none.csv', 'email\nx'));
  const card = await cardNow(await work());
  expect(textOf(card)).toMatch(/^none\.csv has no one to import\n/);
  expect(textOf(card)).toMatch(/\[Discard\]$/);
  const gone = await ada.presses(buttonOf(card, 'Discard'));
  expect(textOf(gone)).toMatch(/^none\.csv wasn't imported\n/);
});

test('a file that can not be read says why, and leads back to the form', async () => {
  await ada.types('people', 'import', csv('odd.csv', 'name\nAnn'));
  const card = await cardNow(await work());
  expect(textOf(card)).toMatch(/^odd\.csv can't be imported\nNo column is called "email"\./);
  expect(introOf(await ada.opens(buttonOf(card, 'Choose another file…')))).toContain('email');
});

test('one that is read can be discarded, and one that is under way stopped', async () => {
  const reading = await ada.types('people', 'import', csv('a.csv'));
  expect(textOf(await ada.presses(buttonOf(reading, 'Discard')))).toMatch(
    /^a\.csv wasn't imported/,
  );
  expect((await chat.services.stores.fileImports.find(await work()))?.progress.state).toBe(
    'discarded',
  );
  await ada.types('people', 'import', csv('b.csv'));
  const begun = await ada.presses(buttonOf(await cardNow(await work()), 'Import 2 people'));
  const stopped = await ada.presses(buttonOf(begun, 'Stop'));
  expect(textOf(stopped)).toMatch(/^Import of b\.csv stopped half-way\n.*\nAdded: 0 people/s);
  const id = await work();
  expect((await chat.services.stores.fileImports.find(id))?.progress.state).toBe('stopped');
  expect(await chat.services.stores.people.findByEmail('ann@example.com')).toBeUndefined();
});

test('of many columns that are not used the first are named, and the others counted', async () => {
  const columns = Array.from({ length: 500 }, (_, n) => `column ${n} ${'x'.repeat(50)}`);
  await ada.types('people', 'import', csv('wide.csv', `email,${columns.join(',')}\na@x.io`));
  expect(textOf(await cardNow(await work()))).toMatch(
    /Columns not used: column 0 x+, .* and 480 more\n/,
  );
});

describe('with the message', () => {
  test.each([
    [
      'one that could not be fetched',
      [csv('a.csv', { refused: 'It is too large.' })],
      'It is too large.',
    ],
    ['one that is no CSV file', [csv('a.xlsx')], 'The name "a.xlsx" must end in .csv.'],
    ['two files', [csv('a.csv'), csv('b.csv')], 'Please send one file at a time'],
  ])('%s is refused with the reason, and a way to the form', async (_what, files, reason) => {
    const card = await ada.types('people', 'import', ...files);
    expect(textOf(card)).toContain(reason);
    expect(introOf(await ada.opens(buttonOf(card, 'Choose another file…')))).toContain('email');
  });
});

test('the form names every column that a file may have, and no other', async () => {
  const [, names = ''] =
    /columns: (.+?)\./.exec(introOf(await ada.opens(importPeople.with({})))) ?? [];
  const header = names.replaceAll(/\(.+?\)/g, '').replace(' and any of', ',');
  const read = await parsePeopleCsv(
    `${header}\na@b.example,A,B,m@b.example,b@b.example,Cook,Food,2026-11-24,Asia/Tokyo,+49 151 1234567,7,other\n`,
  );
  expect(read).toMatchObject({ otherColumns: [], partly: [] });
  expect(Object.keys(read.ok ? (read.rows[0]?.details ?? {}) : {})).toHaveLength(12);
});

test('everything of it is for admins, at every click', async () => {
  await expect(bo.opens(importPeople.with({}))).rejects.toThrow("You can't import people");
  expect(textOf(await bo.types('people', 'import', csv('new.csv')))).toMatch(
    /^You can't import people\n/,
  );
  await ada.types('people', 'import', csv('new.csv'));
  const importId = await work();
  expect(textOf(await bo.sees(importCard.with({ importId, page: 0 })))).toMatch(
    /^You can no longer see imports/,
  );
  expect(textOf(await bo.presses(runImport.with({ importId, update: false })))).toMatch(
    /^You can't import people\n/,
  );
  expect((await chat.services.stores.fileImports.find(importId))?.progress.state).toBe('ready');
});
