import { Socket } from 'node:net';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { connectionOf } from '../../src/store/pg-internals.ts';
import { emptyPostgres } from '../support/peers/postgres.ts';

test('a client shows its stream, and whether a question is under way', async () => {
  const database = await emptyPostgres();
  const client = new Client({ connectionString: database.url });
  try {
    await client.connect();
    const { stream, isIdle } = connectionOf(client);
    expect(stream).toBeInstanceOf(Socket);
    expect(isIdle()).toBe(true);
    const heard = new Promise((resolve) => stream.once('data', resolve));
    const answer = client.query('select 1');
    expect(isIdle()).toBe(false);
    await Promise.all([answer, heard]);
    expect(isIdle()).toBe(true);
  } finally {
    await client.end();
    await database.cleanup();
  }
});
