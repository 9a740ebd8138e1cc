import { beforeEach, describe, expect, test } from 'vitest';
import { accessOf } from '../../../src/engine/access/access-overview.ts';
import {
  addIntegration,
  type NewIntegration,
  setSecrets,
} from '../../../src/engine/integrations/integrations.ts';
import { type TestEngine, testEngine } from '../../support/engine.ts';
import { ok } from '../../support/given/outcomes.ts';

const TOKEN = 'sk-live-4f9b2a7c';
const execute = [{ url: 'https://api.example.com/users' }];
const manifest = JSON.stringify({
  initial_data_form: [
    { id: 'TOKEN', name: 'Token' },
    { id: 'ORG', name: 'Organization' },
    { id: 'PASSWORD', name: 'generate' },
  ],
  headers: { authorization: 'Bearer {{TOKEN}}', org: '{{ORG}}' },
  execute: [{ ...execute[0], data: { password: '{{PASSWORD}}' } }],
});

let engine: TestEngine;
beforeEach(async () => {
  engine = await testEngine();
});

const add = (wanted: Partial<NewIntegration> = {}) =>
  engine.transact((tx) =>
    addIntegration(tx, { name: 'Asana', manifest, secrets: {}, ...wanted }, engine),
  );
const errorsOf = async (wanted: Partial<NewIntegration>): Promise<string> => {
  const added = await add(wanted);
  return added.ok ? '' : added.errors.map(({ place, message }) => `${place} ${message}`).join('\n');
};

describe('an integration is added', () => {
  test('with its manifest as it was written, and found by its name in any case', async () => {
    const added = ok(await add({ name: '  Asana ' }));
    expect(await engine.stores.integrations.findByName('ASANA')).toEqual(added.integration);
    const version = await engine.stores.integrations.findVersion(
      added.integration.manifestVersionId,
    );
    expect(version).toMatchObject({ number: 1, manifest });
  });

  test('with its secrets encrypted, and says which are missing', async () => {
    engine = await testEngine({ ownFile: true });
    const added = ok(await add({ secrets: { TOKEN } }));
    expect(added.missing).toEqual(['ORG']);
    expect(await engine.stores.secrets.all(added.integration.id)).toEqual({ TOKEN });
    expect(engine.databaseBytes()).not.toContain(TOKEN);
  });

  test('and audited by its name, without its secrets', async () => {
    await add({ secrets: { TOKEN } });
    const [entry] = await engine.stores.auditLog.list({ offset: 0, limit: 1 });
    expect(entry).toMatchObject({ what: 'integration.added', detail: { name: 'Asana' } });
    expect(JSON.stringify(entry)).not.toContain(TOKEN);
  });
});

describe('an integration is refused', () => {
  test.each([
    ['without a name', { name: '  ' }, /name is empty; give one like Asana/],
    ['with a name too long', { name: 'x'.repeat(61) }, /61 characters; use 60 at most/],
    ['with broken JSON', { manifest: '{\n  "execute": [,]\n}' }, /line 2/],
    ['with a secret that it does not ask for', { secrets: { TOKN: 'x' } }, /TOKEN, ORG/],
    ['with a value that Latchkey makes', { secrets: { PASSWORD: 'x' } }, /secrets\.PASSWORD/],
  ])('%s', async (_, wanted, problem) => {
    expect(await errorsOf(wanted)).toMatch(problem);
    expect(await engine.stores.integrations.list()).toEqual([]);
  });

  test('with a name that is taken, in any case', async () => {
    await add();
    expect(await errorsOf({ name: 'ASANA' })).toMatch(/ASANA is already taken; use another one/);
  });

  test('with everything that is wrong at once', async () => {
    const wrong = { name: '', manifest: '{"execute": [{"url": "x", "method": "FETCH"}], "a": 1}' };
    const errors = await errorsOf(wrong);
    for (const part of ['name is empty', 'FETCH', 'not an address', 'a'])
      expect(errors).toContain(part);
  });
});

describe('secrets are set', () => {
  const added = async () => ok(await add({ secrets: { TOKEN } })).integration;
  const set = async (secrets: Readonly<Record<string, string>>) => {
    const integration = await added();
    const problems = await engine.transact((tx) =>
      setSecrets(tx, integration, { secrets, ...engine }),
    );
    return { problems, now: await engine.stores.secrets.all(integration.id) };
  };

  test('or replaced; the others keep their values', async () => {
    expect(await set({ ORG: 'wonderland' })).toEqual({
      problems: [],
      now: { TOKEN, ORG: 'wonderland' },
    });
  });

  test.each(['', '  '])('but an empty value is none, so nothing is set: "%s"', async (empty) => {
    const { problems, now } = await set({ TOKEN: empty, ORG: 'wonderland' });
    expect(problems).toEqual([{ place: 'secrets.TOKEN', message: 'This is still needed.' }]);
    expect(now).toEqual({ TOKEN });
    expect(await errorsOf({ name: 'Other', secrets: { ORG: empty } })).toContain('secrets.ORG');
  });

  test('without the spaces around them', async () => {
    expect((await set({ ORG: ' wonderland\n' })).now).toMatchObject({ ORG: 'wonderland' });
  });

  test.each([
    ['what belongs in a host and is no host', { SITE: 'https://example.com/' }],
    ['a text that was pasted by mistake', { KEY: 'x'.repeat(8001) }],
    ['a key without its line breaks', { KEY: '-----BEGIN KEY----- x -----END KEY-----' }],
  ])('but not %s', async (_, secrets) => {
    const asking = JSON.stringify({
      initial_data_form: [
        { id: 'SITE', name: 'Site' },
        { id: 'KEY', name: 'Key' },
      ],
      execute: [{ url: 'https://{{SITE}}.example.com/users', data: { key: '{{KEY}}' } }],
    });
    const outcome = ok(await add({ name: 'Hosted', manifest: asking }));
    const [id] = Object.keys(secrets);
    const problems = await engine.transact((tx) =>
      setSecrets(tx, outcome.integration, { secrets, ...engine }),
    );
    expect(problems).toMatchObject([{ place: `secrets.${id}` }]);
    expect(await errorsOf({ name: 'Other', manifest: asking, secrets })).toContain(`secrets.${id}`);
  });

  test('and audited by their names alone', async () => {
    await set({ ORG: 'wonderland' });
    const [entry] = await engine.stores.auditLog.list({ offset: 0, limit: 1 });
    expect(entry).toMatchObject({ what: 'secrets.set', detail: { names: 'ORG' } });
  });

  test('all or none: one that the manifest does not ask for refuses the others too', async () => {
    const { problems, now } = await set({ ORG: 'wonderland', OGR: 'x' });
    expect(problems).toMatchObject([{ place: 'secrets.OGR' }]);
    expect(now).toEqual({ TOKEN });
  });
});

describe('the access of a person', () => {
  test('is listed by name with what can be asked and taken away, page by page', async () => {
    const person = await engine.person();
    const exists = { ...execute[0], method: 'GET' };
    await engine.integration({ execute }, {}, 'Zoom');
    await engine.integration({ execute, exists, revoke: execute }, {}, 'Asana');
    await engine.integration({ execute, exists }, {}, 'Google');

    const shown = async (offset: number) => {
      const { rows, total } = await accessOf(engine.stores, person, { offset, limit: 2 });
      return [
        total,
        ...rows.map((row) => `${row.integration.name} ${row.hasExists} ${row.hasRevoke}`),
      ];
    };
    expect(await shown(0)).toEqual([3, 'Asana true true', 'Google true false']);
    expect(await shown(2)).toEqual([3, 'Zoom false false']);
  });

  test('shows the unfinished run, and not the one that has ended', async () => {
    engine.party.on('POST /users', { json: {} });
    const person = await engine.person();
    const zoom = await engine.integration({ execute: [{ url: `${engine.party.url}/users` }] });
    const only = async () => {
      const { rows } = await accessOf(engine.stores, person, { offset: 0, limit: 1 });
      return rows[0];
    };
    await engine.grant(person, zoom);
    expect(await only()).toMatchObject({ run: { state: 'queued' } });
    await engine.runJobs();
    expect((await only())?.run).toBeUndefined();
    expect(await only()).toMatchObject({ access: { state: 'has' } });
  });

  test('leaves out an integration that is turned off', async () => {
    const person = await engine.person();
    const zoom = await engine.integration({ execute });
    await engine.transact((tx) => tx.integrations.save({ ...zoom, enabled: false }));
    expect((await accessOf(engine.stores, person, { offset: 0, limit: 9 })).total).toBe(0);
  });
});
