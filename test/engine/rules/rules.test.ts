/** Rules: what they give, to whom, and what becomes of it when someone no longer matches. */
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkAccess } from '../../../src/engine/access/check-access.ts';
import { giveBackAccess } from '../../../src/engine/access/give-back.ts';
import { startGrant } from '../../../src/engine/access/grant.ts';
import { openHold } from '../../../src/engine/access/holds.ts';
import { beginRemoval } from '../../../src/engine/access/removals/begin-removal.ts';
import { resumeRemoval } from '../../../src/engine/access/removals/pause-removals.ts';
import { bringFile, startImport } from '../../../src/engine/imports/import-people.ts';
import { startSync } from '../../../src/engine/imports/start-sync.ts';
import {
  saveManifest,
  turnOff as turnAppOff,
  turnOn as turnAppOn,
} from '../../../src/engine/integrations/change-integration.ts';
import { deleteIntegration } from '../../../src/engine/integrations/delete-integration.ts';
import { addManual } from '../../../src/engine/integrations/integrations.ts';
import { changePerson, deactivate, reactivate } from '../../../src/engine/people/change-person.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { confirmClaim, keepFacts } from '../../../src/engine/people/fact-claims.ts';
import { createRequest } from '../../../src/engine/requests/create-request.ts';
import {
  addItem,
  deleteRule,
  discardDraft,
  editedOf,
  editRule,
  makeRule,
  turnOff,
  turnOn,
} from '../../../src/engine/rules/change-rule.ts';
import { endException } from '../../../src/engine/rules/exceptions.ts';
import { impactOf } from '../../../src/engine/rules/impact.ts';
import { notePeople } from '../../../src/engine/rules/note-people.ts';
import { retryTrouble } from '../../../src/engine/rules/retry-trouble.ts';
import { definitionOf, type Rule, type RuleDefinition } from '../../../src/engine/rules/rule.ts';
import { missingInFull, rulesThatNeed, stillRules } from '../../../src/engine/rules/still-rules.ts';
import { defaultPolicy } from '../../../src/engine/settings/settings.ts';
import { grantByHand } from '../../../src/engine/tasks/by-hand.ts';
import type { EventOf } from '../../../src/engine/work/events.ts';
import { DAY, HOUR, MINUTE, type TestEngine, testEngine } from '../../support/engine.ts';
import { present } from '../../support/given/outcomes.ts';
import { accessSince } from '../../support/has-access.ts';
import { isInDepartment, type LabApp, type RuleLab, ruleLab, valueOf } from './lab.ts';

let engine: TestEngine;
let lab: RuleLab;
let fernboard: LabApp;
let ann: Person;
let troubles: EventOf<'rule-trouble'>['trouble'][];
beforeEach(async () => {
  troubles = [];
  engine = await testEngine({
    onEvent: async (_tx, event) => {
      if (event.kind === 'rule-trouble') troubles.push(event.trouble);
    },
  });
  lab = await ruleLab(engine);
  fernboard = await lab.app('Fernboard');
  ann = await engine.person({
    email: 'ann@example.com',
    firstName: 'Ann',
    department: 'Engineering',
  });
});
afterEach(() => lab.close());

/** Of the engine; no row is about them. */
const ADMIN = 'ada@example.com';

const moveTo = (department: string, person = ann): Promise<void> =>
  lab.change(person, { department });
const at = () => ({ now: engine.now(), timeZone: 'UTC' });

describe('who matches', () => {
  test('gets what the rule gives when it is turned on, and nobody else does', async () => {
    await engine.person({ email: 'bo@example.com', department: 'Sales' });
    await lab.rule('Engineering basics', [fernboard.integration]);
    expect([...fernboard.members]).toEqual(['ann@example.com']);
    expect(fernboard.sent).toEqual(['PUT ann@example.com']);
  });

  test('gets it when they are added, and when a field changes', async () => {
    await lab.rule('Engineering basics', [fernboard.integration]);
    const bo = await engine.person({ email: 'bo@example.com', department: 'Sales' });
    await engine.person({ email: 'cy@example.com', department: 'engineering' });
    await engine.runJobs();
    expect([...fernboard.members]).toEqual(['ann@example.com', 'cy@example.com']);
    await moveTo('Engineering', bo);
    expect(fernboard.members.has('bo@example.com')).toBe(true);
  });

  test('gets it on their first day, or so many days before', async () => {
    await engine.change(ann, { startDate: '2026-11-27' }); // It is the 24th.
    await lab.rule('Engineering basics', [fernboard.integration], { daysBefore: 1 });
    await lab.days(1);
    expect(fernboard.sent).toEqual([]);
    await lab.days(1);
    expect(fernboard.sent).toEqual(['PUT ann@example.com']);
  });

  test('gets it as their day begins where that is at half past, too', async () => {
    await engine.change(ann, { startDate: '2026-11-27', timeZone: 'Asia/Kolkata' });
    await lab.rule('Engineering basics', [fernboard.integration], { daysBefore: 1 });
    const begins = Date.parse('2026-11-25T18:30:00Z');
    while (engine.now().getTime() + HOUR < begins) await engine.tick(HOUR);
    await engine.tick(begins - engine.now().getTime() - MINUTE);
    expect(fernboard.sent).toEqual([]);
    await engine.tick(MINUTE);
    await engine.tick();
    expect(fernboard.sent).toEqual(['PUT ann@example.com']);
  });

  test('who has the access already gets no second grant, and a second reason for it', async () => {
    await engine.granted(ann, fernboard.integration);
    await lab.rule('Engineering basics', [fernboard.integration]);
    expect(fernboard.sent).toEqual(['PUT ann@example.com']);
    const holds = await engine.stores.holds.openAt(ann.id, fernboard.integration.id);
    expect(holds.map(({ source }) => source)).toEqual(['by-hand', 'rule']);
    await moveTo('Sales');
    await lab.days(5);
    expect([...fernboard.members]).toEqual(['ann@example.com']);
  });
});

test('who has it for some hours keeps it where they match by then, although no one has looked yet', async () => {
  await moveTo('Sales');
  await lab.rule('Engineering basics', [fernboard.integration]);
  const granting = { person: ann, integration: fernboard.integration, form: {}, hours: 24 };
  await engine.transact((tx) => startGrant(tx, { ...granting, actor: engine.actor }));
  await engine.runJobs();
  await engine.transact(async (tx) => {
    const person = await tx.people.hold(ann.id);
    const details = { department: 'Engineering' };
    if (person) await changePerson(tx, person, { actor: engine.actor, details });
  });
  await engine.tick(2 * DAY);
  expect(fernboard.sent).toEqual(['PUT ann@example.com']);
  expect(await lab.lasting(ann)).toEqual([fernboard.integration.id]);
});

test('what someone has for some hours ends then, although their facts are damaged and a rule has yet to look', async () => {
  await moveTo('Sales');
  await lab.rule('Engineering basics', [fernboard.integration]);
  const granting = { person: ann, integration: fernboard.integration, form: {}, hours: 24 };
  await engine.transact((tx) => startGrant(tx, { ...granting, actor: engine.actor }));
  await engine.runJobs();
  await engine.db('people').where({ id: ann.id }).update({ stored: 'no JSON' });
  await engine.transact((tx) => notePeople(tx, [ann.id]));
  await engine.tick(2 * DAY);
  expect(await engine.stores.holds.openOf(ann.id)).toEqual([]);
});

describe('who no longer matches', () => {
  beforeEach(async () => {
    await lab.rule('Engineering basics', [fernboard.integration]);
    await moveTo('Sales');
  });

  test('keeps it for the overlap, and loses it then', async () => {
    await lab.days(2);
    expect([...fernboard.members]).toEqual(['ann@example.com']);
    await lab.days(2);
    expect([...fernboard.members]).toEqual([]);
    expect(fernboard.sent).toEqual(['PUT ann@example.com', 'DELETE ann@example.com']);
  });

  test('keeps it without a request if they match again before', async () => {
    await lab.days(2);
    await moveTo('Engineering');
    await lab.days(8);
    expect(fernboard.sent).toEqual(['PUT ann@example.com']);
    expect(await lab.lasting(ann)).toEqual([fernboard.integration.id]);
  });

  test.each(['they match again', 'the rule is on again'])(
    'keeps it where %s before, although no one has looked yet when the overlap is over',
    async (what) => {
      const rule = (await engine.stores.rules.on())[0];
      const by = { actor: engine.actor };
      if (what !== 'they match again') {
        await moveTo('Engineering');
        if (rule) await lab.off(rule);
      }
      await lab.days(2);
      await engine.transact(async (tx) => {
        const person = await tx.people.hold(ann.id);
        const { version: seen = 0 } = (await tx.rules.find(rule?.id ?? '')) ?? {};
        if (what !== 'they match again') await turnOn(tx, rule?.id ?? '', { ...by, seen });
        else if (person)
          await changePerson(tx, person, { ...by, details: { department: 'Engineering' } });
      });
      await engine.tick(2 * DAY);
      expect(fernboard.sent).toEqual(['PUT ann@example.com']);
      expect(await lab.lasting(ann)).toEqual([fernboard.integration.id]);
    },
  );

  test('gets it again if they match again later', async () => {
    await lab.days(5);
    await moveTo('Engineering');
    expect(fernboard.sent).toEqual([
      'PUT ann@example.com',
      'DELETE ann@example.com',
      'PUT ann@example.com',
    ]);
  });
});

describe('who no longer matches while the grant waits for a fact that someone else typed', () => {
  const NAME = 'GITHUB_USERNAME';
  let github: Integration;
  beforeEach(async () => {
    const url = `${engine.party.url}/members/{{${NAME}}}`;
    github = await engine.integration(
      {
        extra_user_info: [{ id: NAME, name: 'GitHub username' }],
        execute: [{ method: 'PUT', url }],
        revoke: [{ method: 'DELETE', url }],
      },
      {},
      'GitHub',
    );
    engine.party.on('PUT /members/octocat', { json: {} });
    engine.party.on('DELETE /members/octocat', { json: {} });
    const bo = await engine.person({ email: 'bo@example.com' });
    const actor = { kind: 'person', personId: bo.id, via: 'slack' } as const;
    const facts = { [NAME]: 'octocat' };
    await engine.transact((tx) => keepFacts(tx, { personId: ann.id, facts, actor }));
    await lab.rule('Engineering basics', [github]);
    await moveTo('Sales');
  });

  const confirm = async () => {
    const [claim] = await engine.stores.factClaims.of(ann.id);
    const ref = { personId: ann.id, name: NAME, at: claim?.at.getTime() ?? 0 };
    const by = { person: engine.admin, actor: engine.actor };
    expect(await engine.transact((tx) => confirmClaim(tx, ref, by))).toEqual({ kind: 'confirmed' });
    await engine.runJobs();
  };

  test('is granted nothing once the overlap is over', async () => {
    await lab.days(4);
    expect(await engine.stores.holds.openAt(ann.id, github.id)).toEqual([]);
    await confirm();
    expect(engine.party.sent('PUT')).toBe(0);
  });

  test('has it no longer than the overlap where that is confirmed within it', async () => {
    await lab.days(2);
    await confirm();
    expect(engine.party.sent('PUT')).toBe(1);
    await lab.days(3);
    expect(engine.party.sent('DELETE')).toBe(1);
  });
});

test('stands still where it can not be read, keeps what it gave, and goes on once an admin has written it again', async () => {
  const about = { overlapDays: 0 };
  const rule = await lab.rule('Engineering basics', [fernboard.integration], about);
  const before = await engine.db<{ readonly definition: string }>('rules').first('definition');
  await engine.db('rules').update({ definition: '{"matching":', version: rule.version + 10 });
  await engine.person({ email: 'bo@example.com', department: 'Engineering' });
  await moveTo('Sales');
  await lab.days(2);
  expect([...fernboard.members]).toEqual(['ann@example.com']);
  expect((await stillRules(engine.stores)).map((each) => each.rule.name)).toEqual([rule.name]);
  const damaged = await engine.stores.rules.find(rule.id);
  if (damaged) await engine.stores.rules.save({ ...damaged, name: 'Basics' });
  expect(await engine.db('rules').select('name', 'definition')).toEqual([
    { name: 'Basics', definition: '{"matching":' },
  ]);
  await engine.db('rules').update({ ...before, version: rule.version + 20 });
  await lab.days(2);
  expect([...fernboard.members]).toEqual(['bo@example.com']);
});

test('is turned off where it can not be read, and everyone keeps what it gave for the usual overlap', async () => {
  const rule = await lab.rule('Engineering basics', [fernboard.integration]);
  await engine.db('rules').update({ definition: '{"matching":' });
  await engine.transact((tx) => turnOff(tx, rule.id, { actor: engine.actor }));
  await lab.days(13);
  expect([...fernboard.members]).toEqual(['ann@example.com']);
  await lab.days(3);
  expect([...fernboard.members]).toEqual([]);
});

test('stands still while another import took the place of the one that brings its values, until it has run', async () => {
  const { url } = engine.party;
  const importOf = (path: string): Promise<Integration> =>
    engine.integration({
      action: 'update',
      execute: [{ url: `${url}/${path}`, method: 'GET' }],
      data_structure: { email: 'mail', OFFICE: 'office' },
      schedule: '0 2 * * *',
    });
  const run = async (integration: Integration): Promise<void> => {
    await engine.transact((tx) =>
      startSync(tx, integration, { mode: 'import', actor: engine.actor }),
    );
    await engine.runJobs();
  };
  const bo = await engine.person({ email: 'bo@example.com' });
  const rows = [
    { mail: ann.email, office: 'Berlin' },
    { mail: bo.email, office: 'Oslo' },
  ];
  engine.party.on('GET /old', { json: rows });
  const old = await importOf('old');
  await run(old);
  const office = { field: 'stored:OFFICE', comparison: 'is' } as const;
  const crm = await lab.app('Crm');
  const about = { overlapDays: 0 };
  await lab.rule('Not in Oslo', [fernboard.integration], {
    ...about,
    conditions: [{ ...office, not: true, values: ['Oslo'] }],
  });
  await lab.rule('In Oslo', [crm.integration], {
    ...about,
    conditions: [{ ...office, not: false, values: ['Oslo'] }],
  });
  expect([[...fernboard.members], [...crm.members]]).toEqual([[ADMIN, ann.email], [bo.email]]);

  await engine.transact((tx) =>
    deleteIntegration(tx, old, { access: 'keep', actor: engine.actor }),
  );
  const next = await importOf('new');
  await lab.days(3);
  expect([fernboard.sent, crm.sent]).toEqual([
    [`PUT ${ADMIN}`, `PUT ${ann.email}`],
    [`PUT ${bo.email}`],
  ]);
  engine.party.on('GET /new', { json: rows.map((row) => ({ ...row, office: 'Oslo' })) });
  await run(next);
  await lab.days(1);
  expect([[...fernboard.members], [...crm.members]]).toEqual([[ADMIN], [bo.email, ann.email]]);
});

describe('a value that no import has brought yet', () => {
  const bringing = (keys: Readonly<Record<string, string>>) => ({
    action: 'update',
    execute: [{ url: `${engine.party.url}/people`, method: 'GET' }],
    data_structure: { email: 'mail', ...keys },
    schedule: '0 2 * * *',
  });
  const run = async (integration: Integration): Promise<void> => {
    await engine.transact((tx) =>
      startSync(tx, integration, { mode: 'import', actor: engine.actor }),
    );
    await engine.runJobs();
  };
  const inBerlin = async (): Promise<Rule> =>
    lab.rule('Berlin', [fernboard.integration], {
      overlapDays: 0,
      conditions: [{ field: 'stored:OFFICE', comparison: 'is', not: false, values: ['Berlin'] }],
    });
  const saved = async (integration: Integration, manifest: object): Promise<void> => {
    const now = await engine.stores.integrations.find(integration.id);
    const text = JSON.stringify(manifest);
    const done = now && (await engine.transact((tx) => saveManifest(tx, now, { text, ...engine })));
    if (!done?.ok) throw new Error(JSON.stringify(done));
  };
  const remove = (integration: Integration) =>
    engine.transact((tx) =>
      deleteIntegration(tx, integration, { access: 'keep', actor: engine.actor }),
    );
  beforeEach(() => {
    engine.party.on('GET /people', { json: [{ mail: ann.email, office: 'Berlin', floor: '3' }] });
  });

  describe('of someone whose facts are damaged since', () => {
    let bo: Person;
    beforeEach(async () => {
      bo = await engine.person({ email: 'bo@example.com', department: 'Sales' });
      const rows = [ann, bo].map(({ email }) => ({ mail: email, office: 'Berlin', floor: '3' }));
      engine.party.on('GET /people', { json: rows });
      await run(await engine.integration(bringing({ OFFICE: 'office' })));
    });
    const damage = () => engine.db('people').where({ id: ann.id }).update({ stored: 'no JSON' });

    test('keeps no one else from what a rule gives, and counts for nobody in its preview', async () => {
      await damage();
      const rule = await inBerlin();
      expect([...fernboard.members]).toEqual([bo.email]);
      const impact = await impactOf(engine.stores, [{ rule, next: definitionOf(rule) }], at());
      expect(impact).toMatchObject({ matching: 1, changes: [] });
    });

    test('keeps nobody from revoking what the rule has given them', async () => {
      await inBerlin();
      await damage();
      const person = present(await engine.stores.people.find(ann.id));
      const removing = { person, integration: fernboard.integration, actor: engine.actor };
      const begun = await engine.transact((tx) =>
        beginRemoval(tx, { ...removing, cause: { kind: 'revoked' } }),
      );
      expect(begun.kind).toBe('begun');
      const excepted = await engine.stores.ruleExceptions.inEffect([ann.id], engine.now());
      expect(excepted).toMatchObject([{ integrationId: fernboard.integration.id }]);
    });
  });

  test('is waited for where an import that has run before takes over its name', async () => {
    const first = await engine.integration(bringing({ OFFICE: 'office' }));
    await run(first);
    await inBerlin();
    const other = await engine.integration(bringing({ FLOOR: 'floor' }), {}, 'Other');
    await run(other);
    await remove(first);
    engine.clock.advance(HOUR);
    await saved(other, bringing({ FLOOR: 'floor', OFFICE: 'office' }));
    await lab.days(2);
    expect(fernboard.sent).toEqual([`PUT ${ann.email}`]);
    const cy = await engine.person({ email: 'cy@example.com' });
    engine.party.on('GET /people', { json: [{ mail: cy.email, office: 'Berlin', floor: '3' }] });
    await run(other);
    await lab.days(1);
    expect([...fernboard.members]).toEqual([cy.email]);
  });

  test('is waited for where its import was deleted, or no longer brings it', async () => {
    const first = await engine.integration(bringing({ OFFICE: 'office' }));
    await run(first);
    const rule = await inBerlin();
    expect(await stillRules(engine.stores)).toEqual([]);
    await saved(first, bringing({ FLOOR: 'floor' }));
    const missing = [{ name: 'OFFICE', from: undefined }];
    expect(await stillRules(engine.stores)).toMatchObject([{ rule: { id: rule.id }, missing }]);
    await saved(first, bringing({ OFFICE: 'office' }));
    expect(await stillRules(engine.stores)).toEqual([]);
    expect(await rulesThatNeed(engine.stores, first.id)).toMatchObject([{ id: rule.id }]);
    await remove(first);
    expect(await stillRules(engine.stores)).toMatchObject([{ missing }]);
    await lab.days(2);
    expect([...fernboard.members]).toEqual([ann.email]);
  });

  test.each([
    ['an update', {}],
    ['an import of people', { action: 'create', more: { first_name: 'mail', employee_id: 'nr' } }],
  ])('that someone typed counts as soon as %s brings the same', async (_, kind) => {
    const { more, ...keys }: { action?: string; more?: Readonly<Record<string, string>> } = kind;
    const hr = await engine.integration({ ...bringing({ OFFICE: 'office', ...more }), ...keys });
    engine.party.on('GET /people', { json: [] });
    await run(hr);
    await inBerlin();
    const actor = { kind: 'person', personId: ann.id, via: 'slack' } as const;
    const facts = { OFFICE: 'Berlin' };
    await engine.transact((tx) => keepFacts(tx, { personId: ann.id, facts, actor }));
    await lab.days(1);
    expect([...fernboard.members]).toEqual([]);
    engine.party.on('GET /people', { json: [{ mail: ann.email, office: 'Berlin' }] });
    await run(hr);
    expect([...fernboard.members]).toEqual([ann.email]);
    const { version } = (await engine.stores.people.find(ann.id)) ?? {};
    await run(hr);
    expect((await engine.stores.people.find(ann.id))?.version).toBe(version);
  });

  test('says which import is to bring it, what keeps it, and the next step', async () => {
    const said = async () => {
      const [still] = await stillRules(engine.stores);
      const [value] = still?.missing ?? [];
      return value && missingInFull(engine.stores, value);
    };
    const hr = await engine.integration(bringing({ OFFICE: 'office' }), {}, 'HR');
    await inBerlin();
    expect(await said()).toBe(
      "HR is to bring OFFICE, and hasn't yet. Open HR, and import from it.",
    );
    engine.party.on('GET /people', { status: 401, json: {} });
    await run(hr);
    expect(await said()).toMatch(
      /^HR is to bring OFFICE, and hasn't yet\. Its last import failed: .+ Fix that, then import again\.$/,
    );
    await remove(hr);
    expect(await said()).toBe(
      'No import brings OFFICE. Add it to the data_structure of an import, or change the condition.',
    );
  });
});

describe('a rule that names a manager by address', () => {
  const about = {
    overlapDays: 0,
    conditions: [{ field: 'manager', comparison: 'is', not: false, values: ['boss@example.com'] }],
  } as const;
  let boss: Person;
  beforeEach(async () => {
    boss = await engine.person({ email: 'boss@example.com' });
    await lab.change(ann, { managerEmail: boss.email });
    await lab.rule('Reports', [fernboard.integration], about);
  });

  test('goes on when that address changes', async () => {
    await lab.change(boss, { email: 'wed@example.com' });
    await lab.days(2);
    expect(fernboard.sent).toEqual([`PUT ${ann.email}`]);
  });

  test('means the one who has the address then, once it is someone else’s', async () => {
    await lab.change(boss, { email: 'wed@example.com' });
    const other = await engine.person({ email: 'boss@example.com' });
    await lab.days(1);
    expect([...fernboard.members]).toEqual([]);
    await lab.change(ann, { managerEmail: other.email });
    await lab.days(1);
    expect([...fernboard.members]).toEqual([ann.email]);
  });

  test('by a part of it compares the address of now, at once', async () => {
    const crm = await lab.app('Crm');
    const condition = { field: 'manager', comparison: 'contains', not: false } as const;
    await lab.rule('Wed', [crm.integration], {
      ...about,
      conditions: [{ ...condition, values: ['wed@'] }],
    });
    expect(crm.sent).toEqual([]);
    await lab.change(boss, { email: 'wed@example.com' });
    expect(crm.sent).toEqual([`PUT ${ann.email}`]);
  });
});

test('a manager who comes further down in a file counts at once', async () => {
  await lab.rule('Reports', [fernboard.integration], {
    conditions: [{ field: 'manager', comparison: 'is', not: false, values: ['p300@x.io'] }],
  });
  const rows = Array.from({ length: 301 }, (_, n) => `p${n}@x.io,${n === 0 ? 'p300@x.io' : ''}`);
  const file = {
    name: 'people.csv',
    text: ['email,manager', ...rows].join('\n'),
    personId: engine.admin.id,
  };
  const { id } = await engine.transact((tx) => bringFile(tx, file, engine));
  await engine.runJobs();
  const found = await engine.stores.fileImports.find(id);
  if (found) await engine.transact((tx) => startImport(tx, found, { update: false, ...engine }));
  await engine.runJobs();
  expect([...fernboard.members]).toEqual(['p0@x.io']);
});

test('a condition that was changed meanwhile is not taken for another one', async () => {
  const rule = await lab.rule('Engineering basics', [fernboard.integration]);
  const change = (definition: RuleDefinition) => ({ ...definition, conditions: [] });
  const by = { actor: engine.actor };
  const edited = await engine.transact((tx) =>
    editRule(tx, rule.id, { ...by, seen: rule.version - 1, change }),
  );
  expect(edited).toEqual({
    ok: false,
    why: 'Someone just changed this rule. Check it, then try again.',
  });
  expect((await engine.stores.rules.find(rule.id))?.draft).toBeUndefined();
});

test('with no overlap it ends with the next tick', async () => {
  await lab.rule('Engineering basics', [fernboard.integration], { overlapDays: 0 });
  await moveTo('Sales');
  await engine.tick();
  await engine.tick(HOUR);
  expect([...fernboard.members]).toEqual([]);
});

test('while another rule gives it, it stays', async () => {
  await lab.rule('Engineering basics', [fernboard.integration]);
  await lab.rule('Everyone called Ann', [fernboard.integration], {
    conditions: [{ field: 'email', comparison: 'starts-with', not: false, values: ['ann@'] }],
  });
  await moveTo('Sales');
  await lab.days(6);
  expect(fernboard.sent).toEqual(['PUT ann@example.com']);
});

describe('a rule', () => {
  test('that is turned off and on again within its overlap sends nothing', async () => {
    const rule = await lab.rule('Engineering basics', [fernboard.integration]);
    await lab.off(rule);
    await lab.days(2);
    expect(await lab.lasting(ann)).toEqual([]);
    await lab.on(rule);
    await lab.days(6);
    expect(fernboard.sent).toEqual(['PUT ann@example.com']);
    expect(await lab.lasting(ann)).toEqual([fernboard.integration.id]);
  });

  test('that is deleted gives nothing after its overlap, and frees its name', async () => {
    const { id } = await lab.rule('Engineering basics', [fernboard.integration]);
    valueOf(await engine.transact((tx) => deleteRule(tx, id, { actor: engine.actor })));
    await engine.runJobs();
    await lab.days(5);
    expect([...fernboard.members]).toEqual([]);
    expect(await engine.stores.rules.findByName('engineering BASICS')).toBeUndefined();
  });

  test('that would have a name that is taken is refused, with the name as the other one has it', async () => {
    const rule = await lab.rule('Engineering basics', [fernboard.integration]);
    const name = 'engineering BASICS';
    const why = 'Another rule is called Engineering basics. Choose another name.';
    const by = { actor: engine.actor };
    const made = await engine.transact((tx) =>
      makeRule(tx, { name, definition: definitionOf(rule) }, by),
    );
    expect(made).toMatchObject({ ok: false, why });
    const other = await lab.rule('Sales', [fernboard.integration]);
    const edited = await engine.transact((tx) => editRule(tx, other.id, { ...by, name }));
    expect(edited).toMatchObject({ ok: false, why });
    expect(await engine.stores.rules.findByName(name)).toMatchObject({ id: rule.id });
  });

  test('that is on counts as it was until its draft is applied, and a discarded draft never counts', async () => {
    const rule = await lab.rule('Engineering basics', [fernboard.integration]);
    const bo = await engine.person({ email: 'bo@example.com', department: 'Sales' });
    const toSales = {
      actor: engine.actor,
      change: (definition: RuleDefinition) => ({
        ...definition,
        conditions: [isInDepartment('Sales')],
      }),
    };
    valueOf(await engine.transact((tx) => editRule(tx, rule.id, toSales)));
    await lab.days(1);
    expect([...fernboard.members]).toEqual(['ann@example.com']);
    valueOf(await engine.transact((tx) => discardDraft(tx, rule.id, { actor: engine.actor })));
    await lab.on(rule);
    expect(fernboard.members.has('bo@example.com')).toBe(false);
    await lab.edit(rule, toSales.change);
    expect(await lab.lasting(bo)).toEqual([fernboard.integration.id]);
    expect(await lab.lasting(ann)).toEqual([]);
  });

  test('evaluated twice changes nothing', async () => {
    await lab.rule('Engineering basics', [fernboard.integration]);
    const before = await engine.stores.holds.openOf(ann.id);
    const audited = (await engine.audited()).length;
    await lab.days(3);
    expect(await engine.stores.holds.openOf(ann.id)).toEqual(before);
    expect((await engine.audited()).length).toBe(audited);
    expect(fernboard.sent).toEqual(['PUT ann@example.com']);
  });
});

describe('a manual app', () => {
  let badge: Integration;
  beforeEach(async () => {
    badge = await engine.transact(async (tx) => {
      const added = await addManual(
        tx,
        { name: 'Badge', assignee: { kind: 'manager' } },
        { actor: engine.actor },
      );
      if (!added.ok) throw new Error('It was not added');
      return added.integration;
    });
    await lab.rule('Engineering basics', [badge]);
  });

  test('that is turned off and on is given again, since its task was cancelled', async () => {
    await engine.transact((tx) => turnAppOff(tx, badge, { actor: engine.actor }));
    await engine.runJobs();
    expect(await engine.openTasks()).toEqual([]);
    expect(await lab.lasting(ann)).toEqual([]);
    await engine.transact((tx) => turnAppOn(tx, badge, { actor: engine.actor }));
    await lab.days(2);
    expect((await engine.openTasks()).map(({ kind }) => kind)).toEqual(['grant']);
    await engine.finishTask();
    expect(await engine.stores.access.find(ann.id, badge.id)).toMatchObject({ state: 'has' });
  });

  test('that is turned off ends only the hold that waited for the task', async () => {
    const { actor } = engine;
    const byHand = { person: ann, integration: badge, source: 'by-hand', actor } as const;
    const other = await engine.transact((tx) => openHold(tx, byHand, {}));
    await engine.transact((tx) => turnAppOff(tx, badge, { actor }));
    const open = await engine.stores.holds.openAt(ann.id, badge.id);
    expect(open.map(({ id }) => id)).toEqual([other.id]);
  });

  test('that was requested for some hours is had for these, whichever rule waits for the task, too', async () => {
    const cy = await engine.person({ email: 'cy@example.com', department: 'Sales' });
    const policy = { ...defaultPolicy, approvers: { kind: 'automatic' } } as const;
    badge = await engine.transact((tx) => tx.integrations.save({ ...badge, settings: { policy } }));
    await engine.finishTask();
    await engine.transact((tx) =>
      createRequest(tx, {
        actor: { kind: 'person', personId: cy.id, via: 'slack' },
        requester: cy,
        person: cy,
        integration: badge,
        hours: 8,
        content: { reason: 'A visit', form: {}, answers: [], facts: {} },
      }),
    );
    await moveTo('Engineering', cy);
    await engine.finishTask();
    const holds = await engine.stores.holds.openAt(cy.id, badge.id);
    const endsAt = new Date(engine.now().getTime() + 8 * HOUR);
    expect(new Map(holds.map((hold) => [hold.source, hold.endsAt]))).toEqual(
      new Map([
        ['rule', undefined],
        ['request', endsAt],
      ]),
    );
  });

  test('that someone else waits for, too, stays when the rule lets go before it is done', async () => {
    const { actor } = engine;
    await engine.transact((tx) => grantByHand(tx, { actor, person: ann, integration: badge }));
    await moveTo('Sales');
    await lab.days(4);
    expect(await lab.lasting(ann)).toEqual([]);
    await engine.finishTask();
    const holds = await engine.stores.holds.openAt(ann.id, badge.id);
    expect(holds.map(({ source }) => source)).toEqual(['by-hand']);
    expect(await engine.stores.removals.latest(ann.id, badge.id)).toBeUndefined();
  });

  test('that the rule alone wants is no task any more once the rule lets go beside another reason', async () => {
    const { actor } = engine;
    const kept = { person: ann, integration: badge, source: 'kept', actor } as const;
    await engine.transact((tx) => openHold(tx, kept, {}));
    await moveTo('Sales');
    await lab.days(4);
    expect(await engine.openTasks()).toEqual([]);
    const holds = await engine.stores.holds.openAt(ann.id, badge.id);
    expect(holds.map(({ source }) => source)).toEqual(['kept']);
  });

  test('that someone grants for some hours as well has both reasons', async () => {
    const { actor } = engine;
    await engine.transact((tx) =>
      grantByHand(tx, { actor, person: ann, integration: badge, hours: 8 }),
    );
    await engine.finishTask();
    const holds = await engine.stores.holds.openAt(ann.id, badge.id);
    expect(holds.map(({ source }) => source).toSorted()).toEqual(['by-hand', 'rule']);
    await lab.days(2);
    expect(await lab.lasting(ann)).toEqual([badge.id]);
  });

  test('that someone grants without an end as well has both reasons, so that it stays when the rule lets go', async () => {
    const { actor } = engine;
    await engine.transact((tx) => grantByHand(tx, { actor, person: ann, integration: badge }));
    await engine.finishTask();
    const holds = await engine.stores.holds.openAt(ann.id, badge.id);
    expect(holds.map(({ source }) => source).toSorted()).toEqual(['by-hand', 'rule']);
    await moveTo('Sales');
    await lab.days(5);
    expect(await engine.openTasks()).toEqual([]);
    const left = await engine.stores.holds.openAt(ann.id, badge.id);
    expect(left.map(({ source }) => source)).toEqual(['by-hand']);
  });

  test('that someone grants without an end, before a rule waits for the task, has both reasons', async () => {
    const cy = await engine.person({ email: 'cy@example.com', department: 'Sales' });
    const { actor } = engine;
    await engine.finishTask();
    await engine.transact((tx) => grantByHand(tx, { actor, person: cy, integration: badge }));
    await moveTo('Engineering', cy);
    await engine.finishTask();
    const holds = await engine.stores.holds.openAt(cy.id, badge.id);
    expect(holds.map(({ source }) => source).toSorted()).toEqual(['by-hand', 'rule']);
  });

  test('that was requested without an end and then for some hours is not lost after these', async () => {
    const cy = await engine.person({ email: 'cy@example.com', department: 'Sales' });
    const policy = { ...defaultPolicy, approvers: { kind: 'automatic' } } as const;
    badge = await engine.transact((tx) => tx.integrations.save({ ...badge, settings: { policy } }));
    await engine.finishTask();
    for (const hours of [undefined, 8])
      await engine.transact((tx) =>
        createRequest(tx, {
          actor: { kind: 'person', personId: cy.id, via: 'slack' },
          requester: cy,
          person: cy,
          integration: badge,
          ...(hours !== undefined && { hours }),
          content: { reason: 'A visit', form: {}, answers: [], facts: {} },
        }),
      );
    const [task, ...others] = await engine.openTasks();
    expect(others).toEqual([]);
    await engine.finishTask();
    const holds = await engine.stores.holds.openAt(cy.id, badge.id);
    const endsAt = new Date(engine.now().getTime() + 8 * HOUR);
    expect(new Set(holds.map((hold) => hold.endsAt?.getTime()))).toEqual(
      new Set([endsAt.getTime(), undefined]),
    );
    expect(holds.map(({ source, taskId }) => `${source} ${taskId}`)).toEqual([
      `request ${task?.id}`,
      `request ${task?.id}`,
    ]);
    expect(new Set(holds.map(({ requestId }) => requestId)).size).toBe(2);
  });

  test('is a task, and the hold of the rule waits for it', async () => {
    await engine.finishTask();
    const holds = await engine.stores.holds.openAt(ann.id, badge.id);
    expect(holds.map(({ source }) => source)).toEqual(['rule']);
    await lab.days(2);
    expect(await engine.openTasks()).toEqual([]);
    await moveTo('Sales');
    await lab.days(5);
    expect((await engine.openTasks()).map(({ kind }) => kind)).toEqual(['revoke']);
  });
});

describe('exceptions', () => {
  const exceptions = () => engine.stores.ruleExceptions.inEffect([ann.id], engine.now());

  test('are made by a revoke, and the rule obeys them until they end', async () => {
    await lab.rule('Engineering basics', [fernboard.integration]);
    await engine.revoke(ann, fernboard.integration);
    await lab.days(3);
    expect([...fernboard.members]).toEqual([]);
    const [exception] = await exceptions();
    expect(await engine.stores.ruleExceptions.find(exception?.id ?? '')).toMatchObject({
      personId: ann.id,
      reason: 'It was revoked.',
    });
    await engine.transact((tx) => endException(tx, exception?.id ?? '', { actor: engine.actor }));
    await engine.runJobs();
    expect([...fernboard.members]).toEqual(['ann@example.com']);
  });

  test('are made for each rule that grants it, also where two began in one moment', async () => {
    await lab.rule('Engineering basics', [fernboard.integration]);
    await lab.rule('Everyone called Bo', [fernboard.integration], {
      conditions: [{ field: 'email', comparison: 'starts-with', not: false, values: ['bo@'] }],
    });
    const bo = await engine.person({ email: 'bo@example.com', department: 'Engineering' });
    await engine.runJobs();
    expect(fernboard.sent).toEqual(['PUT ann@example.com', 'PUT bo@example.com']);
    await engine.revoke(bo, fernboard.integration);
    await lab.days(3);
    expect([...fernboard.members]).toEqual(['ann@example.com']);
  });

  test.each([true, false])(
    'stay when other answers take the place of the app’s (rule on: %s)',
    async (isOn) => {
      const rule = await lab.rule('Engineering basics', [fernboard.integration]);
      await engine.revoke(ann, fernboard.integration);
      await lab.days(1);
      if (!isOn) await lab.off(rule);
      const [instead] = definitionOf(rule).items;
      const { actor } = engine;
      const item = { integrationId: fernboard.integration.id, form: { team: 'web' }, answers: [] };
      const edited = valueOf(
        await engine.transact((tx) =>
          addItem(tx, rule.id, { actor, item, ...(instead && { instead: instead.id }) }),
        ),
      );
      const next = editedOf(edited);
      expect((await impactOf(engine.stores, [{ rule: edited, next }], at())).gaining).toBe(0);
      await lab.on(rule);
      await lab.days(3);
      expect([...fernboard.members]).toEqual([]);
      expect(await exceptions()).toHaveLength(1);
    },
  );

  test('stay when two items take the place of one', async () => {
    const rule = await lab.rule('Engineering basics', [fernboard.integration]);
    await engine.revoke(ann, fernboard.integration);
    await lab.days(1);
    const [instead] = definitionOf(rule).items;
    for (const team of ['web', 'core'])
      await engine.transact((tx) =>
        addItem(tx, rule.id, {
          actor: engine.actor,
          item: { integrationId: fernboard.integration.id, form: { team }, answers: [] },
          ...(instead && { instead: instead.id }),
        }),
      );
    await lab.on(rule);
    await lab.days(2);
    expect([...fernboard.members]).toEqual([]);
  });

  test('stay when the app is taken out of the rule and comes back', async () => {
    const rule = await lab.rule('Engineering basics', [fernboard.integration]);
    await engine.revoke(ann, fernboard.integration);
    await lab.days(1);
    const easel = await lab.app('Easel');
    const give = ({ integration: { id: integrationId } }: LabApp, instead?: string) =>
      engine.transact((tx) =>
        addItem(tx, rule.id, {
          actor: engine.actor,
          item: { integrationId, form: {}, answers: [] },
          ...(instead !== undefined && { instead }),
        }),
      );
    await give(easel, definitionOf(rule).items[0]?.id);
    await lab.on(rule);
    await give(fernboard);
    await lab.on(rule);
    expect([...easel.members]).toEqual(['ann@example.com']);
    expect([...fernboard.members]).toEqual([]);
  });

  test('are made by a revoke while the rule’s own grant has failed and waits for its next day', async () => {
    const url = `${engine.party.url}/users`;
    const app = await engine.integration(
      {
        execute: [
          { method: 'GET', url },
          { method: 'PUT', url },
        ],
        revoke: [{ method: 'DELETE', url }],
      },
      {},
      'Harbour',
    );
    engine.party.on('GET /users', { json: {} }, { status: 500 });
    engine.party.on('PUT /users', { json: {} });
    engine.party.on('DELETE /users', { json: {} });
    await engine.granted(ann, app, { team: 'core' });
    await lab.rule('Engineering basics', [app]);
    await engine.later(HOUR);
    expect(await lab.lasting(ann)).toEqual([]);
    await engine.revoke(ann, app);
    await lab.days(3);
    expect(engine.party.sent('DELETE')).toBe(1);
    expect(engine.party.sent('PUT')).toBe(1);
    expect(await exceptions()).toHaveLength(1);
  });

  test('are made by a revoke at an app that was turned off when the rule matched', async () => {
    await engine.granted(ann, fernboard.integration);
    const by = { actor: engine.actor };
    await engine.transact((tx) => turnAppOff(tx, fernboard.integration, by));
    await lab.rule('Engineering basics', [fernboard.integration]);
    await engine.revoke(ann, fernboard.integration);
    await engine.runJobs();
    await engine.transact((tx) => turnAppOn(tx, fernboard.integration, by));
    await lab.days(2);
    expect([...fernboard.members]).toEqual([]);
  });

  test('are made when someone gives it back, and the rule leaves it so', async () => {
    await lab.rule('Engineering basics', [fernboard.integration]);
    const actor = { kind: 'person', personId: ann.id, via: 'slack' } as const;
    const given = { person: ann, integration: fernboard.integration, actor };
    await engine.transact((tx) => giveBackAccess(tx, given));
    await lab.days(3);
    expect([...fernboard.members]).toEqual([]);
    const [exception] = await exceptions();
    expect(await engine.stores.ruleExceptions.find(exception?.id ?? '')).toMatchObject({
      reason: 'They gave it back.',
      madeBy: actor,
    });
  });

  test('with an end are over on that day', async () => {
    await lab.rule('Engineering basics', [fernboard.integration]);
    const endsAt = new Date(engine.now().getTime() + 5 * DAY);
    await engine.transact((tx) =>
      beginRemoval(tx, {
        person: ann,
        integration: fernboard.integration,
        cause: { kind: 'revoked' },
        actor: engine.actor,
        exception: { reason: 'A sabbatical', endsAt },
      }),
    );
    await lab.days(4);
    expect([...fernboard.members]).toEqual([]);
    await lab.days(2);
    expect([...fernboard.members]).toEqual(['ann@example.com']);
    expect(await exceptions()).toEqual([]);
  });

  test('are over in the hour in which their day begins where the admin is', async () => {
    await lab.rule('Engineering basics', [fernboard.integration]);
    const endsAt = new Date(engine.now().getTime() + 5 * HOUR);
    const removing = { person: ann, integration: fernboard.integration, actor: engine.actor };
    const exception = { reason: 'A sabbatical', endsAt };
    await engine.transact((tx) =>
      beginRemoval(tx, { ...removing, cause: { kind: 'revoked' }, exception }),
    );
    await engine.tick(4 * HOUR);
    expect([...fernboard.members]).toEqual([]);
    await engine.tick(HOUR);
    expect([...fernboard.members]).toEqual(['ann@example.com']);
  });

  test('are made by Remove for someone who is back, also before the rules have looked', async () => {
    await lab.rule('Engineering basics', [fernboard.integration]);
    const by = { actor: engine.actor };
    await engine.transact((tx) => deactivate(tx, ann, by));
    await engine.transact(async (tx) => {
      const person = await tx.people.hold(ann.id);
      if (person) await reactivate(tx, person, by);
      const [removal] = await tx.removals.openOf(ann.id);
      expect(await resumeRemoval(tx, removal?.id ?? '', engine.actor)).toBe(true);
    });
    await lab.days(2);
    expect([...fernboard.members]).toEqual([]);
    expect(await exceptions()).toHaveLength(1);
  });

  test('are not made when someone leaves; who comes back gets it again', async () => {
    await lab.rule('Engineering basics', [fernboard.integration]);
    const by = { actor: engine.actor };
    await engine.transact((tx) => deactivate(tx, ann, by));
    await lab.days(1);
    expect([...fernboard.members]).toEqual([]);
    expect(await exceptions()).toEqual([]);
    await engine.transact(async (tx) => {
      const person = await tx.people.hold(ann.id);
      if (person) await reactivate(tx, person, by);
    });
    await engine.runJobs();
    expect([...fernboard.members]).toEqual(['ann@example.com']);
  });

  test('are not about another person who gets the address of someone who left', async () => {
    await lab.rule('Engineering basics', [fernboard.integration]);
    const by = { actor: engine.actor };
    await engine.revoke(ann, fernboard.integration);
    await engine.transact((tx) => deactivate(tx, ann, by));
    await lab.days(1);
    expect(await exceptions()).toHaveLength(1);
    await engine.person({ email: ann.email, department: 'Engineering' });
    await engine.runJobs();
    expect(await exceptions()).toEqual([]);
    expect([...fernboard.members]).toEqual(['ann@example.com']);
  });
});

describe('a grant that fails', () => {
  /** Each run has two attempts, an hour apart. */
  const failing = (runs: number) => {
    for (let attempt = 0; attempt < 2 * runs; attempt += 1) fernboard.failures.push(400);
  };

  test('is tried again daily, three times, then admins are notified once', async () => {
    failing(9);
    await lab.rule('Engineering basics', [fernboard.integration]);
    await engine.later(HOUR);
    expect(fernboard.sent).toHaveLength(2);
    for (let day = 1; day <= 7; day += 1) {
      await engine.tick(DAY - HOUR);
      await engine.later(HOUR);
    }
    expect(fernboard.sent).toHaveLength(8);
    expect(troubles).toHaveLength(1);
    expect(troubles[0]).toMatchObject({ personId: ann.id, failures: 4 });
  });

  test('before anything was written is tried again no sooner where more than ten rules grant the same app', async () => {
    engine.party.on('GET /gate', { status: 403 });
    const { url } = engine.party;
    const gated = await engine.integration({
      execute: [{ url: `${url}/gate`, method: 'GET' }, { url: `${url}/users` }],
    });
    for (let n = 0; n < 11; n += 1) await lab.rule(`Basics ${n}`, [gated]);
    await engine.later(HOUR);
    expect(engine.party.requests).toHaveLength(2);
    expect(await engine.stores.ruleTroubles.of(ann.id)).toHaveLength(11);
  });

  test('that works on the next day is forgotten', async () => {
    failing(1);
    await lab.rule('Engineering basics', [fernboard.integration]);
    await engine.later(HOUR);
    await lab.days(3);
    expect([...fernboard.members]).toEqual(['ann@example.com']);
    expect(await engine.stores.ruleTroubles.of(ann.id)).toEqual([]);
    expect(troubles).toEqual([]);
  });

  test('is no trouble of someone who has left, and is tried again when they are back', async () => {
    failing(4);
    await lab.rule('Engineering basics', [fernboard.integration]);
    await engine.later(HOUR);
    for (let day = 1; day <= 5; day += 1) {
      await engine.tick(DAY - HOUR);
      await engine.later(HOUR);
    }
    expect(troubles).toHaveLength(1);
    const by = { actor: engine.actor };
    await engine.transact((tx) => deactivate(tx, ann, by));
    await engine.runJobs();
    expect(await engine.stores.ruleTroubles.of(ann.id)).toEqual([]);
    await engine.transact(async (tx) => {
      const person = await tx.people.hold(ann.id);
      if (person) await reactivate(tx, person, by);
    });
    await engine.runJobs();
    expect([...fernboard.members]).toEqual(['ann@example.com']);
  });

  test('after an earlier try may have granted it leaves nothing behind when the rule lets go', async () => {
    const url = engine.party.url;
    const app = await engine.integration(
      {
        initial_data_form: [{ id: 'TOKEN', name: 'Token' }],
        headers: { authorization: 'Bearer {{TOKEN}}' },
        execute: [
          { method: 'PUT', url: `${url}/users` },
          { method: 'PUT', url: `${url}/teams` },
        ],
        revoke: [{ method: 'DELETE', url: `${url}/users` }],
      },
      { TOKEN: 'sk-live-1' },
      'Harbour',
    );
    engine.party.on('PUT /users', { json: {} });
    engine.party.on('PUT /teams', { status: 400 });
    engine.party.on('DELETE /users', { json: {} });
    await lab.rule('Engineering basics', [app]);
    await engine.later(HOUR);
    const writes = engine.party.sent('PUT');
    const secrets = await engine.db('secrets').select();
    await engine.db('secrets').delete();
    await engine.tick(DAY);
    await engine.later(HOUR);
    expect(await engine.stores.runs.unfinished(ann.id, app.id)).toBeUndefined();
    expect(engine.party.sent('PUT')).toBe(writes);
    await engine.db('secrets').insert(secrets);
    await moveTo('Sales');
    await lab.days(5);
    expect(engine.party.sent('DELETE')).toBe(1);
  });

  test('and is to be tried again within the hour is not, once the rule lets go beside another reason', async () => {
    await engine.granted(ann, fernboard.integration, { team: 'core' });
    failing(1);
    await lab.rule('Engineering basics', [fernboard.integration], { overlapDays: 0 });
    await moveTo('Sales');
    await engine.tick(MINUTE);
    const sent = fernboard.sent.length;
    await engine.tick(2 * HOUR);
    expect(fernboard.sent).toHaveLength(sent);
    const holds = await engine.stores.holds.openAt(ann.id, fernboard.integration.id);
    expect(holds.map(({ source }) => source)).toEqual(['by-hand']);
    expect([...fernboard.members]).toEqual(['ann@example.com']);
  });

  test('and runs while the rule lets go beside another reason sends nothing more', async () => {
    const url = engine.party.url;
    const app = await engine.integration(
      {
        form: [{ id: 'team', name: 'Team', type: 'input', required: false }],
        execute: [
          {
            method: 'GET',
            url: `${url}/seats`,
            continue_if: { response_notation: 'free', value: 'yes' },
            polling: { amount: 20, interval: 600 },
          },
          { method: 'PUT', url: `${url}/users`, data: { team: '{{team}}' } },
        ],
        revoke: [{ method: 'DELETE', url: `${url}/users` }],
      },
      {},
      'Harbour',
    );
    engine.party.on('GET /seats', { json: { free: 'yes' } });
    engine.party.on('PUT /users', { json: {} });
    await engine.granted(ann, app, { team: 'core' });
    engine.party.on('GET /seats', { json: { free: 'no' } });
    await lab.rule('Engineering basics', [app], { overlapDays: 0 });
    await moveTo('Sales');
    await engine.tick(MINUTE);
    engine.party.on('GET /seats', { json: { free: 'yes' } });
    await engine.tick(HOUR);
    expect(engine.party.sent('PUT')).toBe(1);
    expect(await engine.stores.runs.unfinished(ann.id, app.id)).toBeUndefined();
    const holds = await engine.stores.holds.openAt(ann.id, app.id);
    expect(holds.map(({ source }) => source)).toEqual(['by-hand']);
  });

  test('is tried again at once when an admin says so', async () => {
    failing(4);
    const rule = await lab.rule('Engineering basics', [fernboard.integration]);
    await engine.later(HOUR);
    for (let day = 1; day <= 5; day += 1) {
      await engine.tick(DAY - HOUR);
      await engine.later(HOUR);
    }
    expect(troubles).toHaveLength(1);
    const [item] = definitionOf(rule).items;
    const about = {
      personId: ann.id,
      itemId: item?.id ?? '',
      integrationId: fernboard.integration.id,
    };
    await engine.transact((tx) => retryTrouble(tx, about, { actor: engine.actor }));
    await engine.runJobs();
    expect([...fernboard.members]).toEqual(['ann@example.com']);
  });
});

test('what is removed at the app is granted once more, then it is a finding', async () => {
  await lab.rule('Engineering basics', [fernboard.integration]);
  const removeThere = async () => {
    fernboard.members.clear();
    engine.clock.advance(HOUR);
    await checkAccess(ann.id, fernboard.integration.id, engine.worker());
    await engine.runJobs();
  };
  await removeThere();
  expect([...fernboard.members]).toEqual(['ann@example.com']);
  expect(troubles).toEqual([]);
  await removeThere();
  expect([...fernboard.members]).toEqual([]);
  expect(troubles).toHaveLength(1);
  await removeThere();
  await lab.days(2);
  expect(fernboard.sent).toHaveLength(2);
  expect(troubles).toHaveLength(1);
});

describe('access that the app denies while nothing shows that its token works', () => {
  const idOf = (rule: Rule) => ({
    personId: ann.id,
    itemId: definitionOf(rule).items[0]?.id ?? '',
    integrationId: fernboard.integration.id,
  });
  const isKnown = async () =>
    (await engine.stores.access.find(ann.id, fernboard.integration.id))?.state;
  /** Days later, so that no good answer is left of the grant. */
  const removedThere = async () => {
    engine.clock.advance(2 * DAY);
    fernboard.members.delete(ann.email);
    await checkAccess(ann.id, fernboard.integration.id, engine.worker());
    await engine.runJobs();
  };

  test('is granted once more when the check of someone else shows that it counts', async () => {
    await engine.person({ email: 'bo@example.com', department: 'Engineering' });
    await lab.rule('Engineering basics', [fernboard.integration]);
    await removedThere();
    expect(await isKnown()).toBe('unknown');
    await engine.later(10 * MINUTE);
    await engine.later(10 * MINUTE);
    expect([...fernboard.members].toSorted()).toEqual(['ann@example.com', 'bo@example.com']);
    expect(await isKnown()).toBe('has');
    expect(troubles).toEqual([]);
  });

  test('is checked for days and not granted, then admins are notified once', async () => {
    await lab.rule('Engineering basics', [fernboard.integration]);
    await removedThere();
    await lab.days(2);
    expect(troubles).toEqual([]);
    await lab.days(4);
    expect(await isKnown()).toBe('unknown');
    expect(fernboard.sent).toEqual(['PUT ann@example.com']);
    expect(troubles).toHaveLength(1);
  });

  test('is granted when an admin says Try again, and then all is well', async () => {
    const rule = await lab.rule('Engineering basics', [fernboard.integration]);
    await removedThere();
    await lab.days(5);
    await engine.transact((tx) => retryTrouble(tx, idOf(rule), { actor: engine.actor }));
    await engine.runJobs();
    await lab.days(1);
    expect([...fernboard.members]).toEqual(['ann@example.com']);
    expect(await isKnown()).toBe('has');
    await lab.days(6);
    expect(troubles).toHaveLength(1);
    expect(fernboard.sent).toHaveLength(2);
  });

  test('is forgotten when a check finds it, also after admins were notified', async () => {
    await lab.rule('Engineering basics', [fernboard.integration]);
    await removedThere();
    await lab.days(5);
    expect(troubles).toHaveLength(1);
    fernboard.members.add(ann.email);
    await lab.days(1);
    expect(await engine.stores.ruleTroubles.of(ann.id)).toEqual([]);
    expect(fernboard.sent).toHaveLength(1);
  });
});

describe('access whose check failed', () => {
  const state = async () =>
    (await engine.stores.access.find(ann.id, fernboard.integration.id))?.state;

  beforeEach(async () => {
    await lab.rule('Engineering basics', [fernboard.integration]);
    engine.clock.advance(DAY);
    fernboard.checks.isDown = true;
    await checkAccess(ann.id, fernboard.integration.id, engine.worker());
    await engine.runJobs();
  });

  test('is checked again a quarter of an hour later, and is known where that works', async () => {
    fernboard.checks.isDown = false;
    await engine.later(14 * MINUTE);
    expect(await state()).toBe('unknown');
    await engine.later(2 * MINUTE);
    expect(await state()).toBe('has');
    expect(fernboard.sent).toEqual(['PUT ann@example.com']);
  });

  test('is checked with pauses that grow to a day', async () => {
    const checksIn = async (quarters: number): Promise<number> => {
      const before = fernboard.checks.asked;
      for (let quarter = 0; quarter < quarters; quarter += 1) await engine.later(15 * MINUTE);
      return fernboard.checks.asked - before;
    };
    expect(await checksIn(16)).toBe(5); // After 15, 30, 60, 120 and 240 minutes.
    expect(await checksIn(16)).toBe(1);
    await lab.days(9);
    const before = fernboard.checks.asked;
    await lab.days(5);
    expect(fernboard.checks.asked - before).toBe(5);
    expect(troubles).toEqual([]);
  });
});

test('access whose check failed is checked again on the next day where the job of that was lost', async () => {
  await lab.rule('Engineering basics', [fernboard.integration]);
  const whose = { personId: ann.id, integrationId: fernboard.integration.id };
  engine.clock.advance(MINUTE);
  await engine.transact((tx) => tx.access.put(accessSince(tx.now, { ...whose, state: 'unknown' })));
  await lab.days(2);
  expect(await engine.stores.access.find(ann.id, whose.integrationId)).toMatchObject({
    state: 'has',
  });
});

test('an app that is turned off is given when it is on again', async () => {
  const { integration } = fernboard;
  await engine.transact((tx) => tx.integrations.save({ ...integration, enabled: false }));
  await lab.rule('Engineering basics', [integration]);
  await lab.days(1);
  expect(fernboard.sent).toEqual([]);
  const off = await engine.stores.integrations.find(integration.id);
  if (off) await engine.transact((tx) => tx.integrations.save({ ...off, enabled: true }));
  await lab.days(1);
  expect([...fernboard.members]).toEqual(['ann@example.com']);
  expect(troubles).toEqual([]);
});

test('one person whose row can’t be read doesn’t stop the others', async () => {
  await engine.person({ email: 'bo@example.com', department: 'Engineering' });
  await engine.db('people').where({ id: ann.id }).update({ stored: 'no JSON' });
  await engine.transact(async (tx) => {
    const bo = await tx.people.findByEmail('bo@example.com');
    await tx.rules.insert({
      id: 'r1',
      version: 1,
      name: 'Engineering basics',
      isOn: true,
      definition: {
        matching: 'all',
        conditions: [isInDepartment('Engineering')],
        daysBefore: 0,
        overlapDays: 14,
        items: [{ id: 'i1', integrationId: fernboard.integration.id }],
      },
      madeBy: engine.actor,
      createdAt: tx.now,
    });
    const item = { id: 'i1', ruleId: 'r1', integrationId: fernboard.integration.id };
    await tx.rules.insertItem({ ...item, form: {}, answers: [] });
    await notePeople(tx, [ann.id, bo?.id ?? '']);
  });
  await engine.runJobs();
  expect([...fernboard.members]).toEqual(['bo@example.com']);
  expect(await engine.audited()).toContain('rule.failed');
});

test('whatever came before, equal fields give equal access once overlaps have ended', async () => {
  const bo = await engine.person({ email: 'bo@example.com', department: 'Design' });
  const easel = await lab.app('Easel');
  await lab.rule('Engineering basics', [fernboard.integration, easel.integration], {
    overlapDays: 3,
  });
  await lab.rule('Sales basics', [easel.integration], {
    overlapDays: 0,
    conditions: [isInDepartment('Sales')],
  });
  const department = fc.constantFrom('Engineering', 'Sales', 'Design');
  const move = fc.record({ department, person: fc.constantFrom(ann, bo), days: fc.nat(4) });
  const story = fc.array(move, { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(story, department, async (moves, last) => {
      for (const { person, days, ...to } of moves) {
        await moveTo(to.department, person);
        await lab.days(days);
      }
      for (const person of [ann, bo]) await moveTo(last, person);
      await lab.days(5);
      const emails = [ann, bo].map(({ email }) => email);
      const given: Readonly<Record<string, readonly LabApp[]>> = {
        Engineering: [fernboard, easel],
        Sales: [easel],
      };
      const apps = given[last] ?? [];
      for (const app of [fernboard, easel])
        expect([...app.members].toSorted()).toEqual(apps.includes(app) ? emails : []);
    }),
    { numRuns: 4, seed: 22 },
  );
});

describe('the dry run', () => {
  test('says who gains and who loses what, and changes nothing', async () => {
    const bo = await engine.person({ email: 'bo@example.com', department: 'Sales' });
    const rule = await lab.rule('Engineering basics', [fernboard.integration]);
    const next = { ...definitionOf(rule), conditions: [isInDepartment('Sales')] };
    const impact = await impactOf(engine.stores, [{ rule, next }], at());
    const found = impact.changes.map(({ person, gains, loses }) => [person.email, gains, loses]);
    const { id } = fernboard.integration;
    expect(new Map(found.map(([email, ...rest]) => [email, rest]))).toEqual(
      new Map([
        [ann.email, [[], [id]]],
        [bo.email, [[id], []]],
      ]),
    );
    expect(impact).toMatchObject({ matching: 1, people: 3, gaining: 1, losing: 1, isLarge: true });
    expect(fernboard.sent).toEqual(['PUT ann@example.com']);
  });

  test('whose grant only waits gains it, and does not have it already', async () => {
    const conditions = [isInDepartment('Sales')];
    const rule = await lab.rule('Basics', [fernboard.integration], { conditions });
    await engine.grant(ann, fernboard.integration);
    const next = { ...definitionOf(rule), conditions: [isInDepartment('Engineering')] };
    expect(await impactOf(engine.stores, [{ rule, next }], at())).toMatchObject({
      gaining: 1,
      changes: [{ gains: [fernboard.integration.id], hasAlready: [] }],
    });
  });

  test('tells who has it already with no reason that Latchkey knows of, and gains what is being removed', async () => {
    const rule = await lab.rule('Basics', [fernboard.integration], {
      conditions: [isInDepartment('Sales')],
    });
    const { id } = fernboard.integration;
    await engine.granted(ann, fernboard.integration);
    await engine.db('holds').update({ ended_at: engine.now().getTime(), ended_why: 'expired' });
    const next = { ...definitionOf(rule), conditions: [isInDepartment('Engineering')] };
    const changes = async () => (await impactOf(engine.stores, [{ rule, next }], at())).changes;
    expect(await changes()).toMatchObject([{ gains: [], hasAlready: [id] }]);
    await engine.transact((tx) =>
      beginRemoval(tx, {
        person: ann,
        integration: fernboard.integration,
        cause: { kind: 'revoked' },
        actor: engine.actor,
      }),
    );
    expect(await changes()).toMatchObject([{ gains: [id], hasAlready: [] }]);
  });

  test('says of an app with a form that who has it for another reason may get it with other answers', async () => {
    const { app, rule } = await anyTeamForSales();
    await engine.granted(ann, app, { TEAM: 'Blue' });
    const next = { ...definitionOf(rule), conditions: [isInDepartment('Engineering')] };
    expect(await impactOf(engine.stores, [{ rule, next }], at())).toMatchObject({
      changes: [{ gains: [], hasAlready: [], otherAnswers: [], mayDiffer: [app.id] }],
      mayChange: 1,
      isLarge: true,
    });
    await lab.edit(rule, () => next);
    await engine.runJobs();
    expect(engine.party.sent('POST')).toBe(2); // The rule leaves the team out.
  });

  test('says of an app with a form that who has it for no reason gets it with other answers, as they do', async () => {
    const { app, rule } = await anyTeamForSales();
    await engine.granted(ann, app, { TEAM: 'Blue' });
    await engine.db('holds').update({ ended_at: engine.now().getTime(), ended_why: 'expired' });
    const next = { ...definitionOf(rule), conditions: [isInDepartment('Engineering')] };
    expect(await impactOf(engine.stores, [{ rule, next }], at())).toMatchObject({
      changing: 1,
      changes: [{ gains: [], hasAlready: [], otherAnswers: [app.id] }],
    });
    expect(engine.party.sent('POST')).toBe(1);
    await lab.edit(rule, () => next);
    await engine.runJobs();
    expect(engine.party.sent('POST')).toBe(2); // The rule leaves the team out.
  });

  test('tells who has it already, and who keeps it for another reason', async () => {
    await engine.granted(ann, fernboard.integration);
    const rule = await lab.rule('Engineering basics', [fernboard.integration]);
    const off = await impactOf(engine.stores, [{ rule, next: undefined }], at());
    expect(off.changes).toMatchObject([
      { gains: [], loses: [], keeps: [fernboard.integration.id] },
    ]);
    const other = { ...rule, id: 'other' };
    const on = await impactOf(engine.stores, [{ rule: other, next: definitionOf(rule) }], at());
    expect(on.changes).toMatchObject([{ gains: [], hasAlready: [fernboard.integration.id] }]);
  });
});

/** Approved at once. */
async function request(hours?: number): Promise<void> {
  const policy = { ...defaultPolicy, approvers: { kind: 'automatic' } } as const;
  await engine.transact(async (tx) => {
    const integration = await tx.integrations.find(fernboard.integration.id);
    if (integration) await tx.integrations.save({ ...integration, settings: { policy } });
  });
  const actor = { kind: 'person', personId: ann.id, via: 'slack' } as const;
  const content = { reason: 'The handover', form: {}, answers: [], facts: {} };
  const wish = {
    actor,
    requester: ann,
    person: ann,
    integration: fernboard.integration,
    content,
  };
  const requested = await engine.transact((tx) => createRequest(tx, { ...wish, hours }));
  expect(requested).toMatchObject({ request: { kind: 'extend', state: 'approved' } });
}

test.each([
  { rule: 2, request: 5, byHand: 9 },
  { rule: 2, request: 9, byHand: 5 },
  { rule: 5, request: 2, byHand: 9 },
  { rule: 5, request: 9, byHand: 2 },
  { rule: 9, request: 2, byHand: 5 },
  { rule: 9, request: 5, byHand: 2 },
])('of three reasons the last one keeps it, whichever ends first: %o', async (ends) => {
  const { integration } = fernboard;
  const hours = ends.request * 24;
  await engine.transact((tx) =>
    tx.integrations.save({
      ...integration,
      settings: { policy: { ...defaultPolicy, approvers: { kind: 'automatic' } } },
    }),
  );
  const person = { kind: 'person', personId: ann.id, via: 'slack' } as const;
  const content = { reason: 'A project', form: {}, answers: [], facts: {} };
  const wish = { actor: person, requester: ann, person: ann, integration, content, hours };
  await engine.transact((tx) => createRequest(tx, wish));
  await engine.runJobs();
  await lab.rule('Engineering basics', [integration], { overlapDays: ends.rule });
  await engine.transact((tx) =>
    startGrant(tx, {
      actor: engine.actor,
      person: ann,
      integration,
      form: {},
      hours: ends.byHand * 24,
    }),
  );
  await moveTo('Sales');
  const left = async (day: number) => {
    await engine.tick(day * DAY);
    await engine.tick(MINUTE);
    const holds = await engine.stores.holds.openAt(ann.id, integration.id);
    return holds.map(({ source }) => source).toSorted();
  };
  const sources = { rule: 'rule', request: 'request', byHand: 'by-hand' } as const;
  const after = (day: number) =>
    (['rule', 'request', 'byHand'] as const)
      .filter((each) => ends[each] > day)
      .map((each) => sources[each])
      .toSorted();
  expect(await left(0)).toEqual(after(0));
  expect(await left(2)).toEqual(after(2));
  expect(await left(3)).toEqual(after(5));
  expect([...fernboard.members]).toEqual(['ann@example.com']);
  expect(await left(4)).toEqual([]);
  expect([...fernboard.members]).toEqual([]);
});

describe('more time, requested while the overlap runs', () => {
  beforeEach(async () => {
    await lab.rule('Engineering basics', [fernboard.integration]);
    await moveTo('Sales');
    await lab.days(2);
  });

  const open = () => engine.stores.holds.openAt(ann.id, fernboard.integration.id);
  const moved = () => lab.change(ann, { position: 'Account manager' });

  test('without an end stays, whatever is evaluated afterwards', async () => {
    await request();
    await moved();
    await lab.days(6);
    expect(fernboard.sent).toEqual(['PUT ann@example.com']);
    expect(await open()).toMatchObject([{ source: 'request' }]);
  });

  test('is a reason of its own, beside the rule’s', async () => {
    await request(10 * 24);
    expect((await open()).map(({ source }) => source)).toEqual(['rule', 'request']);
    await moveTo('Engineering');
    await moveTo('Sales');
    await lab.days(5); // The rule's second overlap is over, and what was approved is not.
    expect(fernboard.sent).toEqual(['PUT ann@example.com']);
    await lab.days(6);
    expect(fernboard.sent).toEqual(['PUT ann@example.com', 'DELETE ann@example.com']);
  });
});

test('what a rule gives comes although a removal is stuck, of which admins were told', async () => {
  const app = fernboard.integration;
  await lab.change(ann, { department: 'Sales' });
  await engine.granted(ann, app);
  const manifest = await engine.stores.integrations.findVersion(app.manifestVersionId);
  const { manifest: text = '{}' } = manifest ?? {};
  const revoke = [{ url: `${engine.party.url}/members`, method: 'DELETE' }];
  await engine.newManifest(app, { ...(JSON.parse(text) as object), revoke });
  engine.party.on('DELETE /members', { status: 500 });
  await engine.revoke(ann, app);
  await engine.tick(HOUR);
  expect(engine.removalNotices).toMatchObject([{ what: 'stuck' }]);
  await lab.rule('Engineering basics', [app]);
  await lab.change(ann, { department: 'Engineering' });
  await lab.days(3);
  expect(await engine.removal(ann, app)).toMatchObject({ state: 'withdrawn' });
  expect([...fernboard.members]).toEqual(['ann@example.com']);
  expect(await lab.lasting(ann)).toHaveLength(1);
});

/** A rule for Sales that leaves the team of the app's form out. */
async function anyTeamForSales() {
  engine.party.on('POST /users', { json: {} });
  const app = await engine.integration({
    form: [{ id: 'TEAM', name: 'Team', type: 'input', required: false }],
    execute: [{ url: `${engine.party.url}/users`, method: 'POST' }],
  });
  const rule = await lab.rule('Basics', [app], { conditions: [isInDepartment('Sales')] });
  return { app, rule };
}
