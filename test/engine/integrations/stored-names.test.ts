/** The first integration that stores a name owns it, so that no other one changes what it revokes by. */
import { readdirSync, readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { restoreVersion, turnOff } from '../../../src/engine/integrations/change-integration.ts';
import { storedBy } from '../../../src/engine/integrations/manifest-names.ts';
import { nameClashes } from '../../../src/engine/integrations/stored-names.ts';
import { parseManifest } from '../../../src/engine/manifest/parse.ts';
import { checkFor } from '../../../src/engine/manifest/workspace-check.ts';
import { startedRun, type TestEngine, testEngine } from '../../support/engine.ts';
import { ok } from '../../support/given/outcomes.ts';
import { savedManifests } from '../../support/saved-manifests.ts';

let engine: TestEngine;
beforeEach(async () => {
  engine = await testEngine();
});

const URL_OF_USERS = 'https://users.example.com/users';
const storing = (name: string, more: object = {}) => ({
  execute: [{ url: URL_OF_USERS, store_data: { [name]: 'id' } }],
  ...more,
});
const bringing = (name: string) => ({
  action: 'update',
  schedule: '0 6 * * *',
  execute: [{ url: URL_OF_USERS, method: 'GET' }],
  data_structure: { email: 'email', [name]: 'id' },
});
const asking = (id: string) => ({
  extra_user_info: [{ id, name: 'A fact' }],
  execute: [{ url: `${URL_OF_USERS}/{{${id}}}` }],
});
const using = (name: string) => ({ execute: [{ url: `${URL_OF_USERS}/{{${name}}}` }] });

const parts = () => ({ ...engine, actor: engine.actor });
const { added, refusals, save, remove } = savedManifests(() => engine);

describe('a name that another integration stores', () => {
  test('is refused with one that is free', async () => {
    await added('Zoom', storing('ZOOM_ID'));
    expect(await refusals('Zoom Übersee', storing('ZOOM_ID'))).toEqual([
      'execute[0].store_data.ZOOM_ID: Zoom stores "ZOOM_ID" for people; use another name, such as "ZOOM_UBERSEE_ZOOM_ID"',
    ]);
  });

  test('is refused of an import, too, and of a step where an import brings it', async () => {
    await added('Zoom', storing('zoom_id'));
    expect(await refusals('HR', bringing('zoom_id'))).toEqual([
      'data_structure.zoom_id: Zoom stores "zoom_id" for people; use another name, such as "hr_zoom_id"',
    ]);
    await added('HR', bringing('hr_id'));
    expect(await refusals('Other', storing('hr_id'))).toHaveLength(1);
  });

  test('is refused when a later version would store it, and stays the first one’s', async () => {
    await added('Zoom', storing('ZOOM_ID'));
    const other = await added('Other', storing('OTHER_ID'));
    expect(await save(other, storing('ZOOM_ID'))).toMatchObject({ ok: false });
    const now = await engine.stores.integrations.find(other.id);
    expect(now?.manifestVersionId).toBe(other.manifestVersionId);
  });

  test('is refused of a version that is restored', async () => {
    const other = await added('Other', storing('ID'));
    const saved = ok(await save(other, using('email')));
    await added('Zoom', storing('ID'));
    const restored = await engine.transact((tx) =>
      restoreVersion(tx, saved.integration, {
        versionId: other.manifestVersionId ?? '',
        ...parts(),
      }),
    );
    expect(restored).toMatchObject({ ok: false });
  });

  test('is used by everyone, and stored again by its owner', async () => {
    const zoom = await added('Zoom', storing('ZOOM_ID'));
    expect(await refusals('Rooms', using('ZOOM_ID'))).toEqual([]);
    expect(await save(zoom, storing('ZOOM_ID', { revoke: [{ url: URL_OF_USERS }] }))).toMatchObject(
      { ok: true },
    );
  });

  test('stays its owner’s while that is turned off', async () => {
    const zoom = await added('Zoom', storing('ZOOM_ID'));
    await engine.transact((tx) => turnOff(tx, zoom, parts()));
    expect(await refusals('Other', storing('ZOOM_ID'))).toHaveLength(1);
  });

  test('is said before it is saved: by whatever checks a manifest for an integration', async () => {
    const zoom = await added('Zoom', storing('ZOOM_ID'));
    const text = JSON.stringify(storing('ZOOM_ID'));
    expect(await checkFor(engine.stores, text, zoom)).toMatchObject({ ok: true });
    expect(await checkFor(engine.stores, text, { name: 'Other' })).toMatchObject({ ok: false });
  });

  test('offers no name that is taken, too', async () => {
    await added('Zoom', storing('ZOOM_ID'));
    await added('Third', asking('EU_ZOOM_ID'));
    const [refusal] = await refusals('EU', storing('ZOOM_ID'));
    expect(refusal).toContain('such as "EU_ZOOM_ID_2"');
  });
});

describe('a fact that people are asked for', () => {
  test('is asked by as many as need it', async () => {
    await added('GitHub', asking('GITHUB_USERNAME'));
    expect(await refusals('GitHub team', asking('GITHUB_USERNAME'))).toEqual([]);
  });

  test('may come from one import', async () => {
    await added('GitHub', asking('GITHUB_USERNAME'));
    expect(await refusals('HR', bringing('GITHUB_USERNAME'))).toEqual([]);
    expect(await refusals('GitHub team', asking('GITHUB_USERNAME'))).toEqual([]);
    expect(await refusals('Other HR', bringing('GITHUB_USERNAME'))).toHaveLength(1);
  });

  test('is never an answer of an app: no other integration stores it', async () => {
    await added('GitHub', asking('GITHUB_USERNAME'));
    expect(await refusals('Evil', storing('GITHUB_USERNAME'))).toEqual([
      'execute[0].store_data.GITHUB_USERNAME: GitHub asks people for "GITHUB_USERNAME", so no answer is stored under it; use another name, such as "EVIL_GITHUB_USERNAME"',
    ]);
  });

  test('is no name that another integration stores', async () => {
    await added('Zoom', storing('ZOOM_ID'));
    expect(await refusals('Evil', asking('ZOOM_ID'))).toEqual([
      'extra_user_info[0].id: Zoom stores "ZOOM_ID" for people, so Latchkey doesn\'t ask for it; use another id, such as "EVIL_ZOOM_ID"',
    ]);
  });

  test('may be corrected by the answers of the one that asks', async () => {
    expect(await refusals('GitLab', { ...asking('LOGIN'), ...storing('LOGIN') })).toEqual([]);
  });
});

describe('a name that a dot tells from another one', () => {
  test('is refused: what stands before the dot may be stored with such a part', async () => {
    await added('Zoom', storing('zoom.id'));
    expect(await refusals('Evil', storing('zoom'))).toEqual([
      'execute[0].store_data.zoom: "zoom" and "zoom.id" are easily confused, and Zoom stores "zoom.id" for people; use another name, such as "evil_zoom"',
    ]);
    expect(await refusals('HR', bringing('zoom'))).toHaveLength(1);
    expect(await refusals('Asking', asking('zoom'))).toHaveLength(1);
  });

  test('is refused the other way about, too: what stands behind the dot may be a part of what is stored', async () => {
    await added('Okta', { execute: [{ url: URL_OF_USERS, store_data: { okta: '' } }] });
    expect(await refusals('Evil', storing('okta.id'))).toEqual([
      'execute[0].store_data.okta.id: "okta.id" and "okta" are easily confused, and Okta stores "okta" for people; use another name, such as "evil_okta_id"',
    ]);
    expect(await refusals('Evil', storing('okta.user.id'))).toHaveLength(1);
    expect(await refusals('Other', storing('okta_id'))).toEqual([]);
  });

  test('is refused where people are asked for one of them, whichever integration stores or asks the other', async () => {
    await added('GitHub', asking('github.login'));
    expect(await refusals('Evil', storing('github'))).toEqual([
      'execute[0].store_data.github: "github" and "github.login" are easily confused, and GitHub asks people for "github.login"; use another name, such as "evil_github"',
    ]);
    expect(await refusals('HR', bringing('github'))).toHaveLength(1);
    expect(await refusals('Asking', asking('github'))).toHaveLength(1);
    expect(await refusals('GitHub team', asking('github.login'))).toEqual([]);
  });

  test('may be stored by the one that stores the other', async () => {
    const zoom = await added('Zoom', storing('zoom.id'));
    expect(await save(zoom, storing('zoom'))).toMatchObject({ ok: true });
    expect(await refusals('Evil', storing('zoom.id'))).toHaveLength(1);
  });

  test('is free with the other: the new owner of one has both', async () => {
    await remove(await added('Zoom', storing('zoom.id')));
    expect(await refusals('Other', storing('zoom'))).toEqual([]);
    expect((await engine.stores.storedNames.list()).map(({ name }) => name)).toEqual(['zoom']);
  });

  test('stays taken while a section of another manifest uses it', async () => {
    const zoom = await added('Zoom', storing('ZOOM_ID'));
    await added('Rooms', {
      execute: [{ url: URL_OF_USERS, data: { id: '{{#email}}{{ZOOM_ID}}{{/email}}' } }],
    });
    await remove(zoom);
    expect(await refusals('Other', storing('ZOOM_ID'))).toHaveLength(1);
  });

  test('stays taken while a path of another manifest compares with it', async () => {
    const zoom = await added('Zoom', storing('ZOOM_ID'));
    await added('Rooms', {
      execute: [
        { url: URL_OF_USERS },
        { url: URL_OF_USERS, data: { id: '{{responses.0.items.[zoom=$ZOOM_ID].id}}' } },
      ],
    });
    await remove(zoom);
    expect(await refusals('Other', storing('ZOOM_ID'))).toHaveLength(1);
  });
});

describe('the names of a deleted integration', () => {
  test('are free when nothing uses them', async () => {
    await remove(await added('Zoom', storing('ZOOM_ID')));
    expect(await refusals('Zoom', storing('ZOOM_ID'))).toEqual([]);
  });

  test('stay taken while another integration uses them', async () => {
    const zoom = await added('Zoom', storing('ZOOM_ID'));
    const rooms = await added('Rooms', using('ZOOM_ID'));
    await remove(zoom);
    expect(await refusals('Other', storing('ZOOM_ID'))).toEqual([
      'execute[0].store_data.ZOOM_ID: Zoom has stored "ZOOM_ID" for people, and Rooms still uses it; use another name, such as "OTHER_ZOOM_ID"',
    ]);
    // An integration that uses it may become its owner.
    expect(
      await save(rooms, {
        execute: [{ ...using('ZOOM_ID').execute[0], store_data: { ZOOM_ID: 'id' } }],
      }),
    ).toMatchObject({ ok: true });
  });

  test('stay taken while something there has yet to end', async () => {
    const ann = await engine.person();
    const zoom = await added('Zoom', storing('ZOOM_ID'));
    startedRun(await engine.grant(ann, zoom));
    await engine.transact(async (tx) => {
      const now = await tx.integrations.find(zoom.id);
      if (now) await tx.integrations.save({ ...now, deletedAt: engine.now() });
    });
    expect(await refusals('Other', storing('ZOOM_ID'))).toEqual([
      expect.stringContaining("something there hasn't finished yet"),
    ]);
  });

  test('so do those that a later version stores no more and still uses', async () => {
    const zoom = await added('Zoom', storing('ZOOM_ID'));
    await save(zoom, using('ZOOM_ID'));
    expect(await refusals('Other', storing('ZOOM_ID'))).toHaveLength(1);
  });
});

describe('clashes from before', () => {
  test('are listed with whose the name is', async () => {
    const { stores, transact } = engine;
    const zoom = await added('Zoom', storing('ZOOM_ID'));
    await added('GitHub', asking('GITHUB_USERNAME'));
    await added('Asking', asking('a.b'));
    const evil = await engine.integration(using('email'), {}, 'Evil');
    const version = {
      id: 'old',
      integrationId: evil.id,
      number: 2,
      manifest: JSON.stringify({
        execute: [
          {
            url: URL_OF_USERS,
            store_data: { ZOOM_ID: 'a', GITHUB_USERNAME: 'b', 'ZOOM_ID.x': 'c', a: 'd' },
          },
        ],
      }),
      savedBy: engine.actor,
      createdAt: engine.now(),
    };
    await transact(async (tx) => {
      await tx.integrations.insertVersion(version);
      await tx.integrations.save({ ...evil, manifestVersionId: version.id });
    });
    expect(
      (await nameClashes(stores)).map(({ name, integration, owned, owner, how }) => [
        name,
        integration.name,
        owned,
        owner.name,
        how,
      ]),
    ).toEqual([
      ['ZOOM_ID', 'Evil', 'ZOOM_ID', zoom.name, 'both-store'],
      ['ZOOM_ID.x', 'Evil', 'ZOOM_ID', zoom.name, 'both-store'],
      ['GITHUB_USERNAME', 'Evil', 'GITHUB_USERNAME', 'GitHub', 'asked'],
      ['a', 'Evil', 'a.b', 'Asking', 'asked'],
    ]);
  });

  test('are none among the ready-made ones and those of the demo', async () => {
    const folders = ['manifests', 'demo/manifests', 'demo/catalogue'];
    const files = folders.flatMap((folder) =>
      readdirSync(folder).map((file) => `${folder}/${file}`),
    );
    const stored = new Set<string>();
    for (const file of files.filter((each) => each.endsWith('.json'))) {
      const text = readFileSync(file, 'utf8');
      await added(file.replace('demo/', ''), JSON.parse(text) as object);
      const parsed = parseManifest(text);
      for (const name of parsed.ok ? storedBy(parsed.manifest) : []) stored.add(name);
    }
    expect(await nameClashes(engine.stores)).toEqual([]);
    expect(stored.size).toBeGreaterThan(15);
  });
});
