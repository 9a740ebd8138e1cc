import { beforeEach, describe, expect, test } from 'vitest';
import { removalNotice } from '../../../../src/bots/features/access/removal-notice.ts';
import {
  keepAccess,
  keepAllOf,
  revokeReviewed,
} from '../../../../src/bots/features/reviews/decide-review.ts';
import { reviewCard } from '../../../../src/bots/features/reviews/review-card.ts';
import { beginReview } from '../../../../src/bots/features/reviews/review-list.ts';
import { endReviewNow, reviewReport } from '../../../../src/bots/features/reviews/review-report.ts';
import { openHold } from '../../../../src/engine/access/holds.ts';
import type { OpenRemoval } from '../../../../src/engine/access/removals/removal.ts';
import {
  closeAsGone,
  confirmGone,
  invalidateRemoval,
  withdrawRemoval,
} from '../../../../src/engine/access/removals/removals.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import type { Jobs } from '../../../../src/engine/ports/jobs.ts';
import { reviewSources } from '../../../../src/engine/reviews/due-reviews.ts';
import type { ReviewSettings } from '../../../../src/engine/reviews/review.ts';
import { closeReview, reevaluateReviews } from '../../../../src/engine/reviews/reviews.ts';
import { advanceReview, startReview } from '../../../../src/engine/reviews/start-review.ts';
import { insertPerson } from '../../../contracts/a-person.ts';
import { liveReader, type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, buttonsOf, Clicker, introOf } from '../../../support/clicks.ts';
import { addedManual } from '../../../support/given/added.ts';
import { present } from '../../../support/given/outcomes.ts';
import { accessSince } from '../../../support/has-access.ts';
import { messaged } from '../../../support/messaged.ts';
import { begunRemoval, inState } from '../../../support/removals.ts';
import { teamIn } from '../../../support/team.ts';
import { fire } from '../../../support/tick.ts';

let chat: TestChat;
let admin: Person;
let boss: Person;
let ann: Person;
let integrationId: string;

beforeEach(async () => {
  chat = await testChat();
  ({ admin, boss, ann } = await teamIn(chat));
  integrationId = await chat.integration('Fernboard', {
    execute: [{ url: 'https://api.example.com/u' }],
    revoke: [{ url: 'https://api.example.com/u', method: 'DELETE' }],
  });
  await has(ann);
});

const BY_MANAGERS = { reviewers: 'managers', undecided: 'keep' } as const;

const has = (person: Person) =>
  chat.services.stores.access.put(
    accessSince(chat.services.now(), { personId: person.id, integrationId }),
  );

async function start(changed: Readonly<Record<string, string>> = {}): Promise<string> {
  const values = { name: 'Autumn', due: '2026-12-09', ...BY_MANAGERS, ...changed };
  await beginReview.submit(beginReview.with({}).payload, values, await chat.turn(admin.email));
  const { reviews } = await chat.services.stores.reviews.list({ offset: 0, limit: 1 });
  return reviews[0]?.id ?? '';
}

async function cardOf(reviewId: string, reader: Person): Promise<string> {
  const { payload } = reviewCard.with({ reviewId, page: 0 });
  return textOf(await reviewCard.render(payload, await liveReader(chat, reader.email)));
}

async function report(reviewId: string): Promise<string> {
  const { payload } = reviewReport.with({ reviewId, page: 0 });
  return textOf(await reviewReport.render(payload, await liveReader(chat, admin.email)));
}

const target = (reviewId: string) => ({ reviewId, personId: ann.id, integrationId });

const jobs = async <N extends keyof Jobs>(name: N): Promise<readonly Jobs[N][]> =>
  (
    await chat.database
      .db<{ name: string; payload: string }>('jobs')
      .where({ name })
      .select('payload')
  ).map(({ payload }) => JSON.parse(payload) as Jobs[N]);

test('an admin who starts a large one reads that it takes a while, and gets its card when it has started', async () => {
  const { stores, transact } = chat.services;
  const at = { reason: '', since: chat.services.now(), checkedAt: chat.services.now() };
  for (let n = 0; n < 250; n += 1) {
    const { id: personId } = await insertPerson(stores);
    await stores.access.put({ personId, integrationId, state: 'has', ...at });
  }
  const values = { name: 'Autumn', due: '2026-12-09', ...BY_MANAGERS };
  const turn = await chat.turn(admin.email);
  const reply = await beginReview.submit(beginReview.with({}).payload, values, turn);
  expect(reply).toMatchObject({ kind: 'say', card: { title: 'The review is starting' } });
  const cards = async () =>
    (await jobs<'message.post'>('message.post')).filter(({ personId }) => personId === admin.id);
  expect(await cards()).toEqual([]);
  const [next] = await jobs<'review.advance'>('review.advance');
  await advanceReview(next?.reviewId ?? '', transact);
  expect((await cards()).map(({ card }) => card.view)).toEqual(['review', 'review-report']);
});

test('a manager is asked about what their people have', async () => {
  const text = await cardOf(await start(), boss);
  expect(text).toContain('Ann Lee: Fernboard · has access since');
  expect(text).toContain('You still have 1 of 1 to decide. Please decide by 9 Dec 2026');
});

test('a reviewer reads whom to tell of someone who is not theirs to review; an admin can decide it', async () => {
  const reviewId = await start();
  const says = "If someone isn't yours to review, tell Ada, who can decide it, too.";
  expect(await cardOf(reviewId, boss)).toContain(says);
  await chat.services.transact((tx) => tx.people.save({ ...boss, role: 'admin' }));
  expect(await cardOf(reviewId, boss)).not.toContain("isn't yours to review");
});

test('someone whose access was revoked in a review reads in which one', async () => {
  const reviewId = await start();
  await new Clicker(chat, boss.email).sends(revokeReviewed.with(target(reviewId)));
  const removal = present(await chat.services.stores.removals.open(ann.id, integrationId));
  const proof = { kind: 'asked', at: chat.services.now() } as const;
  await chat.services.transact((tx) =>
    closeAsGone(tx, removal, { proof, canAsk: false, actor: { kind: 'system' } }),
  );
  const { payload } = removalNotice.with({ removalId: removal.id });
  expect(textOf(await removalNotice.render(payload, await liveReader(chat, ann.email)))).toContain(
    'Bo Boss revoked it in the access review Autumn. If you still need it, ask them.',
  );
});

test('where no one but people can look, a row tells of no check and no sign-in', async () => {
  const badge = await addedManual(chat.services.transact);
  const at = { reason: '', since: chat.services.now(), checkedAt: chat.services.now() };
  const access = { personId: ann.id, integrationId: badge.id, state: 'has' } as const;
  await chat.services.stores.access.put({ ...access, ...at });
  expect(await cardOf(await start(), boss)).toContain(
    'Badge · has access since 25 Nov 2026 · no reason on record',
  );
});

test('what one person has stands together, says when it was checked, and is kept with one press', async () => {
  const ledger = await chat.integration('Ledger', {
    execute: [{ url: 'https://api.example.com/l' }],
  });
  const at = { reason: '', since: chat.services.now(), checkedAt: chat.services.now() };
  const access = { personId: ann.id, integrationId: ledger, state: 'has' } as const;
  await chat.services.stores.access.put({ ...access, ...at });
  const reviewId = await start();
  const text = await cardOf(reviewId, boss);
  expect(text).toMatch(/Ann Lee · [^]*\[Keep all 2\]\n/);
  expect(text).toContain('Fernboard · has access since 25 Nov 2026 · last checked on 25 Nov 2026');
  const bo = new Clicker(chat, boss.email);
  const keepAll = buttonOf(await bo.sees(reviewCard.with({ reviewId, page: 0 })), 'Keep all 2');
  await bo.press(keepAll);
  expect(await cardOf(reviewId, boss)).toContain('nothing was left to decide');
});

test('one press keeps only what the card showed', async () => {
  const at = { reason: '', since: chat.services.now(), checkedAt: chat.services.now() };
  for (let count = 1; count <= 9; count++) {
    const app = await chat.integration(`App ${count}`, {
      execute: [{ url: 'https://api.example.com/l' }],
    });
    const access = { personId: ann.id, integrationId: app, state: 'has' } as const;
    await chat.services.stores.access.put({ ...access, ...at });
  }
  const reviewId = await start();
  const bo = new Clicker(chat, boss.email);
  const card = reviewCard.with({ reviewId, page: 0 });
  await bo.press(buttonOf(await bo.sees(card), 'Keep all 8'));
  expect(textOf(await bo.sees(card))).toContain('You still have 2 of 10 to decide');
});

test('what is being removed already says so, and Keep of an older card explains that it stays so', async () => {
  const reviewId = await start();
  await begunRemoval(chat, ann, integrationId, admin);
  const bo = new Clicker(chat, boss.email);
  const card = await bo.sees(reviewCard.with({ reviewId, page: 0 }));
  expect(textOf(card)).toContain('Ann Lee: Fernboard · … Being removed');
  expect(buttonsOf(card).map(({ label }) => label)).toEqual(['Revoke…']);
  const late = await bo.presses(keepAccess.with(target(reviewId)));
  expect(late.title).toBe('This access is already being removed');
  expect(await cardOf(reviewId, boss)).toContain('You still have 1 of 1 to decide');
});

const keepAll = (reviewId: string) =>
  keepAllOf.with({ reviewId, personId: ann.id, integrationIds: [integrationId] });

test('someone else keeps nothing of theirs, reads why, and is audited', async () => {
  const reviewId = await start();
  const other = await chat.person({ email: 'other@example.com', firstName: 'Other' });
  const reply = await new Clicker(chat, other.email).presses(keepAll(reviewId));
  expect(reply.title).toBe("You can't decide this one");
  const [entry] = await chat.services.stores.auditLog.list({ offset: 0, limit: 1 });
  expect(entry).toMatchObject({ what: 'refused', actor: { personId: other.id } });
  expect(await cardOf(reviewId, boss)).toContain('You still have 1 of 1 to decide');
});

test('Keep all says where another decided first, and says nothing at a second click', async () => {
  const reviewId = await start();
  const bo = new Clicker(chat, boss.email);
  await bo.press(keepAll(reviewId));
  expect(await bo.press(keepAll(reviewId))).toEqual({ kind: 'nothing' });
  const late = await new Clicker(chat, admin.email).presses(keepAll(reviewId));
  expect(late.title).toBe("There's nothing left to review here");
});

test('Keep ends the review when it was the last, and the admin who started it sees the report', async () => {
  const reviewId = await start();
  const { payload } = keepAccess.with(target(reviewId));
  expect(await keepAccess.press(payload, await chat.turn(boss.email))).toEqual({ kind: 'nothing' });
  expect(await cardOf(reviewId, boss)).toContain(
    '✓ The review is over, and nothing was left to decide. Thank you.',
  );
  expect(await report(reviewId)).toContain('Ann Lee: Fernboard · ✓ kept by Bo Boss');
});

test.each([
  ['keep', ''],
  ['remove', ' To have undecided access removed, let the review end on 9 Dec 2026.'],
  ['admins', ' To have Latchkey admins decide, let the review end on 9 Dec 2026.'],
])(
  'who closes a review early reads what is undecided, where it says: %s',
  async (undecided, then) => {
    const reviewId = await start({ undecided });
    const form = await new Clicker(chat, admin.email).opens(endReviewNow.with({ reviewId }));
    expect(introOf(form).trim()).toBe(
      `After that, no one can decide any more. 1 access is undecided, and stays as it is.${then}`,
    );
  },
);

test('a form that closes a review speaks of no undecided access where there is none', async () => {
  const reviewId = await start();
  const { payload } = keepAccess.with(target(reviewId));
  await keepAccess.press(payload, await chat.turn(boss.email));
  const form = await new Clicker(chat, admin.email).opens(endReviewNow.with({ reviewId }));
  expect(introOf(form).trim()).toBe('After that, no one can decide any more.');
});

test('nothing is said of the last day once admins decide what was undecided', async () => {
  const reviewId = await start({ undecided: 'admins' });
  const review = present(await chat.services.stores.reviews.find(reviewId));
  await chat.services.transact((tx) => tx.reviews.save({ ...review, escalatedAt: tx.now }));
  const form = await new Clicker(chat, admin.email).opens(endReviewNow.with({ reviewId }));
  expect(introOf(form)).toMatch(/stays as it is\.\s*$/);
});

describe('the audit log names who closed it', () => {
  const closedBy = async () => {
    const entries = await chat.services.stores.auditLog.list({ offset: 0, limit: 9 });
    return entries.find(({ what }) => what === 'review.closed')?.actor;
  };

  test('the admin who presses Close it now…', async () => {
    const reviewId = await start();
    await new Clicker(chat, admin.email).sends(endReviewNow.with({ reviewId }));
    expect(await closedBy()).toMatchObject({ kind: 'person', personId: admin.id });
    const log = textOf(await new Clicker(chat, admin.email).types('audit'));
    expect(log).toMatch(/closed an access review · name: [^·]+, not decided: \d+ · /);
    expect(await report(reviewId)).toContain('Access that no one decided stays as it was.');
  });

  test('the reviewer whose decision is the last', async () => {
    const reviewId = await start();
    await new Clicker(chat, boss.email).press(keepAccess.with(target(reviewId)));
    expect(await closedBy()).toMatchObject({ kind: 'person', personId: boss.id });
  });
});

describe('Revoke', () => {
  const revoke = async (reviewId: string): Promise<OpenRemoval> => {
    await new Clicker(chat, boss.email).sends(revokeReviewed.with(target(reviewId)));
    return present(await chat.services.stores.removals.open(ann.id, integrationId));
  };

  test('asks first, naming whom and what, and removes nothing before', async () => {
    const reviewId = await start();
    const bo = new Clicker(chat, boss.email);
    expect(introOf(await bo.opens(revokeReviewed.with(target(reviewId))))).toContain(
      'This revokes Fernboard from Ann Lee (ann@example.com) immediately.',
    );
    expect(await chat.services.stores.removals.open(ann.id, integrationId)).toBeUndefined();
  });

  test('of what has no revoke says that it becomes a task, and what ends by it', async () => {
    const { execute } = { execute: [{ url: 'https://api.example.com/l' }] };
    const ledger = await chat.integration('Ledger', { execute });
    const at = chat.services.now();
    const access = { personId: ann.id, integrationId: ledger, reason: '', since: at };
    await chat.services.stores.access.put({ ...access, state: 'has', checkedAt: at });
    await chat.services.transact(async (tx) => {
      const integration = present(await tx.integrations.find(ledger));
      const person = present(await tx.people.find(ann.id));
      const hold = { actor: { kind: 'system' }, person, integration, source: 'by-hand' } as const;
      await openHold(tx, { ...hold, hours: 7 * 24 }, {});
    });
    const reviewId = await start();
    const asked = revokeReviewed.with({ ...target(reviewId), integrationId: ledger });
    const intro = introOf(await new Clicker(chat, boss.email).opens(asked));
    expect(intro).toContain('This creates a task to remove Ledger from Ann Lee (ann@example.com).');
    expect(intro).toContain('Reason for the access: by hand, until 2 Dec 2026.');
  });

  test('stays on the card of who decided it, with how far the removal is', async () => {
    const reviewId = await start();
    await inState(chat, await revoke(reviewId), { state: 'by-hand' });
    expect(await cardOf(reviewId, boss)).toContain(
      'Ann Lee: Fernboard · ⚠ Being removed by hand (any admin can do it).',
    );
    expect(await cardOf(reviewId, boss)).toContain(
      'Revoked: 1; not gone yet: 1. To remove by hand: 1.',
    );
  });

  test('begins the removal, whose state the report and the list show while it goes', async () => {
    const reviewId = await start();
    const removal = await revoke(reviewId);
    expect(removal.causes).toMatchObject([{ kind: 'review', id: reviewId }]);
    const why = 'The last try failed.';
    await inState(chat, removal, { state: 'stuck', why });
    const text = await report(reviewId);
    expect(text).toContain(
      `Ann Lee: Fernboard · ✗ Bo Boss decided to revoke it · ⚠ Not removed yet. ${why}`,
    );
    expect(text).toContain('Stuck: 1');
    expect(text).toContain('[View removal]');
    expect(await cardOf(reviewId, boss)).toContain(
      'Revoked: 1; not gone yet: 1. Latchkey keeps trying.',
    );
    const list = await new Clicker(chat, admin.email).types('review');
    expect(textOf(list)).toContain('1 still to be removed');
  });

  test('is said to be gone when that is proven, and by what', async () => {
    const reviewId = await start();
    const removal = await revoke(reviewId);
    const checked = { person: admin, actor: { kind: 'system' } } as const;
    await chat.services.transact((tx) => confirmGone(tx, removal.id, checked));
    const text = await report(reviewId);
    expect(text).toContain("revoked by Bo Boss · ✓ Gone: Ada checked: it's gone");
    expect(text).not.toContain('Still to be removed');
    expect(await cardOf(reviewId, boss)).toContain('✓ What was revoked is gone (1).');
  });

  test('is told apart where someone removed it by hand', async () => {
    const reviewId = await start();
    const removal = await revoke(reviewId);
    const proof = { kind: 'done', at: chat.services.now(), byId: admin.id } as const;
    await chat.services.transact((tx) =>
      closeAsGone(tx, removal, { proof, canAsk: false, actor: { kind: 'system' } }),
    );
    const text = await report(reviewId);
    expect(text).toContain('Removed by hand: 1');
    expect(text).not.toContain('Proven gone');
  });

  test('is not said to be gone where it was granted again', async () => {
    const reviewId = await start();
    const removal = await revoke(reviewId);
    const granted = { for: 'granted', actor: { kind: 'system' } } as const;
    await chat.services.transact((tx) => withdrawRemoval(tx, removal, granted));
    expect(await cardOf(reviewId, boss)).toContain(
      'Revoked: 1; gone: 0. The rest was kept, granted again, or never granted.',
    );
    expect(await report(reviewId)).toContain(
      'Not removed: kept, granted again, or never granted: 1',
    );
  });

  test('is drawn again on the report whenever the removal changes', async () => {
    const reviewId = await start();
    const removal = await revoke(reviewId);
    const { topic } = reviewReport.with({ reviewId, page: 0 });
    const touched = await chat.services.transact(async (tx) => {
      await invalidateRemoval(tx, removal);
      return [...tx.invalidated];
    });
    expect(touched).toContain(topic);
  });
});

test('what was decided in the meantime is not asked about, and who may not revoke is shown no name', async () => {
  const reviewId = await start();
  const revoke = revokeReviewed.with(target(reviewId));
  const eve = await chat.person({ email: 'eve@example.com' });
  await expect(new Clicker(chat, eve.email).opens(revoke)).rejects.toThrow(
    "You can't decide this one",
  );
  const bo = new Clicker(chat, boss.email);
  await bo.press(keepAccess.with(target(reviewId)));
  await expect(bo.opens(revoke)).rejects.toThrow("There's nothing left to review here");
});

test('nobody decides about themselves, not even an admin', async () => {
  const reviewId = await start();
  await chat.services.transact(async (tx) => {
    const now = (await tx.people.find(ann.id)) ?? ann;
    await tx.people.save({ ...now, role: 'admin' });
  });
  const { payload } = keepAccess.with(target(reviewId));
  const reply = await keepAccess.press(payload, await chat.turn(ann.email));
  expect(reply.kind === 'say' && textOf(reply.card)).toContain("You can't decide this one");
});

test('someone without a manager is reviewed by the admin who started the review', async () => {
  await has(boss);
  expect(await cardOf(await start(), admin)).toContain('Bo Boss: Fernboard');
});

test('who started it is not asked about their own access where another admin is there', async () => {
  const other = await chat.person({ email: 'eva@example.com', firstName: 'Eva', role: 'admin' });
  await has(admin);
  const reviewId = await start();
  expect(await cardOf(reviewId, other)).toContain('Ada: Fernboard');
  expect(await cardOf(reviewId, admin)).toContain('There is nothing for you to review');
});

test('the only admin reads that nobody decides about their own, and finds no button', async () => {
  await has(admin);
  const text = await cardOf(await start(), admin);
  expect(text).toContain(
    "You can't review your own access. Add a second Latchkey admin or a manager.",
  );
  expect(text).not.toContain('[Keep]');
});

describe('while it goes on', () => {
  const change = (person: Person, what: Partial<Person>) =>
    chat.services.transact(async (tx) => {
      const now = (await tx.people.find(person.id)) ?? person;
      return tx.people.save({ ...now, ...what });
    });
  const reevaluate = (changed: { readonly personId?: string; readonly integrationId?: string }) => {
    const { services } = chat;
    return reevaluateReviews(changed, { ...services });
  };
  const keep = async (reviewId: string, who: Person): Promise<string> => {
    const reply = await keepAccess.press(
      keepAccess.with(target(reviewId)).payload,
      await chat.turn(who.email),
    );
    return reply.kind === 'say' ? reply.card.title : reply.kind;
  };
  const asked = async () =>
    (
      await chat.database
        .db<{ name: string; payload: string }>('jobs')
        .where({ name: 'message.post' })
        .select('payload')
    ).map(({ payload }) => (JSON.parse(payload) as Jobs['message.post']).personId);

  test('a new manager is asked, and the former one decides no more', async () => {
    const reviewId = await start();
    const cleo = await chat.person({ email: 'cleo@example.com', firstName: 'Cleo' });
    await change(ann, { managerId: cleo.id });
    await reevaluate({ personId: ann.id });
    expect(await asked()).toEqual([boss.id, cleo.id]);
    expect(await cardOf(reviewId, cleo)).toContain('Ann Lee: Fernboard');
    expect(await keep(reviewId, boss)).toBe("You can't decide this one");
    expect(await keep(reviewId, cleo)).toBe('nothing');
  });

  test('who started it is asked when the manager leaves', async () => {
    const reviewId = await start();
    await change(boss, { active: false });
    await reevaluate({ personId: boss.id });
    expect(await cardOf(reviewId, admin)).toContain('Ann Lee: Fernboard');
  });

  test('what there is nothing to decide about any more lapses, and ends the review when it was the last', async () => {
    const reviewId = await start();
    await change(ann, { active: false });
    expect(await keep(reviewId, boss)).toBe("There's nothing left to review here");
    await reevaluate({ personId: ann.id });
    expect(await report(reviewId)).toMatch(/Lapsed: 1[^]*they have left/);
    expect((await chat.services.stores.reviews.find(reviewId))?.state).toBe('closed');
  });

  test('so does what was removed in another way', async () => {
    const reviewId = await start();
    const removal = await begunRemoval(chat, ann, integrationId, admin);
    const checked = { person: admin, actor: { kind: 'system' } } as const;
    await chat.services.transact((tx) => confirmGone(tx, removal.id, checked));
    await reevaluate({ personId: ann.id });
    expect(await report(reviewId)).toContain('nothing to decide: it was removed');
  });

  test('so does what was at an integration that is deleted', async () => {
    const reviewId = await start();
    await chat.services.transact(async (tx) => {
      const integration = await tx.integrations.find(integrationId);
      if (integration)
        await tx.integrations.save({ ...integration, deletedAt: chat.services.now() });
    });
    await reevaluate({ integrationId });
    expect((await chat.services.stores.reviews.find(reviewId))?.state).toBe('closed');
  });

  test('when the last two were decided at the same moment, it is closed a minute later', async () => {
    const reviewId = await start();
    const { stores, transact } = chat.services;
    const item = await stores.reviews.findItem(reviewId, ann.id, integrationId);
    if (item) await transact((tx) => tx.reviews.replaceOpen({ ...item, state: 'kept' }));
    const sources = reviewSources({ ...chat.services, timeZone: 'UTC' });
    expect(await fire(chat.services, sources)).toBe(1);
    expect((await stores.reviews.find(reviewId))?.state).toBe('closed');
  });
});

/** Starts a review; its reviewers have got their cards. */
async function startWithCards(about: Partial<ReviewSettings> = {}): Promise<string> {
  const { transact, stores, now } = chat.services;
  const review = await transact((tx) =>
    startReview(tx, {
      name: 'Autumn',
      dueDate: '2026-12-09',
      startedBy: admin,
      actor: { kind: 'person', personId: admin.id, via: 'slack' },
      ...about,
    }),
  );
  for (const { personId, card } of await jobs<'message.post'>('message.post'))
    await stores.messages.put({
      id: personId,
      card,
      readerId: personId,
      address: { platform: 'slack', key: personId },
      shown: '',
      postedAt: now(),
    });
  return review?.id ?? '';
}

describe('a card in chat', () => {
  let mia: Person;
  let cleo: Person;
  beforeEach(async () => {
    cleo = await chat.person({ email: 'cleo@example.com', firstName: 'Cleo' });
    mia = await chat.person({ email: 'mia@example.com', managerEmail: cleo.email });
    await has(mia);
  });

  /** Whose cards are drawn again. */
  const drawnAgain = async () =>
    (await jobs<'message.refresh'>('message.refresh')).map(({ messageId }) => messageId).toSorted();

  test('is drawn again for its reviewer, not for the others, when something is decided', async () => {
    const reviewId = await startWithCards();
    await new Clicker(chat, boss.email).press(keepAccess.with(target(reviewId)));
    expect(await drawnAgain()).toEqual([boss.id]);
  });

  test('is drawn again when a removal that its reader began goes on', async () => {
    const reviewId = await startWithCards();
    await new Clicker(chat, boss.email).sends(revokeReviewed.with(target(reviewId)));
    await chat.database.db('jobs').delete();
    const removal = present(await chat.services.stores.removals.open(ann.id, integrationId));
    await chat.services.transact((tx) => invalidateRemoval(tx, removal));
    expect(await drawnAgain()).toEqual([boss.id]);
  });

  test('is drawn again for all reviewers when the review ends', async () => {
    const reviewId = await startWithCards();
    await new Clicker(chat, admin.email).sends(endReviewNow.with({ reviewId }));
    expect(await drawnAgain()).toEqual([boss.id, cleo.id].toSorted());
  });

  test('is drawn again for who is the reviewer no more', async () => {
    await startWithCards();
    const { stores, transact } = chat.services;
    await transact(async (tx) => {
      const { version = 0 } = (await tx.people.find(ann.id)) ?? {};
      await tx.people.save({ ...ann, version, managerId: cleo.id });
    });
    await reevaluateReviews({ personId: ann.id }, { stores, transact });
    expect(await drawnAgain()).toEqual([boss.id, cleo.id].toSorted());
  });

  test('is drawn again for who did not decide until admins got it', async () => {
    await startWithCards({ undecided: 'admins' });
    chat.clock = Date.parse('2026-12-10T00:01:00Z');
    const sources = reviewSources({ ...chat.services, timeZone: 'UTC' });
    await fire(chat.services, sources);
    expect(await drawnAgain()).toEqual([boss.id, cleo.id].toSorted());
  });
});

test('what is removed at the end since no one decided is not said to be decided, by anyone', async () => {
  const reviewId = await start({ undecided: 'remove' });
  chat.clock = Date.parse('2026-12-10T00:01:00Z');
  await fire(chat.services, reviewSources({ ...chat.services, timeZone: 'UTC' }));
  expect(await report(reviewId)).toMatch(/Decided: 0 of 1\nRevoked: 1/);
  expect(await cardOf(reviewId, boss)).toContain(
    'Revoked: 1; not gone yet: 1. Latchkey keeps trying.\nAnn Lee: Fernboard · not decided by the end · … Being removed',
  );
});

test('two days before the end reviewers are reminded once, and after the day it is closed', async () => {
  const reviewId = await start();
  const { services } = chat;
  const sources = reviewSources({
    ...services,
    timeZone: 'UTC',
  });
  const tick = async (at: string) => {
    chat.clock = Date.parse(at);
    return fire(chat.services, sources);
  };
  expect(await tick('2026-12-07T08:59:00Z')).toBe(0);
  expect(await tick('2026-12-07T09:00:00Z')).toBe(1);
  expect(await tick('2026-12-08T09:00:00Z')).toBe(0);
  expect(await tick('2026-12-10T00:01:00Z')).toBe(1);
  expect(await report(reviewId)).toContain('It ended on 10 Dec 2026');
});

test('the end of a review whose starter is no admin any more is told to admins, and not to them', async () => {
  const eva = await chat.person({ email: 'eva@example.com', firstName: 'Eva', role: 'admin' });
  const reviewId = await start();
  await messaged(chat);
  const { transact } = chat.services;
  await transact((tx) => tx.people.save({ ...admin, role: 'other' }));
  await transact((tx) => closeReview(tx, reviewId, { kind: 'system' }));
  expect(await messaged(chat)).toEqual([eva.firstName]);
});
