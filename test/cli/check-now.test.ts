import { beforeEach, expect, test } from 'vitest';
import { checkNow } from '../../src/cli/check-now.ts';
import type { Integration, Person } from '../../src/engine/people/directory.ts';
import { type TestEngine, testEngine } from '../support/engine.ts';

let engine: TestEngine;
let person: Person;
let integration: Integration;
/** In milliseconds. */
let pauses: number[];

beforeEach(async () => {
  engine = await testEngine();
  person = await engine.person();
  integration = await engine.integration({
    exists: { url: `${engine.party.url}/users`, method: 'GET', expected: '{{email}}' },
    execute: [{ url: `${engine.party.url}/users` }],
  });
  pauses = [];
});

const check = () =>
  checkNow(person.id, integration.id, {
    ...engine.worker(),
    pause: async (ms) => {
      pauses.push(ms);
      engine.clock.advance(ms);
    },
  });

test.each([429, 503])(
  'a service that answers %i once is asked again when it says',
  async (status) => {
    engine.party.on(
      'GET /users',
      { status, headers: { 'retry-after': '7' } },
      { json: { email: person.email } },
    );
    expect((await check())?.state).toBe('has');
    expect(pauses).toEqual([7000]);
  },
);

test('it is asked again three times at most, and is unknown then', async () => {
  engine.party.on('GET /users', { status: 503 });
  expect((await check())?.state).toBe('unknown');
  expect(engine.party.requests).toHaveLength(4);
});

test('it is not asked again later than a minute and a half', async () => {
  engine.party.on('GET /users', { status: 429, headers: { 'retry-after': '91' } });
  expect((await check())?.state).toBe('unknown');
  expect(pauses).toEqual([]);
});
