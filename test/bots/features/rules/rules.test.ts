/** Rules as an admin makes them in chat, and what people read of them. */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { accessCard } from '../../../../src/bots/features/access/access-card.ts';
import { revokeAccess } from '../../../../src/bots/features/access/revoke-access.ts';
import { bundleItem } from '../../../../src/bots/features/bundles/bundle-item.ts';
import { makeBundle } from '../../../../src/bots/features/bundles/edit-bundle.ts';
import { pinnedHome } from '../../../../src/bots/features/home/home.ts';
import { deleteIntegration } from '../../../../src/bots/features/integrations/delete-integration.ts';
import { reviewCard } from '../../../../src/bots/features/reviews/review-card.ts';
import { beginReview } from '../../../../src/bots/features/reviews/review-list.ts';
import { editRule } from '../../../../src/bots/features/rules/edit-rule.ts';
import { ruleNotice } from '../../../../src/bots/features/rules/rule-notice.ts';
import { impactWords } from '../../../../src/bots/features/rules/rule-words.ts';
import { turnRulesPage } from '../../../../src/bots/features/rules/rules-list.ts';
import type { Card } from '../../../../src/bots/view/card.ts';
import { turnOff } from '../../../../src/engine/integrations/change-integration.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { editRule as editIt } from '../../../../src/engine/rules/change-rule.ts';
import { evaluateRules } from '../../../../src/engine/rules/evaluate.ts';
import {
  definitionOf,
  NOT_CONFIRMED,
  type RuleDefinition,
} from '../../../../src/engine/rules/rule.ts';
import { aSyncRun } from '../../../support/a-sync-run.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, buttonsOf, Clicker, introOf } from '../../../support/clicks.ts';
import { firstOf, present } from '../../../support/given/outcomes.ts';
import { accessSince } from '../../../support/has-access.ts';

const ADA = 'ada@example.com';
const MARCO = 'marco@example.com';

let chat: TestChat;
let ada: Clicker;
let ann: Person;
let integrationId: string;

beforeEach(async () => {
  chat = await testChat();
  await chat.person({ email: ADA, firstName: 'Ada', lastName: 'Okafor', role: 'admin' });
  await chat.person({ email: MARCO, firstName: 'Marco', lastName: 'Bianchi', department: 'Sales' });
  ann = await chat.person({
    email: 'ann@example.com',
    firstName: 'Ann',
    lastName: 'Lee',
    department: 'Engineering',
    managerEmail: MARCO,
  });
  integrationId = await chat.integration('Fernboard', {
    form: [
      {
        id: 'role',
        name: 'Role',
        type: 'choice',
        items: [
          { id: 'editor', name: 'Editor' },
          { id: 'owner', name: 'Owner', needs_approval: true },
        ],
      },
    ],
    execute: [{ url: 'https://fernboard.example/members', data: { role: '{{role}}' } }],
    revoke: [{ url: 'https://fernboard.example/members', method: 'DELETE' }],
  });
  ada = new Clicker(chat, ADA);
});

test('who may get an app with other answers is not counted as someone for whom only the reasons change', () => {
  const none = { gains: [], hasAlready: [], otherAnswers: [], loses: [], keeps: [] };
  const changes = [{ ...none, person: ann, mayDiffer: [integrationId] }];
  const counts = { matching: 1, people: 3, gaining: 0, losing: 0, changing: 0, mayChange: 1 };
  const said = impactWords({ changes, ...counts, isLarge: true }, undefined);
  expect(said).toContain(
    "1 person has an app for another reason and may get it again with the rule's answers to its form.",
  );
  expect(said).not.toContain('Only the reasons');
});

async function evaluate(): Promise<void> {
  const { stores, transact, now } = chat.services;
  await evaluateRules({ stores, transact, now, timeZone: 'UTC', pause: async () => undefined });
}

const made = async (answers = {}): Promise<Card> =>
  ada.gets(buttonOf(await ada.types('rules'), 'New rule…'), {
    name: 'Engineering basics',
    field: 'department',
    comparison: 'is',
    values: 'Engineering',
    ...answers,
  });
const current = (): Promise<Card> => ada.types('rules', 'Engineering', 'basics');

async function withApp(role = 'editor', answers = {}): Promise<Card> {
  const picker = await ada.presses(buttonOf(await made(answers), 'Add an app or a bundle…'));
  return ada.gets(buttonOf(picker, 'Grant: Fernboard'), { 'form.role': role });
}

async function turnedOn(): Promise<Card> {
  await ada.gets(buttonOf(await withApp(), 'Turn on…'));
  await evaluate();
  return current();
}

/** The app has granted Ann what the rule gives. */
async function granted(): Promise<void> {
  await chat.services.stores.access.put(
    accessSince(chat.services.now(), { personId: ann.id, integrationId }),
  );
  for (const run of await chat.services.stores.runs.unfinishedOf(ann.id))
    if (run.state === 'queued')
      await chat.services.transact((tx) =>
        tx.runs.save({ ...run, state: 'succeeded', finishedAt: tx.now }),
      );
}

const row = (card: Card, about: string) => {
  const found = buttonsOf(card).find((button) => button.about === about);
  if (!found) throw new Error(`There is no button "${about}"`);
  return found;
};

test('what another admin saves of a rule while a form is being read stays', async () => {
  await made();
  const { stores, transact } = chat.services;
  const ruleNow = () => stores.rules.findByName('Engineering basics');
  const rule = await ruleNow();
  const edit = editRule.with({ ruleId: rule?.id ?? '' });
  const form = await ada.opens(edit);
  const saving = vi.spyOn(chat.services, 'transact').mockImplementationOnce(async (work) => {
    saving.mockRestore();
    const change = (was: RuleDefinition) => ({ ...was, overlapDays: 3 });
    await transact((tx) => editIt(tx, rule?.id ?? '', { actor: { kind: 'system' }, change }));
    return transact(work);
  });
  await ada.answersTo(form, edit, { before: '5' });
  expect((await ruleNow())?.definition).toMatchObject({ daysBefore: 5, overlapDays: 3 });
});

test('an admin makes a rule of a condition and an app, sees what it does, and turns it on', async () => {
  expect(textOf(await ada.types('rules'))).toContain('No rules yet.');
  const card = await withApp();
  expect(textOf(card)).toContain('Off, so it grants nothing');
  expect(textOf(card)).toContain('department is Engineering');
  expect(textOf(card)).toContain('Role: Editor');
  const form = await ada.opens(buttonOf(card, 'Turn on…'));
  expect(introOf(form)).toContain('1 of 3 people match. 1 person gains access.');
  expect(introOf(form)).toContain('Gain access: Ann Lee');
  const list = await ada.presses(buttonOf(card, 'Who gains and loses…'));
  expect(textOf(list)).toContain('Ann Lee · Gains Fernboard.');
  await turnedOnWith(card);
  const on = await current();
  expect(textOf(on)).toContain('Status: On');
  expect(textOf(on)).toContain('Has it now: 1 person');
  const [hold] = await chat.services.stores.holds.openAt(ann.id, integrationId);
  expect(hold).toMatchObject({ source: 'rule' });
  expect(textOf(await ada.types('rules'))).toContain(
    'Engineering basics · On · department is Engineering · 1 person',
  );
});

test('only the form says to check the list before the button is pressed: the list has none', async () => {
  const card = await withApp();
  const toCheck = 'check the list before you press the button';
  expect(introOf(await ada.opens(buttonOf(card, 'Turn on…')))).toContain(toCheck);
  const list = await ada.presses(buttonOf(card, 'Who gains and loses…'));
  expect(textOf(list)).not.toContain(toCheck);
});

async function turnedOnWith(card: Card): Promise<void> {
  await ada.gets(buttonOf(card, 'Turn on…'));
  await evaluate();
}

test('what is wrong with a condition is said beside its field', async () => {
  const make = buttonOf(await ada.types('rules'), 'New rule…');
  const answers = { name: 'Bo', field: 'manager', comparison: 'is', values: 'Marco' };
  expect(await ada.isTold(make, answers)).toEqual({
    values: "Marco isn't an email address. Managers are compared by their address.",
  });
  const long = { name: 'Bo', values: 'x'.repeat(201) };
  expect(await ada.isTold(make, long)).toEqual({
    values: 'At most 200 characters in a value; one has 201.',
  });
  expect(await ada.isTold(make, { name: 'Bo', values: 'x', before: '-1', overlap: '1.5' })).toEqual(
    {
      before: 'A whole number from 0 to 90.',
      overlap: 'A whole number from 0 to 365.',
    },
  );
});

test('conditions are added, edited and removed, and a card from before can’t change another one', async () => {
  const before = await made();
  const added = await ada.gets(buttonOf(before, 'Add a condition…'), {
    field: 'position',
    comparison: 'not-one-of',
    values: 'Intern, Working student',
  });
  expect(textOf(added)).toContain('position is none of Intern, Working student');
  const stale = await ada.presses(row(before, 'Remove: department is Engineering'));
  expect(textOf(stale)).toContain('Engineering basics has just changed');
  await ada.press(row(added, 'Remove: department is Engineering'));
  expect(textOf(await current())).not.toContain('department is Engineering');
  const edited = await ada.gets(
    row(await current(), 'Edit: position is none of Intern, Working student'),
    { comparison: 'contains', values: 'Backend' },
  );
  expect(textOf(edited)).toContain('position contains Backend');
});

test('changes of a rule that is on count when they are applied', async () => {
  const on = await turnedOn();
  const changed = await ada.gets(row(on, 'Edit: department is Engineering'), { values: 'Sales' });
  expect(textOf(changed)).toContain("Your changes aren't applied yet.");
  await evaluate();
  expect(await chat.services.stores.holds.countOfRule(await ruleId())).toBe(1);
  const form = await ada.opens(buttonOf(changed, 'Apply changes…'));
  expect(introOf(form)).toContain(
    '1 person gains access. 1 person loses access in 14 days, unless they match again by then.',
  );
  expect(introOf(form)).toContain('Lose access: Ann Lee');
  await ada.gets(buttonOf(changed, 'Apply changes…'));
  await evaluate();
  const holds = await chat.services.stores.holds.openAt(ann.id, integrationId);
  expect(holds.map(({ endsAt }) => endsAt?.toISOString())).toEqual(['2026-12-09T09:00:00.000Z']);
});

test('an OK is for what was shown: a rule that someone changed meanwhile is not turned on', async () => {
  const card = await withApp();
  await ada.gets(buttonOf(card, 'Add a condition…'), { field: 'role', values: 'other' });
  const reply = await ada.gets(buttonOf(card, 'Turn on…'));
  expect(textOf(reply)).toContain('Someone just changed this rule.');
});

test('what needs approval is named before the press that approves it, and in the audit log', async () => {
  const card = await withApp('owner');
  expect(introOf(await ada.opens(buttonOf(card, 'Turn on…')))).toContain(
    'Some of this needs approval: Owner.',
  );
  await turnedOnWith(card);
  const [entry] = await chat.services.stores.auditLog.list(
    { offset: 0, limit: 1 },
    { what: 'rule.on' },
  );
  expect(entry?.detail).toMatchObject({ approved: 'Owner', rule: 'Engineering basics' });
});

test('its card says of an app that it is turned off, is being deleted or was deleted', async () => {
  await turnedOn();
  const { stores, transact } = chat.services;
  const app = async () => present(await stores.integrations.find(integrationId));
  const seen = await app();
  await transact((tx) => turnOff(tx, seen, { actor: { kind: 'system' } }));
  expect(textOf(await current())).toContain("turned off, so it isn't granted now");
  const off = await app();
  await transact((tx) => tx.integrations.save({ ...off, deletingSince: tx.now }));
  expect(textOf(await current())).toContain('is being deleted');
  const leaving = await app();
  await transact((tx) => tx.integrations.save({ ...leaving, deletedAt: tx.now }));
  const text = textOf(await current());
  expect(text).toContain('Deleted from Latchkey');
  expect(text).not.toContain('turned off');
});

test('a rule is turned off and deleted after its dry run, by its name', async () => {
  const on = await turnedOn();
  expect(introOf(await ada.opens(buttonOf(on, 'Turn off…')))).toContain('Lose access: Ann Lee');
  await ada.gets(buttonOf(on, 'Turn off…'));
  expect(textOf(await current())).toContain('Off, so it grants nothing');
  expect(await ada.isTold(buttonOf(on, 'Delete…'), { name: 'Basics' })).toEqual({
    name: "That isn't its name. Type Engineering basics to delete it.",
  });
  expect(textOf(await ada.gets(buttonOf(on, 'Delete…'), { name: 'engineering basics' }))).toContain(
    'Engineering basics is deleted',
  );
  expect(textOf(await ada.types('rules'))).toContain('No rules yet.');
});

async function givenBundle(): Promise<void> {
  await ada.sends(makeBundle.with({}), { name: 'Starter kit' });
  const found = await chat.services.stores.bundles.findByName('Starter kit');
  await ada.sends(bundleItem.with({ bundleId: found?.id ?? '', integrationId }), {
    'form.role': 'editor',
  });
  const picker = await ada.presses(buttonOf(await made(), 'Add an app or a bundle…'));
  await ada.presses(buttonOf(picker, 'Grant: Starter kit'));
  await ada.gets(buttonOf(await current(), 'Turn on…'));
  await evaluate();
}

describe('a rule that gives a bundle', () => {
  const bundle = (): Promise<Card> => ada.types('bundles', 'Starter', 'kit');

  test('names it, and people read both on the card of their access', async () => {
    await givenBundle();
    expect(textOf(await current())).toContain('Starter kit · bundle · 1 app: Fernboard');
    expect(textOf(await bundle())).toContain('Granted by: Engineering basics');
    await granted();
    expect(
      textOf(await ada.sees(accessCard.with({ personId: ann.id, page: 0, askedAt: chat.clock }))),
    ).toContain('Starter kit by rule Engineering basics, because department is Engineering');
  });

  test('gets the changes of the bundle after their dry run', async () => {
    await givenBundle();
    const wiki = await chat.integration('Wiki', {
      execute: [{ url: 'https://wiki.example/members' }],
    });
    const picker = await ada.presses(buttonOf(await bundle(), 'Add an app…'));
    await ada.gets(buttonOf(picker, 'Add…'), {});
    expect(textOf(await bundle())).toContain("Your changes aren't applied yet.");
    await ada.press(row(await bundle(), 'Remove: Fernboard'));
    const list = await ada.presses(buttonOf(await bundle(), 'Who gains and loses…'));
    expect(textOf(list)).toContain('Ann Lee · Gains Wiki. Loses Fernboard.');
    const form = await ada.opens(buttonOf(await bundle(), 'Apply changes…'));
    expect(introOf(form)).toContain('Wiki: 1 person gains it.');
    expect(introOf(form)).toContain('Fernboard: 1 person loses it.');
    await ada.gets(buttonOf(await bundle(), 'Apply changes…'));
    await evaluate();
    const holds = await chat.services.stores.holds.openOf(ann.id);
    expect(holds.find(({ endsAt }) => !endsAt)?.integrationId).toBe(wiki);
    expect(textOf(await bundle())).not.toContain("Your changes aren't applied yet.");
  });

  test('keeps the bundle from being deleted', async () => {
    await givenBundle();
    await expect(ada.opens(buttonOf(await bundle(), 'Delete…'))).rejects.toThrow(
      'The rule Engineering basics grants Starter kit.',
    );
  });
});

const ruleId = async (): Promise<string> =>
  (await chat.services.stores.rules.findByName('Engineering basics'))?.id ?? '';

describe('the access of someone whom a rule gives it', () => {
  const shown = () => ada.sees(accessCard.with({ personId: ann.id, page: 0, askedAt: chat.clock }));

  beforeEach(async () => {
    await turnedOn();
    await granted();
  });

  test('says why they have it, and each other reason after a semicolon', async () => {
    const [hold] = await chat.services.stores.holds.openOf(ann.id);
    const { ruleId: _, ruleItemId: __, ...known } = present(hold);
    const other = { ...known, id: chat.services.newId(), version: 1, source: 'by-hand' } as const;
    await chat.services.stores.holds.insert(other);
    expect(textOf(await shown())).toContain(
      'rule Engineering basics, because department is Engineering; by hand',
    );
  });

  test('is revoked in a review by who reads that this makes an exception, and since when they have it', async () => {
    const values = { name: 'Autumn', due: '2026-12-09', reviewers: 'managers', undecided: 'keep' };
    await ada.gets(beginReview.with({}), values);
    const { reviews } = await chat.services.stores.reviews.list({ offset: 0, limit: 1 });
    const marco = new Clicker(chat, MARCO);
    const card = await marco.sees(reviewCard.with({ reviewId: firstOf(reviews).id, page: 0 }));
    const why = 'rule Engineering basics, because department is Engineering (since 25 Nov 2026)';
    expect(textOf(card)).toContain(why);
    const form = introOf(await marco.opens(buttonOf(card, 'Revoke…')));
    expect(form).toContain(`Reason for the access: ${why}.`);
    expect(form).toContain('this makes an exception for Ann Lee');
  });

  test('is revoked with an exception, which has a reason and may have an end', async () => {
    const revoke = revokeAccess.with({ personId: ann.id, integrationId });
    const form = await ada.opens(revoke);
    expect(introOf(form)).toContain('this makes an exception for Ann Lee');
    expect(
      await ada.isTold(revoke, { exceptionReason: 'A', exceptionUntil: '2026-11-25' }),
    ).toEqual({ exceptionUntil: 'Choose a day after today.' });
    await ada.gets(revoke, { exceptionReason: 'A sabbatical', exceptionUntil: '2027-01-04' });
    await evaluate();
    const exceptions = await ada.presses(buttonOf(await current(), 'Exceptions'));
    expect(textOf(exceptions)).toContain('Ann Lee: Fernboard · Until 4 Jan 2027: A sabbatical');
    const ended = await ada.presses(row(exceptions, 'End the exception: Ann Lee'));
    expect(textOf(ended)).toContain('No exceptions.');
  });
});

test('admins read what a rule could not give, and may try again', async () => {
  await turnedOn();
  const id = await ruleId();
  const rule = await chat.services.stores.rules.find(id);
  const about = {
    personId: ann.id,
    itemId: (rule && definitionOf(rule).items[0]?.id) ?? '',
    integrationId,
  };
  await chat.services.transact(async (tx) => {
    const trouble = { ...about, ruleId: id, failures: 4, notifiedAt: tx.now };
    await tx.ruleTroubles.put(trouble);
    await tx.emit({ kind: 'rule-trouble', trouble });
  });
  const posted = await chat.database.db('jobs').where({ name: 'message.post' }).pluck('payload');
  expect(posted.join()).toContain('rule-notice');
  const notice = await ada.sees(ruleNotice.with(about));
  expect(textOf(notice)).toContain("Ann Lee doesn't get Fernboard");
  expect(textOf(notice)).toContain('the grant failed 4 times');
  await ada.press(buttonOf(notice, 'Try again'));
  expect(textOf(await ada.sees(ruleNotice.with(about)))).toContain('Ann Lee and Fernboard: solved');
});

test('admins read what a rule granted and the app denies', async () => {
  await turnedOn();
  const rule = await chat.services.stores.rules.find(await ruleId());
  const about = {
    personId: ann.id,
    itemId: (rule && definitionOf(rule).items[0]?.id) ?? '',
    integrationId,
  };
  await chat.services.transact((tx) =>
    tx.ruleTroubles.put({
      ...about,
      ruleId: rule?.id ?? '',
      failures: 4,
      countedId: NOT_CONFIRMED,
      failedAt: tx.now,
      notifiedAt: tx.now,
    }),
  );
  const notice = await ada.sees(ruleNotice.with(about));
  expect(textOf(notice)).toContain('Ann Lee may not have Fernboard');
  expect(textOf(notice)).toContain('Fernboard says that there is no such account');
  await ada.press(buttonOf(notice, 'Try again'));
  expect(textOf(await ada.sees(ruleNotice.with(about)))).toContain('Ann Lee and Fernboard: solved');
});

test('only admins see rules', async () => {
  const marco = new Clicker(chat, MARCO);
  expect(textOf(await marco.types('rules'))).toContain('Only Latchkey admins and auditors can.');
});

test('a rule that compares what no import has brought yet says that it stands still', async () => {
  const importId = await chat.integration('HR', {
    action: 'update',
    execute: [{ url: 'https://hr.example/people', method: 'GET' }],
    data_structure: { email: 'mail', OFFICE: 'office' },
    schedule: '0 2 * * *',
  });
  await chat.services.transact((tx) => tx.storedNames.claim(importId, ['OFFICE'], tx.now));
  const still =
    "This rule stands still. It grants nothing and removes nothing until an import has brought what it compares. HR is to bring OFFICE, and hasn't yet.";
  const card = await withApp('editor', { field: 'stored:OFFICE', values: 'Berlin' });
  expect(textOf(card)).toContain(still);
  expect(textOf(await ada.presses(row(card, 'Open: HR')))).toContain('HR');
  await ada.gets(buttonOf(card, 'Turn on…'));
  const listed = "⚠ Stands still: HR hasn't brought OFFICE yet · OFFICE is Berlin";
  expect(textOf(await ada.presses(turnRulesPage.with({ page: 0, text: '' })))).toContain(listed);
  const { id: personId = '' } = (await chat.services.stores.people.findByEmail(ADA)) ?? {};
  const home = () => ada.sees(pinnedHome.with({ personId }));
  expect(textOf(await home())).toContain(
    "Rules that stand still (1) · Engineering basics: HR hasn't brought OFFICE yet",
  );
  const opened = await ada.presses(row(await home(), 'View: rules that stand still'));
  expect(opened.title).toBe('Engineering basics');
  const other = await chat.services.transact(async (tx) => {
    const rule = firstOf(await tx.rules.on());
    const condition = { comparison: 'is', not: false, values: ['7'] } as const;
    const conditions = [{ ...condition, field: 'stored:COST' as const }];
    const definition = { ...definitionOf(rule), conditions, items: [] };
    const finance = { ...rule, id: tx.newId(), name: 'Finance', definition };
    await tx.rules.insert(finance);
    return finance;
  });
  expect(textOf(await home())).toContain(
    "Rules that stand still (2) · Engineering basics, Finance: HR hasn't brought OFFICE yet and no import brings COST",
  );
  await chat.services.transact((tx) => tx.rules.save({ ...other, isOn: false }));
  const form = await ada.opens(deleteIntegration.with({ integrationId: importId }));
  expect(introOf(form)).toContain('The rule Engineering basics compares what it brings.');
  await chat.services.transact(async (tx) => {
    const { dueAt: _, ...begun } = aSyncRun({ integrationId: importId, createdAt: tx.now });
    await tx.syncRuns.insert({ ...begun, state: 'done', finishedAt: tx.now });
  });
  expect(textOf(await current())).not.toContain('stands still');
  expect(textOf(await home())).not.toContain('stand still');
});

test('a rule that stands still while its import runs says where to follow that', async () => {
  const importId = await chat.integration('HR', {
    action: 'update',
    execute: [{ url: 'https://hr.example/people', method: 'GET' }],
    data_structure: { email: 'mail', OFFICE: 'office' },
    schedule: '0 2 * * *',
  });
  await chat.services.transact(async (tx) => {
    await tx.storedNames.claim(importId, ['OFFICE'], tx.now);
    await tx.syncRuns.insert(aSyncRun({ integrationId: importId, createdAt: tx.now }));
  });
  const card = await withApp('editor', { field: 'stored:OFFICE', values: 'Berlin' });
  expect(textOf(card)).toContain('Its import is running: open HR to follow it.');
});

test('of two presses at once on a condition, one removes it, and no other goes with it', async () => {
  const add = async (values: string) =>
    ada.gets(buttonOf(await current(), 'Add a condition…'), {
      field: 'position',
      comparison: 'contains',
      values,
    });
  await made();
  await add('Backend');
  await add('Senior');
  const remove = row(await current(), 'Remove: department is Engineering');
  await Promise.all([ada.press(remove), ada.press(remove)]);
  const text = textOf(await current());
  expect(text).not.toContain('department is Engineering');
  expect(text).toContain('position contains Backend');
  expect(text).toContain('position contains Senior');
});

test('an app that someone else has changed or removed meanwhile is not granted twice, or again', async () => {
  const edit = row(await withApp(), 'Edit: Fernboard');
  const form = await ada.opens(edit);
  await ada.sends(edit, { 'form.role': 'owner' });
  const card = await ada.answersTo(form, edit, { 'form.role': 'editor' });
  expect(JSON.stringify(card)).toContain('Someone just changed this rule.');
  const text = textOf(await current());
  expect(text).toContain('Role: Owner');
  expect(text).not.toContain('Role: Editor');
});

test('a form that was open keeps what someone else has changed meanwhile', async () => {
  const edit = buttonOf(await made(), 'Edit name and days…');
  const form = await ada.opens(edit);
  await ada.sends(edit, { overlap: '30' });
  await ada.answersTo(form, edit, { name: 'Engineering' });
  const shown = await ada.opens(edit);
  expect(shown.fields['name']).toMatchObject({ initial: 'Engineering' });
  expect(shown.fields['overlap']).toMatchObject({ initial: '30' });
});
