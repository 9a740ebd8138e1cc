import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import type { Hold } from '../../../src/engine/access/hold.ts';
import { StaleWrite } from '../../../src/engine/ports/store.ts';
import type { Clock } from '../../../src/engine/ports/time-and-chance.ts';
import type { Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import { addressesOf } from '../../../src/engine/rules/addresses.ts';
import { addItem, makeRule, turnOn } from '../../../src/engine/rules/change-rule.ts';
import { evaluateRules } from '../../../src/engine/rules/evaluate.ts';
import { noteEveryone, notePeople } from '../../../src/engine/rules/note-people.ts';
import { definitionOf, type Rule, type RuleTrouble } from '../../../src/engine/rules/rule.ts';
import { ok, present } from '../../support/given/outcomes.ts';
import { insertPerson } from '../a-person.ts';
import { insertIntegration } from '../an-integration.ts';
import type { StoresDriver } from '../stores.ts';

const noon = new Date('2026-11-24T12:00:00.000Z');
const after = (minutes: number) => new Date(noon.getTime() + minutes * 60_000);
const ALL = { offset: 0, limit: 10 };

/** What every database must do for rules. `open` gives an empty, migrated one. */
export function rulesContract(open: (now: Clock) => Promise<StoresDriver>): void {
  let driver: StoresDriver;
  let stores: StoresDriver['stores'];
  let personId: string;
  beforeEach(async () => {
    driver = await open(() => noon);
    stores = driver.stores;
    personId = (await insertPerson(stores)).id;
    await insertIntegration(stores, { id: 'i1', name: 'Fernboard' });
  });
  afterEach(() => driver.cleanup());

  const aRule = (about: Partial<Rule> = {}): Rule => ({
    id: newId(),
    version: 1,
    name: 'Engineering basics',
    isOn: false,
    definition: {
      matching: 'all',
      conditions: [
        { field: 'stored:office', comparison: 'one-of', not: true, values: ['Berlin', 'Oslo'] },
      ],
      daysBefore: 0,
      overlapDays: 14,
      items: [{ id: 'item-1', integrationId: 'i1' }],
    },
    madeBy: { kind: 'system' },
    createdAt: noon,
    ...about,
  });

  async function insertedRule(about: Partial<Rule> = {}): Promise<Rule> {
    const rule = aRule(about);
    await stores.rules.insert(rule);
    return rule;
  }

  describe('rules', () => {
    test('are kept with their draft, and saved by version', async () => {
      const rule = await insertedRule();
      expect(await stores.rules.find(rule.id)).toEqual(rule);
      const draft = { ...definitionOf(rule), overlapDays: 0 };
      const saved = await stores.rules.save({ ...rule, isOn: true, draft });
      expect(await stores.rules.find(rule.id)).toEqual({ ...rule, version: 2, isOn: true, draft });
      expect(saved.version).toBe(2);
      await expect(stores.rules.save(rule)).rejects.toThrow(StaleWrite);
    });

    test('that are on are read by one statement where none is, whichever were read before', async () => {
      const rule = await insertedRule({ isOn: true });
      expect(await stores.rules.on()).toEqual([rule]);
      await stores.rules.save({ ...rule, isOn: false });
      let statements = 0;
      driver.db.on('query', () => {
        statements += 1;
      });
      expect(await stores.rules.on()).toEqual([]);
      expect(statements).toBe(1);
    });

    test('that are on are not read whole again for a change that another transaction made', async () => {
      const rule = await insertedRule({ isOn: true });
      await driver.transact((tx) => tx.rules.save(rule));
      const on = () => driver.transact((tx) => tx.rules.on());
      const whole = await on();
      const statements: string[] = [];
      driver.db.on('query', ({ sql }: { readonly sql: string }) => statements.push(sql));
      expect(await on()).toEqual(whole);
      expect(statements.filter((sql) => /select \* from .rules/.test(sql))).toEqual([]);
    });

    test('that a transaction changed and did not commit are not taken for those of the next one', async () => {
      const rule = await insertedRule({ isOn: true });
      const change = (name: string) => async (tx: Transaction) => {
        await tx.rules.save({ ...rule, name });
        return tx.rules.on();
      };
      const undone = driver.transact(async (tx) => {
        await change('Undone')(tx);
        throw new Error('It is undone');
      });
      await expect(undone).rejects.toThrow('It is undone');
      await driver.transact(change('Done'));
      expect(await driver.stores.rules.on()).toMatchObject([{ name: 'Done', version: 2 }]);
    });

    test('have one name each, and a deleted one frees its name', async () => {
      const rule = await insertedRule();
      expect(await stores.rules.insert(aRule({ name: 'ENGINEERING básics' }))).toBe('taken');
      expect((await stores.rules.findByName(' engineering Basics'))?.id).toBe(rule.id);
      await stores.rules.save({ ...rule, deletedAt: noon });
      expect(await stores.rules.findByName('engineering basics')).toBeUndefined();
      expect(await stores.rules.insert(aRule())).toBe('inserted');
      expect((await stores.rules.findMany([rule.id, 'nobody'])).map(({ id }) => id)).toEqual([
        rule.id,
      ]);
    });

    test('are listed by name and by words, and those that are on by themselves', async () => {
      const [sales, design] = [
        await insertedRule({ name: 'Sales basics', isOn: true }),
        await insertedRule({ name: 'Design' }),
      ];
      await insertedRule({ name: 'Old', isOn: false, deletedAt: noon });
      const names = async (text: string) =>
        (await stores.rules.list(text, ALL)).items.map(({ name }) => name);
      expect(await names('')).toEqual([design.name, sales.name]);
      expect(await names('BASIC')).toEqual([sales.name]);
      expect((await stores.rules.on()).map(({ id }) => id)).toEqual([sales.id]);
    });

    test('that are on are the same list until one of them changes, and as they are after a change was rolled back', async () => {
      const rule = await insertedRule({ isOn: true });
      const [one, same] = [await stores.rules.on(), await stores.rules.on()];
      expect(same).toBe(one);
      let within: string | undefined;
      const refused = driver.transact(async (tx) => {
        await tx.rules.save({ ...rule, name: 'Rolled back' });
        within = (await tx.rules.on())[0]?.name;
        throw new Error('no');
      });
      await expect(refused).rejects.toThrow('no');
      expect(within).toBe('Rolled back');
      expect((await stores.rules.on())[0]?.name).toBe(rule.name);
      const definition = { ...definitionOf(rule), overlapDays: 3 };
      const saved = await stores.rules.save({ ...rule, definition });
      expect(await stores.rules.on()).toEqual([saved]);
      const draft = { ...definitionOf(rule), overlapDays: 4 };
      const drafted = await stores.rules.save({ ...saved, draft });
      expect(await stores.rules.on()).toEqual([drafted]);
      await stores.rules.save({ ...drafted, isOn: false });
      expect(await stores.rules.on()).toEqual([]);
    });

    test('are found by the bundle that they give, or would give by their draft', async () => {
      const definition = definitionOf(aRule());
      const gives = (bundleId: string) => ({
        ...definition,
        items: [{ id: newId(), integrationId: 'i1', bundleId }],
      });
      const a = await insertedRule({ name: 'A', isOn: true, draft: gives('b1') });
      const b = await insertedRule({ name: 'B', definition: gives('b1') });
      await insertedRule({ name: 'C', definition: gives('b12') });
      await insertedRule({ name: 'D', definition: gives('b1'), deletedAt: noon });
      expect(await stores.rules.giving('b1')).toEqual([a, b]);
    });

    test('there is none, or there was one', async () => {
      expect(await stores.rules.any()).toBe(false);
      await insertedRule({ deletedAt: noon });
      expect(await stores.rules.any()).toBe(true);
    });

    test('an item is sealed, and goes with its app', async () => {
      const rule = await insertedRule();
      const item = {
        id: 'item-1',
        ruleId: rule.id,
        integrationId: 'i1',
        form: { team: ['core-platform', 'web'] },
        answers: [{ label: 'Team', value: 'Core, Web' }],
      };
      await stores.rules.insertItem(item);
      expect(await stores.rules.findItem('item-1')).toEqual(item);
      const row: unknown = await driver.db('rule_items').first('content');
      expect(JSON.stringify(row)).not.toContain('core-platform');
      await driver.db('integrations').where({ id: 'i1' }).delete();
      expect(await stores.rules.findItem('item-1')).toBeUndefined();
    });
  });

  const anItem = async (): Promise<Rule> => {
    const rule = await insertedRule();
    const item = { id: 'item-1', ruleId: rule.id, integrationId: 'i1' };
    await stores.rules.insertItem({ ...item, form: {}, answers: [] });
    return rule;
  };

  test('exceptions count until they end, and their reason is sealed', async () => {
    const { id: ruleId } = await anItem();
    const common = {
      personId,
      ruleId,
      itemId: 'item-1',
      integrationId: 'i1',
      reason: 'A sabbatical',
      madeBy: { kind: 'system' } as const,
      createdAt: noon,
    };
    await stores.ruleExceptions.insert({ ...common, id: 'e1' });
    await stores.ruleExceptions.insert({ ...common, id: 'e2', endsAt: after(5) });
    const inEffect = async (now: Date) =>
      (await stores.ruleExceptions.inEffect([personId, 'nobody'], now)).map(({ id }) => id);
    expect(await inEffect(noon)).toEqual(['e1', 'e2']);
    expect(await inEffect(after(5))).toEqual(['e1']);
    expect(await stores.ruleExceptions.find('e2')).toEqual({
      ...common,
      id: 'e2',
      endsAt: after(5),
    });
    const { exceptions, total } = await stores.ruleExceptions.ofRule(ruleId, noon, ALL);
    expect([exceptions.map(({ reason }) => reason), total]).toEqual([
      ['A sabbatical', 'A sabbatical'],
      2,
    ]);
    const rows: unknown = await driver.db('rule_exceptions').select('reason');
    expect(JSON.stringify(rows)).not.toContain('sabbatical');
    expect(await stores.ruleExceptions.endedSince(noon, after(5))).toEqual([personId]);
    expect(await stores.ruleExceptions.endedSince(after(5), after(6))).toEqual([]);
    expect(await stores.ruleExceptions.endedSince(noon, after(4))).toEqual([]);
    await stores.ruleExceptions.deleteEndedBefore(after(6));
    await stores.ruleExceptions.delete('e1');
    expect(await inEffect(noon)).toEqual([]);
  });

  test('a trouble is kept once for a person and an item', async () => {
    const { id: ruleId } = await anItem();
    const trouble: RuleTrouble = {
      personId,
      ruleId,
      itemId: 'item-1',
      integrationId: 'i1',
      failures: 1,
      countedId: 'run-1',
      failedAt: noon,
    };
    await stores.ruleTroubles.put(trouble);
    expect(await stores.ruleTroubles.people()).toEqual([personId]);
    expect(await stores.ruleTroubles.people(personId)).toEqual([]);
    const told = { ...trouble, failures: 4, notifiedAt: after(1) };
    await stores.ruleTroubles.put(told);
    expect(await stores.ruleTroubles.of(personId)).toEqual([told]);
    expect(await stores.ruleTroubles.people()).toEqual([]);
    await stores.ruleTroubles.delete(trouble);
    expect(await stores.ruleTroubles.of(personId)).toEqual([]);
  });

  describe('people to evaluate', () => {
    test('wait once, from the earlier time on, until they are done', async () => {
      const other = (await insertPerson(stores)).id;
      await stores.ruleWork.add([personId, personId], after(5));
      await stores.ruleWork.add([other, personId], after(3));
      await stores.ruleWork.add([personId], after(4));
      expect(await stores.ruleWork.due(after(2))).toEqual([]);
      expect(await stores.ruleWork.due(after(3))).toEqual([other, personId].toSorted());
      expect(await stores.ruleWork.isOverdue(after(3))).toBe(false);
      expect(await stores.ruleWork.isOverdue(after(4))).toBe(true);
      await stores.ruleWork.postpone(other, after(60));
      await stores.ruleWork.done([personId]);
      expect(await stores.ruleWork.due(after(59))).toEqual([]);
      expect(await stores.ruleWork.due(after(60))).toEqual([other]);
    });

    test('go with the person', async () => {
      await stores.ruleWork.add([personId], noon);
      await driver.db('people').where({ id: personId }).delete();
      expect(await stores.ruleWork.due(noon)).toEqual([]);
    });
  });

  test('an address names who has it, or had it last', async () => {
    const one = await insertPerson(stores);
    const other = await insertPerson(stores);
    const gone = 'before@example.com';
    await stores.formerEmails.add(one.id, 'first@example.com', noon);
    await stores.formerEmails.add(one.id, gone, after(1));
    expect(await stores.formerEmails.ofPeople([one.id, other.id])).toEqual(
      new Map([
        [
          one.id,
          [
            { email: gone, until: after(1) },
            { email: 'first@example.com', until: noon },
          ],
        ],
      ]),
    );
    const named = async () => (await addressesOf(stores, [one, other])).get(one.id);
    expect(await named()).toEqual([one.email, gone, 'first@example.com']);
    await stores.formerEmails.add(other.id, gone, after(2));
    expect(await named()).toEqual([one.email, 'first@example.com']);
    await stores.people.save({ ...other, email: 'first@example.com', active: false });
    expect(await named()).toEqual([one.email]);
    const again = { ...one, addressSince: after(9) };
    expect((await addressesOf(stores, [again])).get(one.id)).toEqual([one.email]);
  });

  test('there is one pass at a time: a newer one begins anew, and the older one can’t be saved', async () => {
    expect(await stores.ruleWork.pass()).toBeUndefined();
    await stores.ruleWork.beginPass(noon);
    const first = present(await stores.ruleWork.pass());
    expect(first).toEqual({ version: 1, startedAt: noon, movedAt: noon, lastPersonId: '' });
    await stores.ruleWork.savePass({ ...first, lastPersonId: 'p9', movedAt: after(1) });
    expect(await stores.ruleWork.pass()).toMatchObject({ version: 2, lastPersonId: 'p9' });
    await stores.ruleWork.beginPass(after(2));
    const second = { version: 3, startedAt: after(2), movedAt: after(2), lastPersonId: '' };
    expect(await stores.ruleWork.pass()).toEqual(second);
    await expect(
      stores.ruleWork.savePass({ ...first, version: 2, lastPersonId: 'p9' }),
    ).rejects.toThrow(StaleWrite);
    expect(await stores.ruleWork.isOverdue(after(3))).toBe(true);
    await stores.ruleWork.savePass({ ...second, endedAt: after(3) });
    expect(await stores.ruleWork.isOverdue(after(9))).toBe(false);
    expect(await stores.ruleWork.pass()).toMatchObject({ endedAt: after(3) });
  });

  describe('holds of rules', () => {
    const aHold = (about: Partial<Hold> = {}): Hold => ({
      id: newId(),
      version: 1,
      personId,
      integrationId: 'i1',
      source: 'rule',
      givenBy: { kind: 'system' },
      startedAt: noon,
      ruleId: 'r1',
      ruleItemId: 'item-1',
      ...about,
    });

    test('are told from others, and stored as a source that older versions know', async () => {
      const hold = aHold();
      await stores.holds.insert(hold);
      expect(await stores.holds.find(hold.id)).toEqual(hold);
      expect(await driver.db('holds').first('source')).toEqual({ source: 'sequence' });
    });

    test('beside what was found are told from what was only found, page by page', async () => {
      const found = { source: 'found', ruleId: undefined, ruleItemId: undefined } as const;
      const held = [aHold(found), aHold()];
      for (const hold of held) await stores.holds.insert(hold);
      const page = { offset: 0, limit: 10 };
      expect(await stores.holds.onlyFoundAt('i1', page)).toEqual({
        personIds: [],
        total: 0,
      });
      const [, ofRule] = held;
      const rule = ofRule && (await stores.holds.find(ofRule.id));
      if (rule) await stores.holds.save({ ...rule, ended: { at: noon, why: 'expired' } });
      expect(await stores.holds.onlyFoundAt('i1', page)).toEqual({
        personIds: [personId],
        total: 1,
      });
      expect(await stores.holds.onlyFoundAt('i1', { offset: 5, limit: 5 })).toEqual({
        personIds: [],
        total: 1,
      });
    });

    test('are found at an app by the newest of each item, in any state', async () => {
      const before = aHold({ ended: { at: noon, why: 'expired' } });
      const [failed, lasting] = [
        aHold({ ended: { at: noon, why: 'not-granted' } }),
        aHold({ ruleItemId: 'item-2' }),
      ];
      const byHand = aHold({ source: 'by-hand', ruleId: undefined, ruleItemId: undefined });
      for (const hold of [before, failed, lasting, byHand]) await stores.holds.insert(hold);
      const latest = await stores.holds.latestOfRules(personId, 'i1');
      expect(latest.map(({ id }) => id).toSorted()).toEqual([failed.id, lasting.id].toSorted());
      expect(await stores.holds.latestOfRules(personId, 'i2')).toEqual([]);
    });

    test('are found by people and counted by rule, while they are open', async () => {
      const byHand = aHold({ source: 'by-hand', ruleId: undefined, ruleItemId: undefined });
      const [lasting, ended] = [aHold(), aHold({ ended: { at: noon, why: 'expired' } })];
      for (const hold of [byHand, lasting, ended]) await stores.holds.insert(hold);
      const ids = (holds: readonly Pick<Hold, 'id'>[]) => holds.map(({ id }) => id).toSorted();
      expect(ids(await stores.holds.openOfPeople([personId]))).toEqual(
        [byHand.id, lasting.id].toSorted(),
      );
      expect(ids(await stores.holds.lastingOfRules([personId, 'nobody']))).toEqual([lasting.id]);
      const ending = aHold({ endsAt: after(5), ruleItemId: 'item-2' });
      await stores.holds.insert(ending);
      expect(ids(await stores.holds.lastingOfRules([personId], ['r1', 'r2']))).toEqual([
        lasting.id,
      ]);
      expect(await stores.holds.lastingOfRules([personId], ['r2'])).toEqual([]);
      expect(await stores.holds.countOfRule('r1')).toBe(1);
      expect(await stores.holds.countOfRule('r2')).toBe(0);
    });

    test('that stayed at an app when it was deleted count no more', async () => {
      const left = await insertPerson(stores);
      const app = await insertIntegration(stores, { id: 'i2' });
      for (const hold of [aHold(), aHold({ personId: left.id, integrationId: 'i2' })])
        await stores.holds.insert(hold);
      expect(await stores.holds.countOfRule('r1')).toBe(2);
      await stores.integrations.save({ ...app, deletedAt: noon });
      expect(await stores.holds.countOfRule('r1')).toBe(1);
    });
  });

  test('an evaluation gives those who match what a rule gives, and a second one changes nothing', async () => {
    const { transact } = driver;
    const by = { actor: { kind: 'system' } } as const;
    const engineer = await insertPerson(stores, { department: 'Engineering' });
    const definition = definitionOf(aRule());
    const conditions = [
      { field: 'department', comparison: 'is', not: false, values: ['engineering'] },
    ] as const;
    const evaluated = () =>
      evaluateRules({ ...driver, now: () => noon, timeZone: 'UTC', pause: async () => undefined });
    await transact(async (tx) => {
      const wanted = { name: 'Basics', definition: { ...definition, conditions } };
      const made = ok(await makeRule(tx, wanted, by));
      const item = { integrationId: 'i1', form: {}, answers: [] };
      const added = ok(await addItem(tx, made.value.id, { ...by, item }));
      await turnOn(tx, made.value.id, { ...by, seen: added.value.version });
    });
    await evaluated();
    const holds = await stores.holds.openOf(engineer.id);
    expect(holds).toMatchObject([{ source: 'rule', integrationId: 'i1' }]);
    expect((await stores.tasks.find(holds[0]?.taskId ?? ''))?.kind).toBe('grant');
    expect(await stores.holds.openOf(personId)).toEqual([]);
    await transact(async (tx) => {
      await noteEveryone(tx);
      await notePeople(tx, [engineer.id]);
    });
    await evaluated();
    expect(await stores.holds.openOf(engineer.id)).toEqual(holds);
    expect(await stores.ruleWork.due(after(999))).toEqual([]);
  });

  test('active people come by id, page by page', async () => {
    const others = [await insertPerson(stores), await insertPerson(stores)];
    const left = others[1];
    if (left) await stores.people.save({ ...left, active: false });
    const all = [personId, others[0]?.id ?? ''].toSorted();
    expect((await stores.people.activePage('', 10)).map(({ id }) => id)).toEqual(all);
    expect((await stores.people.activePage(all[0] ?? '', 1)).map(({ id }) => id)).toEqual([all[1]]);
  });
}
