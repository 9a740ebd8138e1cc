import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Person } from '../../../src/engine/people/directory.ts';
import type { Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import { reviewSources } from '../../../src/engine/reviews/due-reviews.ts';
import { closeReview, decideItem } from '../../../src/engine/reviews/reviews.ts';
import { startReview } from '../../../src/engine/reviews/start-review.ts';
import { overlapping } from '../../support/database/overlapping.ts';
import { addedIntegration, addedPerson } from '../../support/given/added.ts';
import { present } from '../../support/given/outcomes.ts';
import { type TestPostgres, temporaryPostgres } from '../../support/peers/postgres.ts';

const now = () => new Date('2026-11-24T09:00:00Z');
const actor = { kind: 'system' } as const;

let database: TestPostgres;
beforeEach(async () => {
  database = await temporaryPostgres(now);
});
afterEach(() => database.cleanup());

async function person(email: string, managerEmail?: string): Promise<Person> {
  const details = { email, role: 'admin' as const, ...(managerEmail && { managerEmail }) };
  return addedPerson(database.transact, details);
}

describe('at the same moment', () => {
  let ada: Person;
  let eva: Person;
  let ann: Person;
  let bob: Person;
  let integrationId: string;
  let reviewId: string;
  beforeEach(async () => {
    const { stores, transact } = database;
    [ada, eva] = [await person('ada@example.com'), await person('eva@example.com')];
    [ann, bob] = [await person('ann@example.com'), await person('bob@example.com')];
    const url = 'https://api.example.com';
    const manifest = JSON.stringify({ execute: [{ url }], revoke: [{ url, method: 'DELETE' }] });
    integrationId = (await addedIntegration(transact, { manifest })).id;
    const access = { integrationId, reason: '', since: now(), checkedAt: now() };
    for (const { id } of [ann, bob])
      await stores.access.put({ ...access, personId: id, state: 'has' });
    const review = await transact((tx) =>
      startReview(tx, {
        name: 'Autumn',
        startedBy: ada,
        actor,
        dueDate: '2026-12-10',
        undecided: 'remove',
      }),
    );
    reviewId = present(review).id;
  });

  const decide = (by: Person, of: Person, verdict: 'kept' | 'revoked') => (tx: Transaction) =>
    decideItem(tx, { reviewId, personId: of.id, integrationId, verdict, by, actor });
  const close = (tx: Transaction) => closeReview(tx, reviewId, actor);
  const itemOf = (of: Person) => database.stores.reviews.findItem(reviewId, of.id, integrationId);
  const removalOf = (of: Person) => database.stores.removals.open(of.id, integrationId);

  test.each([
    ['kept', 'revoked'],
    ['revoked', 'kept'],
  ] as const)('the admin who says %s first counts, and not who says %s', async (one, other) => {
    // With Bob's to decide, the review stays open, and its end can't be what refuses the second decision.
    const works = [decide(ada, ann, one), decide(eva, ann, other)] as const;
    const [first, second] = await overlapping(database, works, now);
    expect([first.kind, second.kind]).toEqual(['decided', 'over']);
    const decided = await itemOf(ann);
    expect(decided).toMatchObject({ state: one, decidedById: ada.id });
    const removal = await removalOf(ann);
    expect(removal?.id).toBe(decided?.removalId);
    expect(removal !== undefined).toBe(one === 'revoked');
  });

  test('nothing is revoked by a review that was closed', async () => {
    const [, { kind }] = await overlapping(database, [close, decide(eva, ann, 'revoked')], now);
    expect(kind).toBe('over');
    expect(await itemOf(ann)).toMatchObject({ state: 'open' });
    expect(await removalOf(ann)).toBeUndefined();
  });

  test('nothing is removed as undecided by a review that an admin closed', async () => {
    const undecided = present(
      reviewSources({ timeZone: 'UTC' }).find(({ name }) => name === 'review-undecided'),
    );
    const subject = `${reviewId}:${ann.id}:${integrationId}`;
    const remove = (tx: Transaction) => undecided.fire(tx, { subject, at: now() }, now());
    await overlapping(database, [close, remove], now);
    expect(await removalOf(ann)).toBeUndefined();
  });

  test('the two last decisions close it', async () => {
    await overlapping(database, [decide(ada, ann, 'kept'), decide(eva, bob, 'kept')], now);
    expect(await database.stores.reviews.find(reviewId)).toMatchObject({ state: 'closed' });
  });
});
