/** What integrations have stored with people, when its name gets another owner or becomes a fact that people are asked for. */
import { beforeEach, describe, expect, test } from 'vitest';
import { factFields, knownOf } from '../../../src/bots/features/access/grant-form.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { keepFacts } from '../../../src/engine/people/fact-claims.ts';
import { factsAskedBy } from '../../../src/engine/people/fact-questions.ts';
import { type TestEngine, testEngine } from '../../support/engine.ts';
import { ok, present } from '../../support/given/outcomes.ts';
import { savedManifests } from '../../support/saved-manifests.ts';

let engine: TestEngine;
beforeEach(async () => {
  engine = await testEngine();
  engine.party.on('POST /users', { json: { id: 'ceo' } });
});

const { added, refusals, save, remove } = savedManifests(() => engine);
const storing = (name: string, more: object = {}) => ({
  execute: [{ url: `${engine.party.url}/users`, store_data: { [name]: 'id' } }],
  ...more,
});
const using = (name: string) => ({ execute: [{ url: `${engine.party.url}/{{${name}}}` }] });
const asking = (id: string) => ({ extra_user_info: [{ id, name: 'A name' }], ...using(id) });

async function granted(person: Person, integration: Integration): Promise<void> {
  await engine.granted(person, integration);
}
async function storedOf({ id }: Person): Promise<Person['stored']> {
  return present(await engine.stores.people.find(id)).stored;
}
const enter = (person: Person, facts: Record<string, string>) =>
  engine.transact((tx) =>
    keepFacts(tx, {
      personId: person.id,
      facts,
      actor: { kind: 'person', personId: person.id, via: 'slack' },
    }),
  );
/** What is asked of them when that is granted. */
async function askedOf({ id }: Person, integration: Integration): Promise<readonly string[]> {
  const person = present(await engine.stores.people.find(id));
  const questions = await factsAskedBy(engine.stores, integration);
  return Object.keys(factFields(questions, await knownOf(person, engine.stores)));
}

describe('what a deleted integration has stored', () => {
  test('is no answer of a person: they are asked', async () => {
    const ann = await engine.person();
    const evil = await added('Evil', storing('GITHUB_USERNAME'));
    await granted(ann, evil);
    expect(await storedOf(ann)).toEqual({ GITHUB_USERNAME: 'ceo' });
    await remove(evil);
    const github = await added('GitHub', asking('GITHUB_USERNAME'));
    expect(await askedOf(ann, github)).toEqual(['fact.GITHUB_USERNAME']);
    expect(await storedOf(ann)).toEqual({});
  });

  test('is dropped across a dot, too', async () => {
    const ann = await engine.person();
    const evil = await added('Evil', storing('github'));
    await granted(ann, evil);
    await remove(evil);
    await added('GitHub', asking('github.login'));
    expect(await storedOf(ann)).toEqual({});
  });

  test('is dropped from those who have left, and nothing else of theirs', async () => {
    const ann = await engine.person();
    const evil = await added('Evil', storing('EVIL_ID'));
    await granted(ann, evil);
    await granted(ann, await added('Other', storing('OTHER_ID')));
    await engine.change(ann, { active: false });
    await remove(evil);
    await added('New', storing('EVIL_ID'));
    expect(await storedOf(ann)).toEqual({ OTHER_ID: 'ceo' });
  });

  test('is counted in the audit log', async () => {
    const ann = await engine.person();
    const evil = await added('Evil', storing('EVIL_ID'));
    await granted(ann, evil);
    await remove(evil);
    const { id } = await added('New', storing('EVIL_ID'));
    const entries = await engine.stores.auditLog.list(
      { offset: 0, limit: 9 },
      { integrationId: id },
    );
    expect(entries.map(({ detail }) => detail)).toEqual([{ name: 'New', peopleCleared: 1 }]);
  });
});

describe('what an integration has stored and stores no more', () => {
  test('is dropped when another one stores the name', async () => {
    const ann = await engine.person();
    const evil = await added('Evil', storing('ZOOM_ID'));
    await granted(ann, evil);
    expect(await save(evil, using('email'))).toMatchObject({ ok: true });
    await added('Zoom', storing('ZOOM_ID'));
    expect(await storedOf(ann)).toEqual({});
  });

  test('stays while the same one stores it again', async () => {
    const ann = await engine.person();
    const zoom = await added('Zoom', storing('ZOOM_ID'));
    await granted(ann, zoom);
    const saved = ok(await save(zoom, using('email')));
    await save(saved.integration, storing('ZOOM_ID'));
    expect(await storedOf(ann)).toEqual({ ZOOM_ID: 'ceo' });
  });

  test('is not asked of people while it, or another one, uses the name', async () => {
    const zoom = await added('Zoom', storing('ZOOM_ID'));
    await save(zoom, using('ZOOM_ID'));
    expect(await refusals('Evil', asking('ZOOM_ID'))).toEqual([
      'extra_user_info[0].id: Zoom has stored "ZOOM_ID" for people, and Zoom still uses it; use another name, such as "EVIL_ZOOM_ID"',
    ]);
  });

  test('is not asked of people while a grant there may store it yet', async () => {
    const ann = await engine.person();
    const evil = await added('Evil', storing('GITHUB_USERNAME'));
    await engine.grant(ann, evil);
    await save(evil, using('email'));
    expect(await refusals('GitHub', asking('GITHUB_USERNAME'))).toEqual([
      expect.stringContaining("something there hasn't finished yet"),
    ]);
  });

  test('is kept with its accounts, which are removed by it though it is dropped', async () => {
    const ann = await engine.person();
    const fern = await added('Fern', {
      ...storing('FERN_ID'),
      revoke: [{ url: `${engine.party.url}/users/{{FERN_ID}}`, method: 'DELETE' }],
    });
    await granted(ann, fern);
    engine.party.on('DELETE /users/ceo', { status: 204 });
    await engine.change(ann, { stored: {} });
    await engine.revoke(ann, fern);
    await engine.runJobs();
    expect(engine.party.sent('DELETE', '/users/ceo')).toBe(1);
  });
});

describe('what people have entered themselves', () => {
  test('stays theirs when an integration that stored the name is gone', async () => {
    const [ann, bob] = [await engine.person(), await engine.person({ email: 'bob@example.com' })];
    const first = await added('GitHub', asking('GITHUB_USERNAME'));
    await enter(ann, { GITHUB_USERNAME: 'ann-l' });
    await remove(first);
    const evil = await added('Evil', storing('GITHUB_USERNAME'));
    await granted(bob, evil);
    await remove(evil);
    await added('GitHub', asking('GITHUB_USERNAME'));
    expect(await storedOf(ann)).toEqual({ GITHUB_USERNAME: 'ann-l' });
    expect(await storedOf(bob)).toEqual({});
  });

  test('is theirs, too, in place of what was stored', async () => {
    const ann = await engine.person();
    const gitlab = await added('GitLab', {
      ...asking('LOGIN'),
      ...storing('LOGIN'),
    });
    await granted(ann, gitlab);
    await enter(ann, { LOGIN: 'ann-l' });
    await remove(gitlab);
    await added('GitLab', asking('LOGIN'));
    expect(await storedOf(ann)).toEqual({ LOGIN: 'ann-l' });
  });
});

describe('a value of which nobody knows who wrote it', () => {
  test('is the former owner’s where people were not asked for it', async () => {
    const ann = await engine.person();
    const evil = await added('Evil', storing('GITHUB_USERNAME'));
    await engine.change(ann, { stored: { GITHUB_USERNAME: 'ceo' } });
    await remove(evil);
    await added('GitHub', asking('GITHUB_USERNAME'));
    expect(await storedOf(ann)).toEqual({});
  });

  test('stays where an import brought it, which people may have entered as well', async () => {
    const ann = await engine.person();
    const hr = await added('HR', {
      action: 'update',
      schedule: '0 6 * * *',
      execute: [{ url: `${engine.party.url}/users`, method: 'GET' }],
      data_structure: { email: 'email', GITHUB_USERNAME: 'login' },
    });
    await engine.change(ann, { stored: { GITHUB_USERNAME: 'ann-l' } });
    await added('GitHub', asking('GITHUB_USERNAME'));
    await remove(hr);
    await added('GitHub team', asking('GITHUB_USERNAME'));
    expect(await storedOf(ann)).toEqual({ GITHUB_USERNAME: 'ann-l' });
  });
});
