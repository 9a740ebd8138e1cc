import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AccessRequest } from '../../../src/engine/requests/access-request.ts';
import { bothDatabases } from '../../support/database/both-databases.ts';
import { addedIntegration, addedPerson } from '../../support/given/added.ts';

const now = new Date('2026-11-24T09:00:00Z');

describe.each(bothDatabases)('on %s', (_, open) => {
  let database: Awaited<ReturnType<typeof open>>;
  let request: AccessRequest;

  beforeEach(async () => {
    database = await open(() => now);
    const { transact } = database;
    const person = await addedPerson(transact, { email: 'ann@example.com' });
    const manifest = JSON.stringify({ execute: [{ url: 'https://api.example.com' }] });
    const added = await addedIntegration(transact, { name: 'Fernboard', manifest });
    request = {
      id: 'r1',
      version: 1,
      kind: 'grant',
      integrationId: added.id,
      personId: person.id,
      requestedById: person.id,
      createdAt: now,
      state: 'open',
    };
    const { requests } = database.stores;
    await requests.insert(request, { reason: '', form: {}, answers: [], facts: {} });
  });
  afterEach(() => database.cleanup());

  test('a question has its answer once', async () => {
    const { questions } = database.stores;
    const question = { id: 'q1', requestId: 'r1', askedById: 'bo', askedAt: now, question: 'Why?' };
    await questions.insert(question);
    expect(await questions.of('r1')).toEqual([question]);
    const answered = { byId: 'ann', at: now, answer: 'A project' };
    expect(await questions.answer('q1', answered)).toBe('saved');
    expect(await questions.answer('q1', { ...answered, answer: 'Another' })).toBe('taken');
    expect(await questions.find('q1')).toEqual({ ...question, answered });
  });

  test('reassignments are kept in their order, with and without a comment', async () => {
    const { reassignments } = database.stores;
    const first = { id: 'a', requestId: 'r1', fromId: 'bo', toId: 'ada', byId: 'cy', at: now };
    const later = new Date(now.getTime() + 1);
    const second = { ...first, id: 'b', fromId: 'ada', toId: 'bo', at: later, comment: 'Back' };
    await reassignments.insert(second);
    await reassignments.insert(first);
    expect(await reassignments.of('r1')).toEqual([first, second]);
  });

  test.each([7 * 24, 'no-end'] as const)(
    'a shortened request knows what was requested: %s',
    async (requestedHours) => {
      const { requests } = database.stores;
      await requests.save({ ...request, hours: 4, requestedHours });
      expect(await requests.find('r1')).toMatchObject({ hours: 4, requestedHours });
      const said = {
        requestId: 'r1',
        personId: 'bo',
        verdict: 'approve',
        at: now,
        via: 'slack',
      } as const;
      await requests.putVerdict({ ...said, hours: 4 });
      expect(await requests.verdicts('r1')).toEqual([{ ...said, hours: 4 }]);
    },
  );

  test('all of it goes with the request', async () => {
    const { questions, reassignments } = database.stores;
    await questions.insert({
      id: 'q1',
      requestId: 'r1',
      askedById: 'bo',
      askedAt: now,
      question: 'Why?',
    });
    await reassignments.insert({
      id: 'a',
      requestId: 'r1',
      fromId: 'bo',
      toId: 'ada',
      byId: 'bo',
      at: now,
    });
    await database.db('access_requests').where({ id: 'r1' }).delete();
    expect(await questions.of('r1')).toEqual([]);
    expect(await reassignments.of('r1')).toEqual([]);
  });
});
