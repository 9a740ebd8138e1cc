/**
 * Ready-made integrations, each against a double of its app that keeps accounts: what Latchkey says is what the app holds. Lists show
 * changes late, and addresses come back in capitals.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { HOUR, MINUTE, testEngine } from '../support/engine.ts';
import { addedIntegration } from '../support/given/added.ts';
import { present } from '../support/given/outcomes.ts';
import * as apis from './app-apis.ts';
import { type Api, type AppDouble, appDouble } from './app-double.ts';
import * as similar from './similar-apis.ts';

const APPS: Readonly<Record<string, Api>> = {
  '1password-scim': similar.scim('deactivates'),
  asana: apis.asana,
  datadog: similar.datadog,
  'figma-scim': similar.scim('deletes'),
  'github-organization': apis.github,
  'gitlab-group': apis.gitlab,
  'google-workspace': apis.google,
  hubspot: apis.hubspot,
  'jira-cloud': apis.jira,
  launchdarkly: similar.launchdarkly,
  linear: apis.linear,
  'microsoft-entra': apis.entra,
  'notion-scim': similar.scim('deletes'),
  okta: apis.okta,
  pagerduty: similar.pagerduty,
  sentry: similar.sentry,
  'slack-scim': similar.scim('deactivates'),
  zendesk: apis.zendesk,
  zoom: apis.zoom,
};
/** Whom the app knows by a name or a number in place of the address. */
const KEYS: Readonly<Record<string, string>> = {
  'github-organization': 'annlee',
  'gitlab-group': '77',
};

interface Script {
  readonly secrets: Readonly<Record<string, string>>;
  readonly oauth?: JsonObject;
  readonly form?: Readonly<Record<string, string>>;
  readonly stored?: JsonObject;
}

async function life(name: string, api: Api, email = 'ann.lee@example.com') {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
  const { secrets, oauth, form = {}, stored } = JSON.parse(read(`${name}.json`)) as Script; // Ours.
  const apps: AppDouble[] = [];
  const engine = await testEngine({
    http: { send: (...request) => present(apps[0]).send(...request) },
  });
  const app = appDouble(api, engine.now, { lagMs: 3 * MINUTE, isInCapitals: true });
  apps.push(app);
  const manifest = read(`../../manifests/${name}.json`);
  const integration = await addedIntegration(engine.transact, { name, manifest, secrets });
  const token = { version: 1, generation: 1, state: 'connected' } as const;
  if (oauth)
    await engine.stores.oauth.put({
      ...token,
      integrationId: integration.id,
      answer: oauth,
      refreshedAt: engine.now(),
    });
  const ann = await engine.person({ email, firstName: 'Ann', lastName: 'Lee' });
  await engine.change(ann, { stored: { PERSONAL_EMAIL: 'ann@home.example', ...stored } });
  const access = async () => (await engine.stores.access.find(ann.id, integration.id))?.state;
  return {
    app,
    isIn: () => app.isIn(KEYS[name] ?? email),
    access,
    removal: async () => (await engine.removal(ann, integration)).state,
    grant: () => engine.granted(ann, integration, form),
    revoke: () => engine.revoke(ann, integration),
    leave: () => engine.offboard(ann, '2026-11-24'),
    hours: (count: number) => engine.timePasses(count * HOUR),
    /** Nothing else is true of someone who is in, or of someone who isn't. */
    agrees: async () => (await access()) === (app.isIn(KEYS[name] ?? email) ? 'has' : 'none'),
  };
}

test.each(Object.entries(APPS))(
  '%s: what Latchkey says of a grant, a second one, a revoke, a return and a leaver is what the app holds',
  async (name, api) => {
    const ann = await life(name, api);
    await ann.grant();
    await ann.hours(1);
    expect([ann.isIn(), await ann.access()]).toEqual([true, 'has']);
    await ann.grant();
    await ann.hours(2);
    expect([ann.isIn(), await ann.access()]).toEqual([true, 'has']);
    await ann.revoke();
    await ann.hours(1);
    expect([ann.isIn(), await ann.access(), await ann.removal()]).toEqual([false, 'none', 'gone']);
    await ann.grant();
    await ann.hours(2);
    expect(await ann.agrees()).toBe(true);
    await ann.leave();
    await ann.hours(24);
    expect([ann.isIn(), await ann.access(), await ann.removal()]).toEqual([false, 'none', 'gone']);
  },
);

/** Linear names no invitation by its address, so one whose ID was lost is withdrawn by hand. */
const withoutLinear = Object.entries(APPS).filter(([name]) => name !== 'linear');

test.each(withoutLinear)(
  '%s: a grant and a revoke whose answers are lost leave no account behind',
  async (name, api) => {
    const ann = await life(name, api);
    ann.app.loseNextWrite();
    await ann.grant();
    expect(await ann.access()).not.toBe('none');
    await ann.hours(2);
    expect([ann.isIn(), await ann.access()]).toEqual([true, 'has']);
    ann.app.loseNextWrite();
    await ann.leave();
    await ann.hours(24);
    expect([ann.isIn(), await ann.access(), await ann.removal()]).toEqual([false, 'none', 'gone']);
  },
);

test.each(['microsoft-entra', 'slack-scim'])(
  '%s: an apostrophe in an address ends no text that the app compares with it',
  async (name) => {
    const ann = await life(name, present(APPS[name]), "ann.o'neil@example.com");
    ann.app.loseNextWrite(); // So it is known by its address alone.
    await ann.grant();
    await ann.hours(2);
    expect([ann.isIn(), await ann.access()]).toEqual([true, 'has']);
    await ann.leave();
    await ann.hours(24);
    expect([ann.isIn(), await ann.access(), await ann.removal()]).toEqual([false, 'none', 'gone']);
  },
);
