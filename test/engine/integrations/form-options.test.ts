import { beforeEach, describe, expect, test } from 'vitest';
import { OPTIONS_WAIT_MS, optionsOf } from '../../../src/engine/integrations/form-options.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import type { OptionsAnswer } from '../../../src/engine/ports/chat-stores.ts';
import type { Signals } from '../../../src/engine/ports/jobs.ts';
import { MINUTE, type TestEngine, testEngine } from '../../support/engine.ts';
import { held } from '../../support/peers/third-party.ts';

const TOKEN = 'sk-live-4f9b2a7c';

let engine: TestEngine;
let person: Person;
let integration: Integration;

const furnish = async () => {
  person = await engine.person();
  integration = await engine.integration(
    {
      initial_data_form: [{ id: 'TOKEN', name: 'Token' }],
      headers: { authorization: 'Bearer {{TOKEN}}' },
      form: [
        {
          id: 'TEAM',
          name: 'Team',
          type: 'choice',
          method: 'GET',
          url: `${engine.party.url}/teams?for={{email}}`,
          data_from: 'data.teams',
          choice_value: 'gid',
        },
      ],
      execute: [{ url: `${engine.party.url}/users`, data: { team: '{{TEAM}}' } }],
    },
    { TOKEN },
  );
};
beforeEach(async () => {
  engine = await testEngine();
  await furnish();
});

const teams = { json: { data: { teams: [{ gid: 7, name: 'Sales' }] } } };
const sales: OptionsAnswer = { kind: 'options', options: [{ value: '7', label: 'Sales' }] };

/** Opens the form: waiting for an announcement lasts until the worker has done what is due. */
function open(
  whom: Person = person,
  next: Signals['next'] = async () => void (await engine.runJobs()),
  fieldId = 'TEAM',
): Promise<OptionsAnswer> {
  const wanted = { personId: whom.id, integrationId: integration.id, fieldId };
  return optionsOf(wanted, { ...engine, signals: { ...engine.signals, next } });
}
/** The worker is busy: nothing is announced, only time passes. */
const nothingComes: Signals['next'] = async (_, withinMs) => engine.clock.advance(withinMs);

const problem = (answer: OptionsAnswer): string => {
  if (answer.kind !== 'problem') throw new Error('There are options');
  return answer.message;
};

test('a list of texts are options, too: a text is both value and label', async () => {
  engine.party.on('GET /teams', { json: { data: { teams: ['Sales & Ops', 'Ämter'] } } });
  expect(await open()).toEqual({
    kind: 'options',
    options: [
      { value: 'Sales & Ops', label: 'Sales & Ops' },
      { value: 'Ämter', label: 'Ämter' },
    ],
  });
});

test('the older items beside a url says where they are, as data_from does', async () => {
  integration = await engine.integration(
    {
      form: [
        {
          id: 'TEAM',
          name: 'Team',
          type: 'choice',
          method: 'GET',
          url: `${engine.party.url}/teams`,
          items: 'data.teams',
          choice_id: 'gid',
        },
      ],
      execute: [{ url: `${engine.party.url}/users`, data: { team: '{{TEAM}}' } }],
    },
    {},
    'Older',
  );
  engine.party.on('GET /teams', teams);
  expect(await open()).toEqual(sales);
});

test('options come from the third party, as the form says', async () => {
  engine.party.on('GET /teams', teams);
  expect(await open()).toEqual(sales);
  expect(engine.party.requests).toMatchObject([
    { url: '/teams?for=grace%40example.com', headers: { authorization: `Bearer ${TOKEN}` } },
  ]);
});

test('a secret that an answer brings back is in no label', async () => {
  const echoed = [{ gid: 7, name: `Sales ${TOKEN}` }];
  engine.party.on('GET /teams', { json: { data: { teams: echoed } } });
  expect(await open()).toEqual({
    kind: 'options',
    options: [{ value: '7', label: 'Sales •••TOKEN•••' }],
  });
});

describe('the cache', () => {
  test('keeps options for five minutes', async () => {
    engine.party.on('GET /teams', teams);
    await open();
    engine.clock.advance(5 * MINUTE - 1);
    expect(await open()).toEqual(sales);
    expect(engine.party.requests).toHaveLength(1);
    engine.clock.advance(1);
    expect(await open()).toEqual(sales);
    expect(engine.party.requests).toHaveLength(2);
  });

  test('is kept by the rendered request: what is asked for another person is asked again', async () => {
    engine.party.on('GET /teams', teams);
    await open();
    await open(await engine.person({ email: 'linus@example.com' }));
    expect(engine.party.requests.map(({ url }) => url)).toEqual([
      '/teams?for=grace%40example.com',
      '/teams?for=linus%40example.com',
    ]);
  });

  test('keeps none for another way to read the same answer, as a newer manifest or another field has', async () => {
    engine.party.on('GET /teams', teams);
    expect(await open()).toEqual(sales);
    const field = (id: string, place: object) => ({
      id,
      name: id,
      type: 'choice',
      method: 'GET',
      url: `${engine.party.url}/teams?for={{email}}`,
      data_from: 'data.teams',
      ...place,
    });
    integration = await engine.newManifest(integration, {
      initial_data_form: [{ id: 'TOKEN', name: 'Token' }],
      headers: { authorization: 'Bearer {{TOKEN}}' },
      form: [
        field('TEAM', { choice_value: 'name' }),
        field('ID', { choice_value: 'gid', choice_name: 'gid' }),
      ],
      execute: [{ url: `${engine.party.url}/users`, data: { team: '{{TEAM}} {{ID}}' } }],
    });
    const named: OptionsAnswer = { kind: 'options', options: [{ value: 'Sales', label: 'Sales' }] };
    expect(await open()).toEqual(named);
    const byId: OptionsAnswer = { kind: 'options', options: [{ value: '7', label: '7' }] };
    expect(await open(person, undefined, 'ID')).toEqual(byId);
  });

  test('holds no request, no secret and no option in plain', async () => {
    engine = await testEngine({ ownFile: true });
    await furnish();
    engine.party.on('GET /teams', {
      json: { data: { teams: [{ gid: 1, name: 'Project Zeus' }] } },
    });
    await open();
    expect(engine.databaseBytes()).not.toContain('Project Zeus');
    expect(engine.databaseBytes()).not.toContain(TOKEN);
  });

  test('does not keep a problem: Try again asks again', async () => {
    engine.party.on('GET /teams', { status: 500 }, teams);
    expect((await open()).kind).toBe('problem');
    expect(await open()).toEqual(sales);
  });
});

describe('two who open the same form', () => {
  test('at once are one fetch', async () => {
    engine.party.on('GET /teams', teams);
    const opened = await Promise.all([open(), open()]);
    expect(opened).toEqual([sales, sales]);
    expect(engine.party.requests).toHaveLength(1);
  });

  test('one after the other, before the fetch of the first was taken up, are one fetch', async () => {
    engine.party.on('GET /teams', teams);
    await open(person, nothingComes);
    await open(person, nothingComes);
    await engine.runJobs();
    expect(engine.party.requests).toHaveLength(1);
  });

  test('of whom the second came during the fetch cost no second one when that has ended', async () => {
    const answer = held(teams);
    engine.party.on('GET /teams', answer.answer);
    await open(person, nothingComes);
    const fetching = engine.runJobs();
    await engine.party.received(1);
    await open(person, nothingComes); // Its job waits beside the one that is worked on.
    answer.release();
    await fetching;
    await engine.runJobs();
    expect(engine.party.requests).toHaveLength(1);
    expect(await open()).toEqual(sales);
  });
});

describe('a form that loads', () => {
  test('waits 2.5 seconds and then says so', async () => {
    const start = engine.now().getTime();
    expect(problem(await open(person, nothingComes))).toBe(
      "Asana hasn't answered yet. Try again in a moment.",
    );
    expect(engine.now().getTime() - start).toBe(OPTIONS_WAIT_MS);
  });

  test('finds at Try again what came too late', async () => {
    engine.party.on('GET /teams', teams);
    await open(person, nothingComes);
    await engine.runJobs();
    expect(await open(person, nothingComes)).toEqual(sales);
    expect(engine.party.requests).toHaveLength(1);
  });

  test('shows why a service fails that is slow to fail', async () => {
    engine.party.on('GET /teams', { status: 401 });
    await open(person, nothingComes);
    await engine.runJobs();
    expect(problem(await open(person, nothingComes))).toContain(
      "doesn't accept Latchkey's credentials",
    );
  });

  test('hears an announcement before its time is over', async () => {
    engine.party.on('GET /teams', teams);
    const topics: string[] = [];
    const answer = await open(person, async (topic) => {
      topics.push(topic);
      await engine.runJobs();
    });
    expect(answer).toEqual(sales);
    expect(topics).toHaveLength(1);
  });
});

describe('a problem says what happened', () => {
  const told = async (): Promise<string> => problem(await open());

  test('who refused it, and what to do', async () => {
    engine.party.on('GET /teams', { status: 403 });
    expect(await told()).toBe(
      "Latchkey couldn't get the options. Asana doesn't accept Latchkey's credentials, or they don't allow this. Check its secrets, and what they allow.",
    );
  });

  test('a method that the service does not take there, as POST is where the manifest names none', async () => {
    engine.party.on('GET /teams', { status: 405 });
    expect(await told()).toContain(
      "Asana doesn't accept this method at this address. Check both in the manifest; without a method, Latchkey sends POST.",
    );
  });

  test('a list that is not where the manifest says: what was expected, and what came', async () => {
    engine.party.on('GET /teams', { json: { data: { items: [] } } });
    expect(await told()).toMatch(/Expected: a list in "data\.teams".*Received: .*items/);
  });

  test('that the app refused with a status that says success, and in which words', async () => {
    const errors = [{ message: `No scope for ${TOKEN}` }];
    engine.party.on('GET /teams', { json: { data: { teams: [] }, errors } });
    expect(await told()).toBe(
      "Latchkey couldn't get the options. Asana refused this: No scope for •••TOKEN•••",
    );
  });

  test('an option without its value', async () => {
    engine.party.on('GET /teams', { json: { data: { teams: [{ id: 7, name: 'Sales' }] } } });
    expect(await told()).toMatch(/"gid" and "name"/);
  });

  test('an answer with more in it than Latchkey reads', async () => {
    engine.party.on('GET /teams', { text: `{"data":{"teams":[{"gid":${'1'.repeat(500)}}]}}` });
    expect(await told()).toMatch(/The answer has a number of more than 400 digits/);
  });

  test('an answer that is not JSON', async () => {
    engine.party.on('GET /teams', { text: '<html>Please sign in</html>' });
    expect(await told()).toMatch(/Asana answered with something that isn't JSON: <html>Please/);
  });

  test('a service that is not there', async () => {
    await engine.party.leave();
    expect(await told()).toContain("Asana doesn't answer. Try again later.");
  });

  test('a missing secret', async () => {
    await engine.db('secrets').delete();
    expect(await told()).toContain('Token is missing');
  });

  test('a field that is no longer in the form', async () => {
    await engine.newManifest(integration, { execute: [{ url: `${engine.party.url}/users` }] });
    expect(await told()).toBe('TEAM is no longer in the form. Open the form again.');
  });

  test.each([
    ['that is not JSON', { text: `${'x'.repeat(70)} ${TOKEN}` }],
    ['of another shape', { json: { data: `${'x'.repeat(185)} ${TOKEN}` } }],
  ])(
    'a secret in an answer %s is not shown, not even where it is cut in two',
    async (_, answer) => {
      engine.party.on('GET /teams', answer);
      expect(await told()).not.toContain(TOKEN.slice(0, 4));
    },
  );
});
