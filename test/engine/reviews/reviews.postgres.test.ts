import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Person } from '../../../src/engine/people/directory.ts';
import type { Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import { decideItem, type Reviewed } from '../../../src/engine/reviews/reviews.ts';
import { startReview } from '../../../src/engine/reviews/start-review.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { addedIntegration, addedPerson } from '../../support/given/added.ts';
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

test.each([
  ['kept', 'revoked'],
  ['revoked', 'kept'],
] as const)(
  'of two admins at once, the one who says %s first counts, and not %s',
  async (one, other) => {
    const { stores, transact } = database;
    const [ada, eva] = [await person('ada@example.com'), await person('eva@example.com')];
    const [ann, bob] = [await person('ann@example.com'), await person('bob@example.com')];
    const url = 'https://api.example.com';
    const manifest = JSON.stringify({ execute: [{ url }], revoke: [{ url, method: 'DELETE' }] });
    const added = await addedIntegration(transact, { manifest });
    const [personId, integrationId] = [ann.id, added.id];
    const access = { integrationId, reason: '', since: now(), checkedAt: now() };
    // With Bob's to decide, the review stays open, and its end can't be what refuses the second decision.
    for (const holder of [ann, bob])
      await stores.access.put({ ...access, personId: holder.id, state: 'has' });
    const review = await transact((tx) =>
      startReview(tx, { name: 'Autumn', startedBy: ada, actor, dueDate: '2026-12-10' }),
    );
    const item = { reviewId: review?.id ?? '', personId, integrationId };

    const decide = (tx: Transaction, by: Person, verdict: 'kept' | 'revoked') =>
      decideItem(tx, { ...item, verdict, by, actor });
    let first: Promise<Reviewed> | undefined;
    // Begins and ends between the other decision's reads and its write.
    const sayFirst = () => (first ??= transact((tx) => decide(tx, ada, one)));
    const otherProcess = unitOfWork(database.connect(), database.vault, { now });
    const second = await otherProcess((tx) => {
      const replaceOpen: Transaction['reviews']['replaceOpen'] = async (next) => {
        await sayFirst();
        return tx.reviews.replaceOpen(next);
      };
      return decide({ ...tx, reviews: { ...tx.reviews, replaceOpen } }, eva, other);
    });
    expect([(await first)?.kind, second.kind]).toEqual(['decided', 'over']);
    const decided = await stores.reviews.findItem(item.reviewId, personId, integrationId);
    expect(decided).toMatchObject({ state: one, decidedById: ada.id });
    const removal = await stores.removals.open(personId, integrationId);
    expect(removal?.id).toBe(decided?.removalId);
    expect(removal !== undefined).toBe(one === 'revoked');
  },
);
