import * as fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { nextTurn } from '../../../src/core/next-turn.ts';
import { advanceImport, importAtOnce } from '../../../src/engine/imports/advance-import.ts';
import type { FileImport, ImportState } from '../../../src/engine/imports/file-import.ts';
import {
  bringFile,
  discardImport,
  previewOf,
  startImport,
} from '../../../src/engine/imports/import-people.ts';
import { previewId } from '../../../src/engine/imports/keep-import.ts';
import { parsePeopleCsv } from '../../../src/engine/imports/people-csv.ts';
import { planImport, planPreview } from '../../../src/engine/imports/plan-import.ts';
import { finishErasure } from '../../../src/engine/people/erase-person.ts';
import type { UnitOfWork } from '../../../src/engine/ports/unit-of-work.ts';
import { openMemory } from '../../../src/store/memory.ts';
import { createPersonalData } from '../../../src/store/people/erase-personal-data.ts';
import { anyCharacter } from '../../support/any-character.ts';
import { type TestEngine, testEngine } from '../../support/engine.ts';
import { addedManual, requested } from '../../support/given/added.ts';
import { present } from '../../support/given/outcomes.ts';

let engine: TestEngine;
beforeEach(async () => {
  engine = await testEngine();
});

async function bring(text: string): Promise<FileImport> {
  const file = { name: 'people.csv', text, personId: engine.admin.id };
  const { id } = await engine.transact((tx) => bringFile(tx, file, engine));
  await engine.runJobs(['imports']);
  return found(id);
}

async function found(id: string): Promise<FileImport> {
  return present(await engine.stores.fileImports.find(id));
}

async function start(fileImport: FileImport, update = false): Promise<FileImport> {
  await engine.transact((tx) => startImport(tx, fileImport, { update, ...engine }));
  return found(fileImport.id);
}

async function run(text: string, update = false): Promise<FileImport> {
  const fileImport = await start(await bring(text), update);
  await engine.runJobs(['imports']);
  return found(fileImport.id);
}

function inState<S extends ImportState>({ progress }: FileImport, state: S) {
  if (progress.state !== state) throw new Error(JSON.stringify(progress));
  return progress as Extract<FileImport['progress'], { state: S }>;
}

const person = (email: string) => engine.stores.people.findByEmail(email);
const total = async () =>
  (await engine.stores.people.search('', { offset: 0, limit: 1 }, 'everybody')).total;

describe('a file is read', () => {
  test('and says what it would do, without doing it', async () => {
    await engine.person({ email: 'grace@example.com' });
    const fileImport = await bring(
      [
        'Email,First name,Last name,Manager,Role,Shoe size',
        'ann@example.com,Ann,Lee,grace@example.com,,38',
        'GRACE@example.com,Grace,,,,',
        'bo@example.com,Bo,,who@example.com,admin,',
        'nonsense,,,,,',
        'ann@example.com,,,,,',
        ',No,Address,,,',
        'x@example.com,,,,boss,',
      ].join('\n'),
    );
    expect(inState(fileImport, 'ready').plan).toEqual({
      rows: 7,
      fresh: 2,
      returning: 0,
      existing: 1,
      invalid: 4,
      partly: 1,
      partlyWhy: [
        "Line 4, bo@example.com: No one in the directory or in the file has the manager's address, who@example.com. The row is imported without it.",
      ],
      admins: 1,
      promoted: 0,
      managersOfAdmins: 0,
      byReason: {
        'bad-email': 1,
        duplicate: 1,
        'no-email': 1,
        'bad-value': 1,
        'unknown-person': 1,
      },
    });
    const preview = await previewOf(engine.stores, fileImport.id);
    expect(preview?.otherColumns).toEqual(['Shoe size']);
    expect(preview?.problems.map(({ line, text }) => `${line} ${text}`)).toEqual([
      "4 No one in the directory or in the file has the manager's address, who@example.com. The row is imported without it.",
      '5 "nonsense" isn\'t an email address.',
      '6 ann@example.com is already in line 2, and that one counts.',
      '7 The email address is missing; Latchkey tells people apart by it.',
      '8 "boss" isn\'t a role; use admin, manager, new hire or other.',
    ]);
    expect(await total()).toBe(2);
  });

  test('takes a row whose phone number is none without it, counts it and says so', async () => {
    const done = await run(
      'email,phone\nann@example.com,soon\nbo@example.com,+32 (470) 12.34.56\ncy@example.com,0470 12 34 56\n',
    );
    const { plan, counts } = inState(done, 'done');
    expect(plan).toMatchObject({
      invalid: 0,
      partly: 1,
      partlyWhy: [
        'Line 2, ann@example.com: phone: "soon" isn\'t a phone number; use one like +32470123456. The row is imported without it.',
      ],
      byReason: { 'bad-phone': 1 },
    });
    expect(counts.created).toBe(3);
    expect(await person('ann@example.com')).not.toHaveProperty('phone');
    expect(await person('cy@example.com')).toMatchObject({ phone: '0470 12 34 56' });
  });

  test('names a day that does not exist as the file has it', async () => {
    const parsed = await parsePeopleCsv('email,start\nann@x.io,31.11.2026\nbo@x.io,1.12.2026\n');
    expect(parsed).toMatchObject({
      rows: [{ details: { startDate: '2026-12-01' } }],
      problems: [{ text: 'start: "31.11.2026" isn\'t a date; use one like 2026-11-24.' }],
    });
  });

  test.each([
    ['', 'The file is empty'],
    ['name,phone\nAnn,1', 'No column is called "email"'],
    ['email,mail\na@x.io,b@x.io', 'Two columns mean the same: "email" and "mail"'],
    ['email\n"a@x.io', 'below line 1, a quotation mark opens a cell and none closes it'],
    ['email\na@x.io\n"b@x.io\nc@x.io\n', 'below line 2, a quotation mark'],
    ['"email\na@x.io\n', "can't read the file as CSV: a quotation mark opens a cell"],
    [`email\n${'a@x.io\n'.repeat(50_001)}`, 'Split it'],
  ])('%#: what can not be read says why', async (text, why) => {
    expect(inState(await bring(text), 'unreadable').why).toContain(why);
  });

  test.each([
    ['with semicolons, a byte order mark and CRLF', '\uFEFFE-Mail;Name\r\nann@x.io;Ann B. Lee\r\n'],
    ['with tabs', 'mail\tname\nann@x.io\tAnn B. Lee'],
    [
      'with other separators in a quoted name',
      '"email","full name","a;b;c;d"\nann@x.io,Ann B. Lee,x',
    ],
    ['with the separator that Excel names', 'sep=;\nEMAIL;Full name\nann@x.io;Ann B. Lee'],
    ['with quotes', '"email","first name","last name"\n"ann@x.io","Ann","B. Lee"\n'],
    ['with line ends of several kinds', 'email,name\r\nann@x.io,Ann B. Lee\rbo@x.io,Bo\n\n'],
  ])('%s', async (_what, text) => {
    const parsed = await parsePeopleCsv(text);
    expect(parsed.ok && parsed.rows[0]?.details).toEqual({
      email: 'ann@x.io',
      firstName: 'Ann',
      lastName: 'B. Lee',
    });
  });

  test('a role that is called as what every object has is none', async () => {
    const parsed = await parsePeopleCsv('email,role\na@x.io,constructor\nb@x.io,Admin\n');
    expect(parsed).toMatchObject({ ok: true, rows: [{ line: 3 }], problems: [{ line: 2 }] });
  });

  test('lines are those of the file, whatever stands between', async () => {
    const parsed = await parsePeopleCsv(
      'sep=,\nemail,position\n"a@x.io","two\nlines"\n\n,,\nbad,x\n',
    );
    expect(parsed.ok && parsed.rows.map(({ line }) => line)).toEqual([3]);
    expect(parsed.ok && parsed.problems.map(({ line }) => line)).toEqual([7]);
  });
});

test('a long file is read in turns, so that others go on', async () => {
  const people = Array.from({ length: 20_000 }, (_, n) => `p${n}@x.io,First ${n}`);
  const read = { turns: 0, isOver: false };
  const others = (async () => {
    for (; !read.isOver; read.turns++) await nextTurn();
  })();
  const parsed = await parsePeopleCsv(['email,first name', ...people].join('\n'));
  read.isOver = true;
  await others;
  expect(parsed.ok && parsed.rows.length).toBe(20_000);
  expect(read.turns).toBeGreaterThan(20);
});

describe('whatever is in the file', () => {
  const cell = fc.oneof(
    fc.string(),
    fc.string({ unit: anyCharacter }),
    fc.constantFrom('ann@x.io', 'ANN@x.io', 'bo@x.io', '"', '"a"b', '\n', ',', ';', '2026-12-01'),
  );
  const rows = fc.array(fc.array(cell, { maxLength: 6 }), { maxLength: 20 });
  const file = fc.oneof(
    fc.string({ unit: anyCharacter }),
    rows.map((each) =>
      ['email,name,manager,start,time zone,role', ...each.map((row) => row.join(','))].join('\n'),
    ),
    fc.uint8Array().map((bytes) => `email\n${new TextDecoder().decode(bytes)}`),
  );
  const address = fc.constantFrom('a@x.io', 'b@x.io', 'C@x.io', 'c@x.io ', 'd@x.io', '', 'no');
  const company = fc
    .array(fc.tuple(address, address, address), { maxLength: 12 })
    .map((each) => ['email,manager,buddy', ...each.map((row) => row.join(','))].join('\n'));

  test('nothing is thrown, and every address comes once', async () => {
    await fc.assert(
      fc.asyncProperty(file, async (text) => {
        const parsed = await parsePeopleCsv(text);
        const emails = parsed.ok ? parsed.rows.map(({ details }) => details.email) : [];
        expect(new Set(emails).size).toBe(emails.length);
        expect(emails.map((email) => email.trim().toLowerCase())).toEqual(emails);
      }),
      { seed: 29 },
    );
  });

  test('imported twice, nobody comes twice, and nobody stands above themself', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(company, file), fc.boolean(), async (text, update) => {
        const { stores, transact, close } = await openMemory(engine.now);
        const deps = { ...engine, stores, transact, pause: async () => undefined };
        const everybody = () => stores.people.search('', { offset: 0, limit: 99 }, 'everybody');
        const importIt = async () => {
          const parsed = await parsePeopleCsv(text);
          if (!parsed.ok) return undefined;
          const plan = await planImport(stores, parsed);
          return importAtOnce({ fileName: 'a.csv', update, ...plan }, deps);
        };
        const first = await importIt();
        const { people, total: after } = await everybody();
        expect(first?.created ?? 0).toBe(after);
        expect(new Set(people.map(({ email }) => email)).size).toBe(after);
        const again = await importIt();
        expect(again?.created ?? 0).toBe(0);
        expect((await everybody()).total).toBe(after);
        for (const each of people) {
          const above = new Set<string>();
          for (let at = each.managerId; at !== undefined && !above.has(at); ) {
            above.add(at);
            at = (await stores.people.find(at))?.managerId;
          }
          expect(above).not.toContain(each.id);
        }
        await close();
      }),
      { numRuns: 15, seed: 29 }, // Each opens a database, and imports into it twice.
    );
  });
});

describe('an import', () => {
  test('reads days as German spreadsheets write them', async () => {
    await run('email,start\nann@example.com,01.12.2026\nbo@example.com,9.3.2027');
    expect((await person('ann@example.com'))?.startDate).toBe('2026-12-01');
    expect((await person('bo@example.com'))?.startDate).toBe('2027-03-09');
  });

  test('adds people with everything that the file says, also managers further down', async () => {
    const done = await run(
      [
        'email,first name,last name,manager,buddy,position,department,start,time zone,phone,role',
        'ann@example.com,Ann,Lee,bo@example.com,cy@example.com,Engineer,R&D,2026-12-01,Europe/Oslo,+47 1,new hire',
        'cy@example.com,Cy,,bo@example.com,ann@example.com,,,,,,',
        'bo@example.com,Bo,Lee,ADA@example.com,,,,,,,manager',
      ].join('\n'),
    );
    expect(inState(done, 'done').counts).toMatchObject({ created: 3, leftOut: 0, refusals: [] });
    const [ann, bo, cy] = [
      await person('ann@example.com'),
      await person('bo@example.com'),
      await person('cy@example.com'),
    ];
    expect(ann).toMatchObject({
      firstName: 'Ann',
      managerId: bo?.id,
      buddyId: cy?.id,
      position: 'Engineer',
      department: 'R&D',
      startDate: '2026-12-01',
      timeZone: 'Europe/Oslo',
      phone: '+47 1',
      role: 'new_hire',
    });
    expect(cy?.buddyId).toBe(ann?.id);
    expect(bo).toMatchObject({ managerId: engine.admin.id, role: 'manager' });
    expect(await previewOf(engine.stores, done.id)).toBeUndefined();
    expect(await engine.stores.drafts.find(done.id)).toBeUndefined();
  });

  test('connects people over many transactions', async () => {
    const rows = Array.from({ length: 600 }, (_, n) => `p${n}@x.io,p${n + 1}@x.io`);
    const done = await run(['email,manager', ...rows, 'p600@x.io,'].join('\n'));
    expect(inState(done, 'done').counts.created).toBe(601);
    for (const n of [0, 249, 250, 599]) {
      const [one, above] = [await person(`p${n}@x.io`), await person(`p${n + 1}@x.io`)];
      expect(one?.managerId).toBe(above?.id);
    }
  });

  test('leaves a circle open at its end, and says so', async () => {
    const fileImport = await bring(
      'email,manager\na@x.io,b@x.io\nb@x.io,c@x.io\nc@x.io,a@x.io\nd@x.io,d@x.io\n',
    );
    expect(
      (await previewOf(engine.stores, fileImport.id))?.problems.map(({ text }) => text),
    ).toEqual([
      "a@x.io already reports to c@x.io, so can't be their manager. The row is imported without it.",
      "d@x.io can't be their own manager. The row is imported without it.",
    ]);
    await start(fileImport);
    await engine.runJobs(['imports']);
    expect((await person('c@x.io'))?.managerId).toBeUndefined();
    expect((await person('b@x.io'))?.managerId).toBe((await person('c@x.io'))?.id);
  });

  test('finds a circle of any length', async () => {
    const rows = Array.from({ length: 3000 }, (_, n) => `p${n}@x.io,p${(n + 1) % 3000}@x.io`);
    const plan = inState(await bring(`email,manager\n${rows.join('\n')}`), 'ready').plan;
    expect(plan.byReason).toEqual({ circle: 1 });
  });

  test('leaves who is there as they are', async () => {
    const grace = await engine.person();
    const done = await run('email,position,manager\ngrace@example.com,Admiral,ada@example.com\n');
    expect(inState(done, 'done').counts).toMatchObject({ created: 0, updated: 0, untouched: 1 });
    expect(await engine.stores.people.find(grace.id)).toEqual(grace);
  });

  test('updates who is there where that is wanted; an empty cell changes nothing', async () => {
    const grace = await engine.person({ phone: '4711' });
    const done = await run(
      'email,position,phone,manager,start\ngrace@example.com,Admiral,,new@x.io,\nnew@x.io,,,,\nada@example.com,,,,\n',
      true,
    );
    expect(inState(done, 'done').counts).toMatchObject({ created: 1, updated: 1, untouched: 1 });
    expect(await engine.stores.people.find(grace.id)).toMatchObject({
      position: 'Admiral',
      phone: '4711',
      managerId: (await person('new@x.io'))?.id,
    });
  });

  test('says what the directory refused, with its line, and goes on', async () => {
    await engine.person();
    const done = await run('email,role\nada@example.com,other\ngrace@example.com,manager\n', true);
    expect(inState(done, 'done').counts).toMatchObject({
      updated: 1,
      leftOut: 1,
      refusals: [
        'Line 2, ada@example.com: role: no one else is an admin; make someone else one first.',
      ],
    });
  });

  test('leaves out who has the employee ID of someone who is here, or of a line above, and says so before', async () => {
    await engine.person({ email: 'ann.smith@x.io', employeeId: '7' });
    await engine.person({ email: 'dee@x.io', employeeId: '9' });
    const fileImport = await bring(
      'email,employee id\nann.jones@x.io,7\nbo@x.io,8\ncy@x.io, 8\nann.smith@x.io,7\ndee@x.io,7\n',
    );
    expect(inState(fileImport, 'ready').plan).toMatchObject({ fresh: 1, existing: 1, invalid: 3 });
    const { problems } = (await previewOf(engine.stores, fileImport.id)) ?? {};
    expect(problems?.map(({ line, text }) => `${line}: ${text}`)).toEqual([
      '2: ann.smith@x.io has this employee ID already.',
      '4: bo@x.io has this employee ID already.',
      '6: ann.smith@x.io has this employee ID already.',
    ]);
    await start(fileImport, true);
    await engine.runJobs(['imports']);
    expect(inState(await found(fileImport.id), 'done').counts).toMatchObject({
      created: 1,
      untouched: 1,
      leftOut: 3,
      refusals: [],
    });
  });

  test('takes an employee ID that a line above has given up', async () => {
    await engine.person({ email: 'ann@x.io', employeeId: '7' });
    await engine.person({ email: 'bo@x.io', employeeId: '8' });
    const done = await run('email,employee id\nann@x.io,9\nbo@x.io,7\n', true);
    expect(inState(done, 'done').counts).toMatchObject({ updated: 2, leftOut: 0 });
  });

  test('adds nobody whose employee ID someone has got since the file was read', async () => {
    const fileImport = await bring('email,employee id\nann.jones@x.io,7\n');
    await engine.person({ email: 'ann.smith@x.io', employeeId: '7' });
    await start(fileImport);
    await engine.runJobs(['imports']);
    expect(inState(await found(fileImport.id), 'done').counts).toMatchObject({
      created: 0,
      leftOut: 1,
      refusals: ['Line 2, ann.jones@x.io: ann.smith@x.io has this employee ID already.'],
    });
  });

  test('brings back who had left, with nothing that they had', async () => {
    const grace = await engine.person();
    await engine.stores.people.save({
      ...grace,
      active: false,
      stored: { ID: '1' },
      role: 'admin',
    });
    const fileImport = await bring(
      'email,position,manager\ngrace@example.com,Admiral,new@x.io\nnew@x.io,,\n',
    );
    expect(inState(fileImport, 'ready').plan).toMatchObject({
      fresh: 1,
      returning: 1,
      existing: 0,
    });
    await start(fileImport);
    await engine.runJobs(['imports']);
    expect(await engine.stores.people.find(grace.id)).toMatchObject({
      active: true,
      position: 'Admiral',
      stored: {},
      role: 'other',
      managerId: (await person('new@x.io'))?.id,
    });
  });

  describe('does to nobody what its plan did not say, where the directory has changed since', () => {
    const changed =
      'the directory has changed for them since Latchkey read the file; send the file again to import this row';
    const end = async ({ id }: FileImport) => {
      await engine.runJobs(['imports']);
      return inState(await found(id), 'done').counts;
    };
    const gone = async ({ id }: { readonly id: string }) => {
      const { people } = engine.stores;
      const here = await people.find(id);
      if (here) await people.save({ ...here, active: false });
    };

    test('who was here and has left stays away', async () => {
      const grace = await engine.person({ role: 'admin' });
      const fileImport = await bring('email,role\ngrace@example.com,admin\n');
      expect(inState(fileImport, 'ready').plan).toMatchObject({ returning: 0, admins: 0 });
      await gone(grace);
      const counts = await end(await start(fileImport));
      expect(counts).toMatchObject({
        returned: 0,
        leftOut: 1,
        refusals: [`Line 2, grace@example.com: ${changed}.`],
      });
      expect((await engine.stores.people.find(grace.id))?.active).toBe(false);
    });

    test('who came and left meanwhile stays away', async () => {
      const fileImport = await bring('email\ngrace@example.com\n');
      await gone(await engine.person());
      expect(await end(await start(fileImport))).toMatchObject({ returned: 0, leftOut: 1 });
    });

    test.each([['here'], ['gone']])('who was %s and is erased stays erased', async (where) => {
      const grace = await engine.person();
      if (where === 'gone') await gone(grace);
      const fileImport = await start(await bring('email\ngrace@example.com\nbo@example.com\n'));
      const draft = await engine.stores.drafts.find(fileImport.id);
      await gone(grace);
      const personalData = createPersonalData(engine.db, engine.vault);
      await finishErasure(grace.id, { ...engine, personalData });
      if (draft) await engine.stores.drafts.put(draft); // As a worker that had just read it.
      expect(await end(fileImport)).toMatchObject({ created: 1, leftOut: 1 });
      expect(await person('grace@example.com')).toBeUndefined();
    });

    test('who was an admin and no longer is does not become one', async () => {
      const grace = await engine.person({ role: 'admin' });
      const fileImport = await bring('email,role\ngrace@example.com,admin\n');
      expect(inState(fileImport, 'ready').plan).toMatchObject({ admins: 0, promoted: 0 });
      await engine.stores.people.save({ ...grace, role: 'other' });
      expect(await end(await start(fileImport, true))).toMatchObject({ updated: 0, leftOut: 1 });
      expect((await engine.stores.people.find(grace.id))?.role).toBe('other');
    });

    test('who has become an admin gets no manager', async () => {
      const grace = await engine.person();
      await engine.person({ email: 'eve@example.com' });
      const fileImport = await bring('email,manager\ngrace@example.com,eve@example.com\n');
      expect(inState(fileImport, 'ready').plan.managersOfAdmins).toBe(0);
      await engine.stores.people.save({ ...grace, role: 'admin' });
      expect(await end(await start(fileImport, true))).toMatchObject({ refused: 1 });
      expect((await engine.stores.people.find(grace.id))?.managerId).toBeUndefined();
    });
  });

  test('names the managers of admins in its plan', async () => {
    await engine.person({ email: 'root@x.io', role: 'admin' });
    const fileImport = await bring(
      'email,role,manager\nroot@x.io,,eve@x.io\nnew@x.io,admin,eve@x.io\neve@x.io,,\nann@x.io,,eve@x.io\n',
    );
    expect(inState(fileImport, 'ready').plan.managersOfAdmins).toBe(2);
    const preview = await engine.stores.drafts.find(previewId(fileImport.id));
    expect(planPreview.parse(JSON.parse(preview?.text ?? '')).managersOfAdmins).toEqual([
      'eve@x.io (of root@x.io)',
      'eve@x.io (of new@x.io)',
    ]);
  });

  test('who comes back by their address is nobody’s manager, and may report to who reported to them', async () => {
    const grace = await engine.person();
    const bo = await engine.person({ email: 'bo@example.com', managerEmail: grace.email });
    await engine.stores.people.save({ ...grace, active: false });
    const done = await run('email,manager\ngrace@example.com,bo@example.com\n');
    expect(inState(done, 'done').counts).toMatchObject({ returned: 1, refused: 0 });
    expect((await engine.stores.people.find(grace.id))?.managerId).toBe(bo.id);
    expect((await engine.stores.people.find(bo.id))?.managerId).toBeUndefined();
  });

  test.each([[true], [false]])(
    'someone comes back together with who reported to them, who is here: %s',
    async (isHere) => {
      const grace = await engine.person();
      const bo = await engine.person({ email: 'bo@example.com', managerEmail: grace.email });
      await engine.stores.people.save({ ...grace, active: false });
      if (!isHere) await engine.stores.people.save({ ...bo, active: false });
      const done = await run(
        'email,position\ngrace@example.com,Admiral\nbo@example.com,Cook',
        true,
      );
      expect(inState(done, 'done').counts).toMatchObject(
        isHere ? { returned: 1, updated: 1 } : { returned: 2 },
      );
      const now = await engine.stores.people.find(bo.id);
      expect(now).toMatchObject({ active: true, position: 'Cook' });
      expect(now?.managerId).toBeUndefined();
    },
  );

  test('counts every refusal, and keeps the first twenty', async () => {
    const boss = await engine.person({ email: 'boss@x.io' });
    const emails = Array.from({ length: 25 }, (_, n) => `p${n}@x.io`);
    await run(`email\n${emails.join('\n')}\n`);
    const file = await bring(`email,manager\n${emails.join(',boss@x.io\n')},boss@x.io\n`);
    await engine.stores.people.save({ ...boss, active: false });
    await start(file, true);
    await engine.runJobs(['imports']);
    const { refused, refusals } = inState(await found(file.id), 'done').counts;
    expect([refused, refusals.length]).toEqual([25, 20]);
  });

  test('leaves its id with those whom it has added, also when they are changed later', async () => {
    const { people } = engine.stores;
    await engine.person({ email: 'here@x.io' });
    const { id } = await run('email\na@x.io\nhere@x.io\n');
    const added = present(await people.findByEmail('a@x.io'));
    await engine.transact((tx) => tx.people.save({ ...added, firstName: 'Ann' }));
    expect(await people.addedBy(id, '', 10)).toEqual([added.id]);
  });

  test('is in the audit log as a whole, and with each person', async () => {
    await run('email\na@x.io\nb@x.io\n');
    expect((await engine.audited()).slice(-4)).toEqual([
      'people.import',
      'person.added',
      'person.added',
      'people.imported',
    ]);
  });

  test('is begun once, however often someone says so', async () => {
    const fileImport = await bring('email\na@x.io\n');
    await start(fileImport);
    await expect(start(fileImport)).rejects.toThrow('has changed');
    expect(inState(await start(await found(fileImport.id)), 'importing').next).toBe(0);
    await engine.runJobs(['imports']);
    expect(inState(await found(fileImport.id), 'done').counts.created).toBe(1);
  });

  test('that someone discards deletes the file, and can no longer be begun', async () => {
    engine = await testEngine({ ownFile: true });
    const fileImport = await bring('email\na@x.io\n');
    await engine.transact((tx) => discardImport(tx, fileImport));
    expect(await engine.stores.drafts.find(fileImport.id)).toBeUndefined();
    expect((await start(await found(fileImport.id))).progress.state).toBe('discarded');
    expect(engine.databaseBytes()).not.toContain('a@x.io');
  });

  test('whose file is gone says so', async () => {
    const fileImport = await start(await bring('email\na@x.io\n'));
    await engine.stores.drafts.delete(fileImport.id);
    await engine.runJobs(['imports']);
    expect(inState(await found(fileImport.id), 'stuck').why).toContain('Send it again');
  });
});

describe('a worker that dies half-way', () => {
  /** Two transactions add them, two give them managers. */
  const PEOPLE = 500;
  const rows = Array.from({ length: PEOPLE }, (_, n) => `p${n}@x.io,p${(n * 7) % PEOPLE}@x.io`);
  const file = ['email,manager', ...rows].join('\n');
  const parts = (transact: UnitOfWork) => ({
    stores: engine.stores,
    transact,
    now: engine.now,
    newId: engine.newId,
    pause: async () => undefined,
  });
  /** Dies in its `fatal`th transaction, after everything in it was done and before it commits. */
  const dying = (fatal: number): UnitOfWork => {
    let transactions = 0;
    return (work) =>
      engine.transact(async (tx) => {
        const result = await work(tx);
        transactions += 1;
        if (transactions === fatal) throw new Error('killed');
        return result;
      });
  };

  test.each([1, 2, 3, 4])(
    'in transaction %i: the next one ends it, and nobody comes twice',
    async (fatal) => {
      const { id } = await start(await bring(file));
      await expect(advanceImport(id, parts(dying(fatal)))).rejects.toThrow('killed');
      const added = await total();
      expect(added).toBe(1 + Math.min(2, fatal - 1) * 250);
      await engine.die('worker-1');
      await advanceImport(id, parts(engine.transact));
      expect(inState(await found(id), 'done').counts).toMatchObject({
        created: PEOPLE,
        untouched: 0,
      });
      expect(await total()).toBe(1 + PEOPLE);
      expect((await person('p10@x.io'))?.managerId).toBe((await person('p70@x.io'))?.id);
    },
  );

  test('breaks down five times in a row, in whichever worker: it ends and says so, before its job is given up', async () => {
    const { id } = await start(await bring('email\na@x.io\n'));
    const draft = present(await engine.stores.drafts.find(id));
    await engine.stores.drafts.put({ ...draft, text: 'no JSON' });
    const tries = () => expect(advanceImport(id, parts(engine.transact))).rejects.toThrow('JSON');
    for (let time = 1; time < 5; time += 1) await tries();
    expect(inState(await found(id), 'importing').next).toBe(0);
    await tries();
    expect(inState(await found(id), 'stuck').why).toContain(
      'went wrong in Latchkey, not in the app',
    );
  });

  test('a step that works forgets the breakdowns before it', async () => {
    const { id } = await start(await bring(file));
    for (const fatal of [1, 2]) {
      const broken = parts(dying(fatal));
      await expect(advanceImport(id, broken)).rejects.toThrow('killed');
    }
    expect(inState(await found(id), 'importing').breakdowns).toBe(1);
    await advanceImport(id, parts(engine.transact));
    expect(await found(id)).toMatchObject({ progress: { state: 'done' } });
  });

  test('what was requested before everyone had their manager may wait for others then', async () => {
    const { id } = await start(await bring(file));
    await expect(advanceImport(id, parts(dying(3)))).rejects.toThrow('killed'); // All are here.
    const [report, manager] = [await person('p148@x.io'), await person('p36@x.io')];
    expect(report?.managerId).toBe(manager?.id);
    expect(manager?.managerId).toBeUndefined();
    const integration = await addedManual(engine.transact);
    await requested(engine.transact, { requester: present(report), integration });
    await engine.db('jobs').delete();
    await advanceImport(id, parts(engine.transact));
    expect((await person('p36@x.io'))?.managerId).toBe((await person('p252@x.io'))?.id);
    const jobs = await engine.db('jobs').where({ name: 'requests.re-evaluate' }).pluck('payload');
    expect(jobs).toEqual([JSON.stringify({ personId: manager?.id, sameStanding: true })]);
  });

  test('two that go on with it at once add nobody twice', async () => {
    const { id } = await start(await bring(file));
    await Promise.all([
      advanceImport(id, parts(engine.transact)),
      advanceImport(id, parts(engine.transact)),
    ]);
    const { progress } = await found(id);
    // The loser of the race stopped; either may have been ahead at any time.
    expect(progress.state).toBe('done');
    expect(await total()).toBe(1 + PEOPLE);
  });
});
