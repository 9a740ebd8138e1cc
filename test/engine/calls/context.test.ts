import { beforeEach, describe, expect, test } from 'vitest';
import { type Context, gather } from '../../../src/engine/calls/context.ts';
import { gatherRun } from '../../../src/engine/calls/run-context.ts';
import type { AccessState, Integration } from '../../../src/engine/people/directory.ts';
import { startedRun, type TestEngine, testEngine } from '../../support/engine.ts';
import { ok } from '../../support/given/outcomes.ts';
import { accessSince } from '../../support/has-access.ts';

let engine: TestEngine;
beforeEach(async () => {
  engine = await testEngine();
});

const step = { url: 'https://api.example.com/{{access_overview}}' };

async function contextOf(personId: string, integration: Pick<Integration, 'id'>): Promise<Context> {
  return ok(await gather(engine.stores, { personId, integrationId: integration.id })).context;
}

async function why(personId: string, integrationId: string): Promise<string> {
  const gathered = await gather(engine.stores, { personId, integrationId });
  if (gathered.ok) throw new Error('Nothing is missing');
  return gathered.why;
}

describe('what is missing is named, with the cure', () => {
  test('one secret', async () => {
    const person = await engine.person();
    const manifest = { initial_data_form: [{ id: 'TOKEN', name: 'Token' }], execute: [step] };
    expect(await why(person.id, (await engine.integration(manifest)).id)).toBe(
      'Asana is not set up yet: Token is missing. An admin has to enter it.',
    );
  });

  test('several secrets, and not those that Latchkey makes itself', async () => {
    const person = await engine.person();
    const ids = [
      { id: 'TOKEN', name: 'Token' },
      { id: 'ORG', name: 'Organization', secret: false },
      { id: 'PASSWORD', name: 'generate' },
    ];
    const manifest = { initial_data_form: ids, execute: [step] };
    expect(await why(person.id, (await engine.integration(manifest)).id)).toBe(
      'Asana is not set up yet: Token and Organization are missing. An admin has to enter them.',
    );
  });

  test('an integration or a person that is gone', async () => {
    const person = await engine.person();
    const { id } = await engine.integration({ execute: [step] });
    expect(await why(person.id, engine.newId())).toBe('The integration has been deleted.');
    expect(await why(engine.newId(), id)).toBe('The person is no longer in the directory.');
  });

  test('a manifest that can no longer be read', async () => {
    const person = await engine.person();
    const { id } = await engine.integration({ execute: [step] });
    await engine.db('manifest_versions').update({ manifest: '[]' });
    expect(await why(person.id, id)).toBe(
      "Latchkey can't read the manifest of Asana. An admin needs to save it again.",
    );
  });
});

describe('access_overview', () => {
  const know = (personId: string, { id: integrationId }: Integration, state: AccessState) =>
    engine.stores.access.put(accessSince(engine.now(), { personId, integrationId, state }));

  test('names every integration that gives access, with what is known, and asks nobody', async () => {
    const person = await engine.person();
    const asana = await engine.integration({ execute: [step] }, {}, 'Asana');
    const google = await engine.integration({ execute: [step] }, {}, 'Google');
    await engine.integration({ execute: [step] }, {}, 'Zoom');
    await know(person.id, asana, 'has');
    await know(person.id, google, 'none');

    const { variables } = await contextOf(person.id, asana);
    expect(variables([])['access_overview']).toBe(
      'Asana (has access), Google (no access), Zoom (unknown)',
    );
    expect(engine.party.requests).toEqual([]);
  });

  test('leaves out what is turned off and what only imports people', async () => {
    const person = await engine.person();
    const asana = await engine.integration({ execute: [step] }, {}, 'Asana');
    const off = await engine.integration({ execute: [step] }, {}, 'Off');
    await engine.transact((tx) => tx.integrations.save({ ...off, enabled: false }));
    const sync = {
      action: 'create',
      execute: [{ url: 'https://hr.example.com/people', method: 'GET' }],
      data_structure: { email: 'email', first_name: 'first', last_name: 'last' },
    };
    await engine.integration(sync, {}, 'HR');
    const { variables } = await contextOf(person.id, asana);
    expect(variables([])['access_overview']).toBe('Asana (unknown)');
  });
});

test('manager and buddy are the people as they are now', async () => {
  await engine.person({ email: 'mary@example.com', firstName: 'Mary', lastName: 'Jackson' });
  const person = await engine.person({
    managerEmail: 'MARY@example.com',
    buddyEmail: 'ada@example.com',
  });
  const { variables } = await contextOf(person.id, await engine.integration({ execute: [step] }));
  expect(variables([])).toMatchObject({
    manager: 'Mary Jackson',
    manager_email: 'mary@example.com',
    buddy: 'Ada',
    buddy_email: 'ada@example.com',
  });
});

test('a run sees the manifest that its attempt began with, and what it was started with', async () => {
  const person = await engine.person();
  const integration = await engine.integration({
    form: [{ id: 'TEAM', name: 'Team', type: 'input' }],
    initial_data_form: [{ id: 'PASSWORD', name: 'generate' }],
    execute: [step],
  });
  const run = startedRun(await engine.grant(person, integration, { TEAM: 'Sales' }));
  await engine.newManifest(integration, { execute: [step, step] });
  const gathered = ok(await gatherRun(engine.stores, run));
  const { manifest, variables } = gathered.context;
  expect(manifest.execute).toHaveLength(1);
  expect(variables([])).toMatchObject({
    TEAM: 'Sales',
    PASSWORD: expect.stringMatching(/^[\w-]{24}$/) as string,
  });
});

test('an optional field of the form that was left empty has an empty value in a grant, and none in a revoke', async () => {
  const person = await engine.person();
  await engine.transact((tx) => tx.people.save({ ...person, stored: { NOTE: 'of another' } }));
  const integration = await engine.integration({
    form: [
      { id: 'TEAM', name: 'Team', type: 'input' },
      { id: 'NOTE', name: 'Note', type: 'input', required: false },
      {
        id: 'ROLES',
        name: 'Roles',
        type: 'multiple_choice',
        required: false,
        items: [{ id: 'r', name: 'R' }],
      },
    ],
    execute: [step],
    revoke: [step],
  });
  const run = startedRun(await engine.grant(person, integration, { TEAM: 'Sales' }));
  const grant = ok(await gatherRun(engine.stores, run));
  const revoke = ok(await gatherRun(engine.stores, { ...run, kind: 'revoke' }));
  expect(grant.context.variables([])).toMatchObject({ TEAM: 'Sales', NOTE: '', ROLES: [] });
  expect(revoke.context.variables([])).toMatchObject({ NOTE: 'of another' });
  expect(revoke.context.variables([])).not.toHaveProperty('ROLES');
});

test('what an earlier step stored is there for the next, also over what was stored before', async () => {
  const person = await engine.person();
  const integration = await engine.integration({ execute: [step] });
  await engine.transact((tx) => tx.people.save({ ...person, stored: { ID: 1, TEAM: 'Sales' } }));
  const { variables } = await contextOf(person.id, integration);
  expect(variables([], { ID: 2 })).toMatchObject({ ID: 2, TEAM: 'Sales' });
});

test('a value that is no secret is shown, a secret is not', async () => {
  const person = await engine.person();
  const integration = await engine.integration(
    {
      initial_data_form: [
        { id: 'TOKEN', name: 'Token' },
        { id: 'ORG', name: 'Organization', secret: false },
      ],
      execute: [step],
    },
    { TOKEN: 'sk-live-4f9b2a7c', ORG: 'wonderland-inc' },
  );
  const { redact } = await contextOf(person.id, integration);
  expect(redact('sk-live-4f9b2a7c of wonderland-inc')).toBe('•••TOKEN••• of wonderland-inc');
});
