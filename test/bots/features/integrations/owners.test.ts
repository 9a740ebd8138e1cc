/** What an owner of an app sees and does there, and what stays with admins. */
import { beforeEach, describe, expect, test } from 'vitest';
import { turnHoldersPage } from '../../../../src/bots/features/access/holders-list.ts';
import { openIntegration } from '../../../../src/bots/features/integrations/integrations-list.ts';
import { applyPolicy, openPolicy } from '../../../../src/bots/features/policies/apply-policy.ts';
import { editStage } from '../../../../src/bots/features/policies/edit-stage.ts';
import { showRequests } from '../../../../src/bots/features/requests/request-list.ts';
import { keepAccess } from '../../../../src/bots/features/reviews/decide-review.ts';
import { reviewCard } from '../../../../src/bots/features/reviews/review-card.ts';
import { beginReview, openReport } from '../../../../src/bots/features/reviews/review-list.ts';
import { endReviewNow, reviewReport } from '../../../../src/bots/features/reviews/review-report.ts';
import { turnHistoryPage } from '../../../../src/bots/features/runs/run-history.ts';
import { exportFile } from '../../../../src/bots/features/settings/export-file.ts';
import { openHold } from '../../../../src/engine/access/holds.ts';
import { changeSettings } from '../../../../src/engine/integrations/change-integration.ts';
import type { Integration, Person } from '../../../../src/engine/people/directory.ts';
import type { Stores } from '../../../../src/engine/ports/unit-of-work.ts';
import { reevaluateReviews } from '../../../../src/engine/reviews/reviews.ts';
import { policyOf, routeOf } from '../../../../src/engine/settings/settings.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, buttonsOf, Clicker } from '../../../support/clicks.ts';
import { present } from '../../../support/given/outcomes.ts';
import { teamIn } from '../../../support/team.ts';

const SYSTEM = { kind: 'system' } as const;

let chat: TestChat;
let admin: Person;
let boss: Person;
let ann: Person;
let owner: Person;
let other: Person;
let own: string;
let others: string;

beforeEach(async () => {
  chat = await testChat();
  ({ admin, boss, ann } = await teamIn(chat));
  owner = await chat.person({ email: 'olga@example.com', firstName: 'Olga', lastName: 'Ray' });
  other = await chat.person({ email: 'otto@example.com', firstName: 'Otto', lastName: 'Ek' });
  own = await chat.integration('Fernboard', {
    initial_data_form: [{ id: 'TOKEN', name: 'API token' }],
    execute: [{ url: 'https://api.example.com/u' }],
    revoke: [{ url: 'https://api.example.com/u', method: 'DELETE' }],
  });
  others = await chat.integration('Lodestone', { execute: [{ url: 'https://api.example.com/l' }] });
  await owners(own, owner);
  await owners(others, other);
  await has(ann);
  await has(owner);
});

const as = ({ email }: Person) => new Clicker(chat, email);
const appNow = async (
  id = own,
  { integrations }: Pick<Stores, 'integrations'> = chat.services.stores,
): Promise<Integration> => present(await integrations.find(id));
const owners = async (id: string, ...people: readonly Person[]) => {
  const change = { ownerIds: people.map((each) => each.id) };
  await chat.services.transact(async (tx) =>
    changeSettings(tx, await appNow(id, tx), { actor: SYSTEM, change }),
  );
};
const has = async (person: Person, integrationId = own) => {
  const { stores, now } = chat.services;
  const known = { personId: person.id, integrationId, state: 'has', reason: '' } as const;
  await stores.access.put({ ...known, since: now(), checkedAt: now() });
};
const refusalOf = async (pressed: Promise<unknown>): Promise<string> =>
  pressed.then(
    (reply) => textOf((reply as { readonly card: Parameters<typeof textOf>[0] }).card),
    ({ message }: Error) => message,
  );
const ONLY = "Only the app's owners and Latchkey admins can.";
const ONLY_SEEN = "Only the app's owners, Latchkey admins and auditors can.";

test('help lists to owners the commands for them, and to no one else', async () => {
  const list = textOf(await as(owner).types('help', 'all'));
  const [, theirs = ''] = list.split('For owners of an app');
  expect(theirs).toContain('integrations [name] · ');
  expect(theirs).toContain('review · ');
  expect(list).not.toContain('settings · ');
  const anns = textOf(await as(ann).types('help', 'all'));
  expect(anns).not.toContain('For owners of an app');
  expect(anns).not.toContain('integrations [name] · ');
});

describe('the card of the app', () => {
  test('is reached from Home, and has only what an owner may do', async () => {
    const home = await as(owner).types('home');
    expect(textOf(home)).toContain('Apps that you own (1)');
    const card = await as(owner).presses(
      buttonsOf(home).find(({ about }) => about === 'Open: Fernboard') ?? buttonOf(home, 'none'),
    );
    expect(buttonsOf(card).map(({ label }) => label)).toEqual([
      'Who approves',
      'Who has access',
      'Reviews',
      'Requests',
      'Activity',
    ]);
    expect(textOf(card)).toContain('Has access: 2 people');
    expect(textOf(card)).toContain('State: ⚠ needs an admin');
    expect(textOf(card)).not.toContain('API token');
  });

  test('is refused to owners of another app, and so is everything behind it', async () => {
    const at = { integrationId: own };
    const calls = [
      openIntegration.with(at),
      openPolicy.with(at),
      turnHoldersPage.with({ ...at, page: 0 }),
    ];
    for (const call of calls) expect(await refusalOf(as(other).press(call))).toContain(ONLY_SEEN);
    const all = { scope: 'all', integrationId: own, page: 0 } as const;
    expect(textOf(await as(other).presses(showRequests.with(all)))).toContain(
      "You haven't requested anything.",
    );
    expect(textOf(await as(other).presses(turnHistoryPage.with(all)))).toContain('Mine');
  });

  test('is in a list with no other app', async () => {
    const list = await as(owner).types('integrations');
    expect(textOf(list)).toContain('Fernboard');
    expect(textOf(list)).not.toContain('Lodestone');
    expect(textOf(await as(owner).types('integrations', 'Lodestone'))).toContain(
      'No integration matches',
    );
    const refused = await as(ann).types('integrations');
    expect(textOf(refused)).toContain("You can't see integrations");
    expect(await as(ann).presses(buttonOf(refused, 'What I can do'))).toHaveProperty('title');
  });

  test('leads to who has access, until when, and what was requested', async () => {
    await chat.services.transact(async (tx) => {
      const about = { person: ann, integration: await appNow(own, tx), source: 'by-hand' } as const;
      await openHold(tx, { ...about, actor: SYSTEM, hours: 30 * 24 }, {});
    });
    const card = await as(owner).presses(openIntegration.with({ integrationId: own }));
    const holders = textOf(await as(owner).presses(buttonOf(card, 'Who has access')));
    expect(holders).toContain('Ann Lee · ann@example.com · has access since 25 Nov 2026');
    expect(holders).toContain('until 25 Dec 2026');
    expect(textOf(await as(owner).presses(buttonOf(card, 'Requests')))).toContain(
      'No one has requested Fernboard.',
    );
    expect(textOf(await as(owner).presses(buttonOf(card, 'Activity')))).toContain('Fernboard');
  });
});

describe('who approves', () => {
  const card = () => as(owner).presses(openPolicy.with({ integrationId: own }));

  test('is applied by an admin alone where more would be approved automatically', async () => {
    const { stages } = routeOf(policyOf(await appNow()));
    expect(stages).toHaveLength(1);
    await as(owner).press(buttonOf(await card(), 'Remove'));
    const apply = applyPolicy.with({ integrationId: own, version: (await appNow()).version });
    expect(await refusalOf(as(owner).opens(apply))).toContain('An admin has to apply this');
    expect(await refusalOf(as(owner).answers(apply, {}))).toContain('An admin has to apply this');
    expect(routeOf(policyOf(await appNow())).stages).toHaveLength(1);
    await as(admin).sends(apply, {});
    expect(routeOf(policyOf(await appNow())).stages).toHaveLength(0);
  });

  test('is changed, tried and applied by an owner, and owners by admins only', async () => {
    expect(buttonsOf(await card()).map(({ label }) => label)).not.toContain('Owners…');
    await as(owner).sends(buttonOf(await card(), 'Add a stage…'), { kinds: ['owners'] });
    const tried = await as(owner).gets(buttonOf(await card(), 'Try with a person…'), {
      email: ann.email,
    });
    expect(textOf(tried)).toContain('Stage 2: it goes to Olga Ray.');
    await as(owner).sends(buttonOf(await card(), 'Apply changes…'));
    expect(policyOf(await appNow()).route?.stages).toHaveLength(2);
    const [entry] = await chat.services.stores.auditLog.list({ offset: 0, limit: 1 });
    expect(entry).toMatchObject({
      what: 'integration.settings',
      actor: { personId: owner.id },
    });
  });

  test('is refused to someone who stopped being an owner with the form open', async () => {
    await as(owner).sends(buttonOf(await card(), 'Add a stage…'), { kinds: ['owners'] });
    const apply = buttonOf(await card(), 'Apply changes…');
    const form = await as(owner).opens(apply);
    await owners(own, other);
    const { version } = await appNow();
    expect(await refusalOf(as(owner).answersTo(form, apply, {}))).toContain(ONLY);
    // Also with the version of now, which their card doesn't have.
    const forged = applyPolicy.with({ integrationId: own, version });
    expect(await refusalOf(as(owner).answers(forged, {}))).toContain(ONLY);
    expect((await appNow()).version).toBe(version);
  });

  test('is refused to an owner who has left', async () => {
    const add = editStage.with({ integrationId: own, version: (await appNow()).version });
    const turn = await chat.turn(owner.email);
    const { transact } = chat.services;
    await transact((tx) => tx.people.save({ ...owner, active: false }));
    const said = await editStage.press(add.payload, turn);
    expect(said.kind === 'open' && 'refused' in (await said.form)).toBe(true);
  });

  test('asks an owner for a code where the app asks for codes', async () => {
    await as(owner).sends(buttonOf(await card(), 'Add a stage…'), { kinds: ['owners'] });
    await chat.services.transact(async (tx) =>
      changeSettings(tx, await appNow(own, tx), { actor: SYSTEM, change: { asksForCodes: true } }),
    );
    const apply = buttonOf(await card(), 'Apply changes…');
    expect(Object.keys((await as(owner).opens(apply)).fields)).toContain('code');
    const said = await refusalOf(as(owner).sends(apply, { code: '123456' }));
    expect(said).toContain("you haven't set one up yet");
    expect(policyOf(await appNow()).route).toBeUndefined();
  });
});

describe('a review that an owner starts', () => {
  const start = async (): Promise<string> => {
    await as(owner).sends(beginReview.with({}), { name: 'Fernboard, autumn' });
    const { reviews } = await chat.services.stores.reviews.list({ offset: 0, limit: 1 });
    return reviews[0]?.id ?? '';
  };
  const cardOf = async (reviewId: string, reader: Person) =>
    textOf(await as(reader).sees(reviewCard.with({ reviewId, page: 0 })));
  const reevaluate = () => reevaluateReviews({ integrationId: own }, chat.services);

  test('is of their apps alone, theirs to decide, and not of their own access', async () => {
    await has(ann, others);
    const reviewId = await start();
    expect(await cardOf(reviewId, owner)).toContain('Ann Lee: Fernboard');
    expect(await cardOf(reviewId, owner)).not.toContain('Lodestone');
    expect(await cardOf(reviewId, owner)).not.toContain('Olga');
    expect(await cardOf(reviewId, boss)).toContain('nothing for you to review');
    await as(owner).press(keepAccess.with({ reviewId, personId: ann.id, integrationId: own }));
    const item = await chat.services.stores.reviews.findItem(reviewId, ann.id, own);
    expect(item).toMatchObject({ state: 'kept', decidedById: owner.id });
    const self = { reviewId, personId: owner.id, integrationId: own };
    expect(await refusalOf(as(owner).press(keepAccess.with(self)))).toContain("You can't decide");
  });

  test('is followed, exported and closed by them, and by no owner of another app', async () => {
    const reviewId = await start();
    const report = await as(owner).sees(reviewReport.with({ reviewId, page: 0 }));
    expect(textOf(report)).toContain('Olga Ray · 0 of 1 decided');
    expect(textOf(await as(owner).presses(buttonOf(report, 'Export (CSV)')))).toContain(
      'Your file',
    );
    expect(textOf(await as(other).types('review'))).toContain('No reviews yet.');
    expect(await refusalOf(as(other).press(openReport.with({ reviewId })))).toContain(ONLY_SEEN);
    const file = exportFile.with({ of: 'review', id: reviewId });
    expect(await refusalOf(as(other).press(file))).toContain("You can't export data");
    expect(await refusalOf(as(other).answers(endReviewNow.with({ reviewId }), {}))).toContain(ONLY);
    await as(owner).sends(buttonOf(report, 'Close it now…'));
    expect((await chat.services.stores.reviews.find(reviewId))?.state).toBe('closed');
  });

  test('goes on with those who own the app now, and is refused to those who did', async () => {
    const reviewId = await start();
    await owners(own, other);
    await reevaluate();
    const theirs = { reviewId, personId: ann.id, integrationId: own };
    const said = await refusalOf(as(owner).press(keepAccess.with(theirs)));
    expect(said).toContain("You can't decide this one");
    expect(await refusalOf(as(owner).answers(endReviewNow.with({ reviewId }), {}))).toContain(ONLY);
    expect(await cardOf(reviewId, other)).toContain('Ann Lee: Fernboard');
  });

  test('of an app of others is refused', async () => {
    const said = await as(owner).answers(beginReview.with({}), {
      name: 'Not mine',
      due: '2026-12-09',
      integrations: [others],
    });
    expect(said).toMatchObject({
      kind: 'invalid',
      errors: { integrations: 'Choose from the list.' },
    });
    expect((await chat.services.stores.reviews.list({ offset: 0, limit: 1 })).total).toBe(0);
  });
});
