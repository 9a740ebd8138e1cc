/** Recurring reviews in chat, as admins, owners and reviewers use them. */
import { beforeEach, expect, test } from 'vitest';
import { addCampaign, editCampaign } from '../../../../src/bots/features/reviews/campaign-form.ts';
import { openCampaigns } from '../../../../src/bots/features/reviews/campaigns-list.ts';
import { keepPage } from '../../../../src/bots/features/reviews/decide-review.ts';
import { reviewCard } from '../../../../src/bots/features/reviews/review-card.ts';
import { reviewReport } from '../../../../src/bots/features/reviews/review-report.ts';
import { changeSettings } from '../../../../src/engine/integrations/change-integration.ts';
import { deactivate, reactivate } from '../../../../src/engine/people/change-person.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { makeCampaign } from '../../../../src/engine/reviews/campaigns.ts';
import { reviewSources } from '../../../../src/engine/reviews/due-reviews.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, buttonsOf, Clicker, introOf } from '../../../support/clicks.ts';
import { present } from '../../../support/given/outcomes.ts';
import { accessSince } from '../../../support/has-access.ts';
import { teamIn } from '../../../support/team.ts';
import { fire } from '../../../support/tick.ts';

const DAY = 24 * 60 * 60_000;

let chat: TestChat;
let admin: Person;
let boss: Person;
let fernboard: string;
let ada: Clicker;
let bo: Clicker;

beforeEach(async () => {
  chat = await testChat();
  let ann: Person;
  ({ admin, boss, ann } = await teamIn(chat));
  fernboard = await chat.integration('Fernboard', {
    execute: [{ url: 'https://api.example.com/u' }],
    revoke: [{ url: 'https://api.example.com/u', method: 'DELETE' }],
  });
  await has(ann, fernboard);
  ada = new Clicker(chat, admin.email);
  bo = new Clicker(chat, boss.email);
});

const has = ({ id: personId }: Person, integrationId: string) => {
  const at = chat.services.now();
  return chat.services.stores.access.put(accessSince(at, { personId, integrationId }));
};

async function tick(): Promise<void> {
  await fire(chat.services, reviewSources({ timeZone: 'UTC' }));
}

/** Reports of Bo that have Fernboard. */
async function reports(count: number): Promise<void> {
  for (let n = 1; n <= count; n += 1)
    await has(
      await chat.person({
        email: `report${n}@example.com`,
        firstName: `Report${n}`,
        managerEmail: boss.email,
      }),
      fernboard,
    );
}

const started = async (name: string) => {
  const made = await ada.gets(addCampaign.with({}), { name });
  return ada.gets(buttonOf(made, 'Start now…'));
};

const ownCard = async (): Promise<ReturnType<typeof bo.sees>> => {
  const { reviews } = await chat.services.stores.reviews.list({ offset: 0, limit: 1 });
  return bo.sees(reviewCard.with({ reviewId: reviews[0]?.id ?? '', page: 0 }));
};

test('an admin sets one up: its card says when, whom and what becomes of the rest, and the list has it', async () => {
  const card = await ada.gets(addCampaign.with({}), {
    name: 'Quarterly',
    first: '2026-12-01',
    undecided: 'remove',
  });
  const text = textOf(card);
  expect(card.title).toBe('Quarterly');
  expect(text).toContain('Every quarter');
  expect(text).toContain('1 Dec 2026');
  expect(text).toContain('Set up by: Ada');
  const list = await ada.presses(openCampaigns.with({}));
  expect(textOf(list)).toContain('1 recurring review');
  expect(textOf(list)).toContain('Quarterly');
});

test('a date that is over, a length that runs into the next one, and nobody named are refused where they stand', async () => {
  const add = addCampaign.with({});
  expect(await ada.isTold(add, { first: '2026-11-01' })).toEqual({
    first: 'This day is over. Choose a later one.',
  });
  expect(await ada.isTold(add, { every: 'month', days: '45' })).toEqual({
    days: 'At most 28 days, so that one ends before the next.',
  });
  expect(await ada.isTold(add, { reviewers: 'named' })).toEqual({
    peopleEmails: 'Choose at least one person, or enter their email address.',
  });
});

test('on its date reviewers get their cards, and the next date is one quarter later', async () => {
  await ada.sends(addCampaign.with({}), { name: 'Quarterly', first: '2026-12-01' });
  chat.clock = Date.parse('2026-12-01T09:00:00Z');
  await tick();
  expect(textOf(await ownCard())).toContain('Fernboard');
  const [campaign] = (await chat.services.stores.campaigns.list({ offset: 0, limit: 1 })).campaigns;
  expect(campaign).toMatchObject({ lastOn: '2026-12-01' });
  const again = await ada.presses(openCampaigns.with({}));
  expect(textOf(again)).toContain('1 Mar 2027');
});

test('Edit changes its next date, Stop starts nothing any more, and Resume goes on', async () => {
  const made = await ada.gets(addCampaign.with({}), { name: 'Quarterly', first: '2026-12-01' });
  const edited = await ada.gets(buttonOf(made, 'Edit…'), { first: '2026-12-05' });
  expect(textOf(edited)).toContain('5 Dec 2026');
  await ada.press(buttonOf(edited, 'Stop'));
  chat.clock = Date.parse('2026-12-06T09:00:00Z');
  await tick();
  expect((await chat.services.stores.reviews.list({ offset: 0, limit: 1 })).total).toBe(0);
  const list = await ada.presses(openCampaigns.with({}));
  const stopped = await ada.presses(buttonOf(list, 'Open'));
  await ada.press(buttonOf(stopped, 'Resume'));
  chat.clock = Date.parse('2027-03-05T09:00:00Z');
  await tick();
  expect((await chat.services.stores.reviews.list({ offset: 0, limit: 1 })).total).toBe(1);
});

test('Start now asks first, and shows how it goes; Remind sends a card again, once an hour', async () => {
  const made = await ada.gets(addCampaign.with({}), { name: 'Quarterly' });
  const form = await ada.opens(buttonOf(made, 'Start now…'));
  expect(introOf(form)).toContain('Reviewers get their cards now');
  const progress = await ada.gets(buttonOf(made, 'Start now…'));
  expect(textOf(progress)).toContain('0 of 1 decided');
  const remind = buttonOf(progress, 'Remind all');
  expect((await ada.presses(remind)).title).toBe('1 person was reminded');
  expect((await ada.presses(remind)).title).toBe('No one was reminded');
  chat.clock += DAY;
  await bo.press(buttonOf(await ownCard(), /^Keep/));
  await expect(ada.presses(remind)).resolves.toMatchObject({ title: 'There is no one to remind' });
});

test('Keep all on this page asks first, keeps what it showed, and leaves the other pages', async () => {
  await reports(20);
  await started('Quarterly');
  const card = await ownCard();
  const form = await bo.opens(buttonOf(card, 'Keep all on this page…'));
  const shown = buttonsOf(card).filter(({ label }) => label === 'Revoke…').length;
  expect(introOf(form)).toContain(`That keeps ${shown} accesses.`);
  await bo.sends(buttonOf(card, 'Keep all on this page…'));
  const { reviews } = await chat.services.stores.reviews.list({ offset: 0, limit: 1 });
  const counts = await chat.services.stores.reviews.counts(reviews[0]?.id ?? '');
  expect(counts).toMatchObject({ kept: shown, open: 21 - shown });
  expect(shown).toBeGreaterThan(1);
});

test('Keep all on this page names no one whom its reader does not review, and keeps nothing of theirs', async () => {
  await reports(1);
  const eve = await chat.person({ email: 'eve@example.com', firstName: 'Eve', lastName: 'Else' });
  await has(eve, fernboard);
  await started('Quarterly');
  const { reviews } = await chat.services.stores.reviews.list({ offset: 0, limit: 1 });
  const reviewId = reviews[0]?.id ?? '';
  const { items } = await chat.services.stores.reviews.items(reviewId, {}, { offset: 0, limit: 9 });
  const forged = keepPage.with({
    reviewId,
    items: items.map(({ personId, integrationId }) => ({ personId, integrationId })),
  });
  const intro = introOf(await bo.opens(forged));
  expect(intro).toContain('That keeps 2 accesses.');
  expect(intro).not.toContain('Eve');
  await bo.sends(forged);
  const left = await chat.services.stores.reviews.findItem(reviewId, eve.id, fernboard);
  expect(left?.state).toBe('open');
  expect(await chat.services.stores.reviews.counts(reviewId)).toMatchObject({ kept: 2, open: 1 });
});

test('a long one is searched by name, and shown whole again', async () => {
  await reports(20);
  await started('Quarterly');
  const card = await ownCard();
  const found = await bo.gets(buttonOf(card, 'Search…'), { text: 'report7' });
  expect(textOf(found)).toContain('Report7');
  expect(textOf(found)).not.toContain('Report8');
  expect(textOf(await bo.presses(buttonOf(found, 'Show all')))).toContain('21 to review');
});

test("an owner sets one up for their own app, sees neither others' nor the pack of evidence, and may not change them", async () => {
  const other = await chat.integration('Ledger', { execute: [{ url: 'https://api.example.com' }] });
  await chat.services.transact(async (tx) => {
    const integration = await tx.integrations.find(fernboard);
    if (integration)
      await changeSettings(tx, integration, {
        actor: { kind: 'system' },
        change: { ownerIds: [boss.id] },
      });
  });
  await ada.sends(addCampaign.with({}), { name: 'Of everything' });
  const form = await bo.opens(addCampaign.with({}));
  expect(JSON.stringify(form.fields)).not.toContain(other);
  const made = await bo.gets(addCampaign.with({}), { name: 'Of mine' });
  const list = textOf(await bo.presses(openCampaigns.with({})));
  expect(list).toContain('Of mine');
  expect(list).not.toContain('Of everything');
  const progress = await bo.gets(buttonOf(made, 'Start now…'));
  const labels = buttonsOf(progress).map(({ label }) => label);
  expect(labels).toContain('Export (CSV)');
  expect(labels).not.toContain('Evidence (ZIP)');
});

test('what many left undecided waits for an admin, whose card says so and asks before it removes anything', async () => {
  await reports(6);
  const made = await ada.gets(addCampaign.with({}), { name: 'Quarterly', undecided: 'remove' });
  await ada.sends(buttonOf(made, 'Start now…'));
  const { stores } = chat.services;
  const [review] = (await stores.reviews.list({ offset: 0, limit: 1 })).reviews;
  const reviewId = review?.id ?? '';
  const told = async (): Promise<readonly string[]> => {
    const jobs: readonly { readonly payload: string }[] = await chat.database
      .db('jobs')
      .where({ name: 'message.post' })
      .select('payload');
    return jobs
      .filter(({ payload }) => payload.includes(reviewId) && payload.includes('review-report'))
      .map(({ payload }) => (JSON.parse(payload) as { readonly personId: string }).personId);
  };
  expect(await told()).toEqual([admin.id]); // That it began.
  chat.clock += 60 * DAY;
  await tick();
  await tick();
  expect(await told()).toEqual([admin.id, admin.id]);
  const report = () => ada.sees(reviewReport.with({ reviewId, page: 0 }));
  const held = await report();
  expect(textOf(held)).toContain('nothing is removed until a Latchkey admin says yes');
  const own = await bo.sees(reviewCard.with({ reviewId, page: 0 }));
  expect(textOf(own)).toContain('Reviewers can still decide.');
  const button = buttonOf(held, 'Remove it…');
  const refused = "You can't remove what a review left undecided";
  await expect(bo.opens(button)).rejects.toThrow(refused);
  expect(await bo.answers(button, {})).toMatchObject({ card: { title: refused } });
  expect(introOf(await ada.opens(button))).toContain(
    'This removes 7 accesses, of 7 people in all, since no one has decided about them.',
  );
  expect(await stores.reviews.counts(reviewId)).toMatchObject({ open: 7, revoked: 0 });
  await ada.sends(button);
  expect(buttonsOf(await report()).map(({ label }) => label)).not.toContain('Remove it…');
  await tick();
  expect(await stores.reviews.counts(reviewId)).toMatchObject({ open: 0, revoked: 7 });
  const over = 'There is nothing to say yes to any more';
  await expect(ada.opens(button)).rejects.toThrow(over);
  expect(await ada.answers(button, {})).toMatchObject({ card: { title: over } });
});

test('an owner who edits one keeps what an admin has narrowed it to', async () => {
  const { stores, transact } = chat.services;
  const actor = { kind: 'system' } as const;
  await transact(async (tx) => {
    const integration = await tx.integrations.find(fernboard);
    const change = { ownerIds: [boss.id] };
    if (integration) await changeSettings(tx, integration, { actor, change });
  });
  const scope = { integrationIds: [fernboard], department: 'R&D', managerId: boss.id };
  const draft = {
    name: 'Quarterly',
    every: 'quarter',
    firstOn: '2026-12-01',
    days: 14,
    reviewers: 'managers',
    reviewerIds: [],
    undecided: 'remove',
    scope,
  } as const;
  const { id: campaignId } = await transact((tx) => makeCampaign(tx, draft, { by: admin, actor }));
  await bo.sends(editCampaign.with({ campaignId }), { name: 'Renamed' });
  expect(await stores.campaigns.find(campaignId)).toMatchObject({ name: 'Renamed', scope });
});

test('another manager who is picked counts, where the form held the address of one who is not in this chat', async () => {
  const made = await ada.gets(addCampaign.with({}), { managerEmail: boss.email });
  const edit = buttonOf(made, 'Edit…');
  const form = await ada.opens(edit);
  expect(form.fields['managerEmail']).toMatchObject({ initial: boss.email });
  await chat.turn(admin.email); // Links her chat user.
  await ada.answersTo(form, edit, { manager: admin.email });
  const [campaign] = (await chat.services.stores.campaigns.list({ offset: 0, limit: 1 })).campaigns;
  expect(campaign?.scope).toMatchObject({ managerId: admin.id });
});

test('a form that was open keeps what someone else has changed meanwhile', async () => {
  const made = await ada.gets(addCampaign.with({}), { name: 'Quarterly' });
  const edit = buttonOf(made, 'Edit…');
  const form = await ada.opens(edit);
  await ada.sends(edit, { undecided: 'remove' });
  await ada.answersTo(form, edit, { name: 'Every quarter' });
  const [campaign] = (await chat.services.stores.campaigns.list({ offset: 0, limit: 1 })).campaigns;
  expect(campaign).toMatchObject({ name: 'Every quarter', undecided: 'remove' });
});

test('where no one has access, nothing starts, and it says how access is found that is there already', async () => {
  await chat.database.db('access').delete();
  const card = textOf(await started('Quarterly'));
  expect(card).toContain('As far as Latchkey knows, no one has access to what you chose.');
  expect(card).toContain('Admins find access that people already have with existing.');
});

test('of someone who is back, what was not checked since then is not said to be checked in 1970', async () => {
  const ann = present(await chat.services.stores.people.findByEmail('ann@example.com'));
  const actor = { kind: 'person', personId: admin.id, via: 'slack' } as const;
  await chat.services.transact(async (tx) => {
    await deactivate(tx, ann, { actor });
    await reactivate(tx, present(await tx.people.find(ann.id)), { actor });
  });
  await started('Quarterly');
  const card = textOf(await ownCard());
  expect(card).toContain('not confirmed · not checked yet');
  expect(card).not.toContain('1970');
});
