/** The rows of interactions, as both databases keep them. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { bothDatabases } from '../../support/database/both-databases.ts';

describe.each(bothDatabases)('%s', (_name, open) => {
  test('an interaction that the platform sent twice is cancelled with the others of its batch', async () => {
    const database = await open();
    onTestFinished(() => database.cleanup());
    const { inbox } = database.stores;
    const acceptedAt = new Date('2026-11-24T12:00:00.000Z');
    const marks = ['k1', 'k2', 'k1'].map((key) => ({ key, acceptedAt }));
    expect(await inbox.cancel(marks, 'p1')).toEqual(new Set(['k1', 'k2']));
  });
});
