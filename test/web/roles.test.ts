/** Every page and route of the web, asked for without a link, with another person's session, and by each role. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LinkPurpose } from '../../src/engine/links/link.ts';
import { type Person, ROLES } from '../../src/engine/people/directory.ts';
import { csrfOn, type TestWeb, testWeb, type WebBrowser } from '../support/browser/web.ts';
import { present } from '../support/given/outcomes.ts';

/** Where each route's answer is decided. A new route without a row fails. */
const ROUTES: Readonly<Record<string, 'session' | 'link' | 'machine' | 'everyone'>> = {
  // Of the API and of MCP. What takes a token is in the API's own tests, endpoint by endpoint.
  'get /docs': 'everyone',
  'get /openapi.json': 'everyone',
  'post /': 'machine',
  'get /editor/:session': 'session',
  'post /editor/:session': 'session',
  'get /editor/:session/try': 'session',
  'post /editor/:session/try': 'session',
  'post /editor/:session/check': 'session',
  'get /oauth/:integration/connect': 'session',
  'get /oauth/:integration/callback': 'session',
  'get /oauth/:integration/connected': 'session',
  'get root': 'session',
  'post root': 'session',
  'get ${root}/:bundle': 'session',
  'post ${root}/:bundle': 'session',
  'get ${root}/:bundle/item': 'session',
  'post ${root}/:bundle/item': 'session',
  'get ${root}/people': 'session',
  'get ${root}/people.csv': 'session',
  'get ${root}/people/:id': 'session',
  'get ${root}/apps': 'session',
  'get ${root}/apps/:id': 'session',
  'get ${root}/apps/:id/people.csv': 'session',
  'get ${root}/removals': 'session',
  'get ${root}/removals.csv': 'session',
  'get ${root}/reviews/:id': 'session',
  'get ${root}/reviews/:id/review.csv': 'session',
  'get ${root}/reviews': 'session',
  'get ${root}/findings': 'session',
  'get ${root}/findings.csv': 'session',
  'get ${root}/health': 'session',
  'get ${root}/evidence': 'session',
  'get ${root}/evidence.zip': 'session',
  'get ${root}/health.csv': 'session',
  'get SCRIPT': 'everyone',
  'get each.href': 'everyone',
  'get document.path': 'everyone', // The guide to manifests.
  'get /secrets/:session': 'session',
  'post /secrets/:session': 'session',
  'get /authenticator/:session': 'session',
  'post /authenticator/:session': 'session',
  'get /links/:token': 'link',
  'post /links/:token': 'link',
  'post /hooks/:id': 'machine',
  'get /exports/:session': 'session',
  'get /exports/:session/file': 'session',
  'get path': 'link',
  'post path': 'link',
  'post /slack/events': 'machine',
  'post /api/messages': 'machine',
  'get /healthz': 'everyone',
  'get /readyz': 'machine',
  'get /metrics': 'machine',
  'get /': 'everyone',
  'get /privacy': 'everyone',
  'get /terms': 'everyone',
  'get PAGE_SCRIPT': 'everyone',
};

test('each route of the web has a row, and no other', () => {
  const here = new URL('../../src/web/', import.meta.url);
  const found = readdirSync(here, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith('assets'))
    .flatMap((name) => {
      const text = readFileSync(new URL(name, here), 'utf8');
      return [...text.matchAll(/\b(?:router|app)\.(get|post|put|patch|delete)\(\s*([^,\s]+),/g)];
    })
    .map(([, method, path = '']) => `${method} ${path.replaceAll(/['"`]/g, '')}`);
  expect([...new Set(found)].toSorted()).toEqual(Object.keys(ROUTES).toSorted());
});

interface Pages {
  readonly purpose: LinkPurpose;
  /** Of whom the pages are; they are nobody else's. */
  readonly roles: readonly Person['role'][];
  readonly routes: readonly (readonly ['get' | 'post', string])[];
}

const PAGES: readonly Pages[] = [
  {
    purpose: 'secrets',
    roles: ['admin'],
    routes: [
      ['get', ''],
      ['post', ''],
    ],
  },
  {
    purpose: 'manifest',
    roles: ['admin'],
    routes: [
      ['get', ''],
      ['post', ''],
      ['get', '/try'],
      ['post', '/try'],
      ['post', '/check'],
    ],
  },
  {
    purpose: 'bundles',
    roles: ['admin'],
    routes: [
      ['get', ''],
      ['post', ''],
      ['get', '/forged'],
      ['post', '/forged'],
      ['get', '/forged/item'],
      ['post', '/forged/item'],
    ],
  },
  {
    purpose: 'export',
    roles: ['admin', 'auditor'],
    routes: [
      ['get', ''],
      ['get', '/file'],
    ],
  },
  {
    purpose: 'overview',
    roles: ['admin', 'auditor'],
    routes: [
      ['get', ''],
      ['get', '/people'],
      ['get', '/people.csv'],
      ['get', '/people/forged'],
      ['get', '/apps'],
      ['get', '/apps/forged'],
      ['get', '/apps/forged/people.csv'],
      ['get', '/removals'],
      ['get', '/removals.csv'],
      ['get', '/reviews'],
      ['get', '/findings'],
      ['get', '/findings.csv'],
      ['get', '/health'],
      ['get', '/evidence'],
      ['get', '/evidence.zip'],
      ['get', '/health.csv'],
      ['get', '/reviews/forged'],
      ['get', '/reviews/forged/review.csv'],
    ],
  },
  {
    purpose: 'authenticator',
    roles: ROLES,
    routes: [
      ['get', ''],
      ['post', ''],
    ],
  },
];

let web: TestWeb;
let integrationId: string;
beforeAll(async () => {
  web = await testWeb();
  integrationId = await web.chat.integration('Fernboard', {
    initial_data_form: [{ id: 'API_KEY', name: 'API key' }],
    execute: [{ url: 'https://api.example.com', data: { key: '{{API_KEY}}' } }],
  });
});
afterAll(() => web.close());

const subjectOf = (purpose: LinkPurpose): string =>
  purpose === 'export'
    ? JSON.stringify({ of: 'audit', filter: {} })
    : ['bundles', 'overview', 'authenticator'].includes(purpose)
      ? purpose
      : integrationId;

async function someone(role: Person['role']): Promise<Person> {
  const { services } = web.chat;
  const email = `${role}-${services.newId()}@example.com`;
  const made = await web.chat.person({ email, firstName: role });
  return services.transact((tx) => tx.people.save({ ...made, role }));
}

/** The whole way from their link to its page; undefined where it is refused on the way. */
async function opened(purpose: LinkPurpose, person: Person) {
  const path = await web.link(purpose, subjectOf(purpose), person);
  const browser = await web.confirmed(path).catch(() => undefined);
  const page = browser && (await browser.follow(await browser.post(path)));
  return browser && page && page.status < 400 ? { browser, page } : undefined;
}

const ask = (
  browser: WebBrowser,
  [method, path]: readonly ['get' | 'post', string],
  csrf = 'forged',
) => (method === 'get' ? browser.get(path) : browser.post(path, { csrf, do: 'save' }));

/** What a page could change. */
const kept = async () => {
  const { db } = web.chat.database;
  const tables = ['integrations', 'manifest_versions', 'secrets', 'bundles', 'authenticators'];
  return Promise.all(tables.map((table) => db(table)));
};

describe.each(PAGES)('the pages of $purpose', ({ purpose, roles, routes }) => {
  test('open by the link of these roles, and of no other', async () => {
    const open: Person['role'][] = [];
    for (const role of ROLES) if (await opened(purpose, await someone(role))) open.push(role);
    expect(open.toSorted()).toEqual([...roles].toSorted());
  });

  test('are refused without a session, and with the session of another person', async () => {
    const theirs = present(await opened(purpose, await someone('admin')));
    const others = present(await opened(purpose, await someone('admin')));
    const before = await kept();
    const [stranger, other] = [theirs.browser.without(), theirs.browser.with(others.browser)];
    const csrf = csrfOn(others.page.text);
    for (const [method, below] of routes) {
      const route = [method, `${theirs.page.at}${below}`] as const;
      expect([...route, (await ask(stranger, route)).status]).toEqual([...route, 403]);
      expect([...route, (await ask(other, route, csrf)).status]).toEqual([...route, 403]);
    }
    expect(await kept()).toEqual(before);
  });

  test('are refused to someone who lost the role, or left, with the page open', async () => {
    const { transact } = web.chat.services;
    const lost = ROLES.filter((role) => !roles.includes(role)).map((role) => ({ role }));
    for (const change of [...lost, { active: false }]) {
      const person = await someone('admin');
      const open = present(await opened(purpose, person));
      await transact((tx) => tx.people.save({ ...person, ...change }));
      const before = await kept();
      for (const [method, below] of routes) {
        const route = [method, `${open.page.at}${below}`] as const;
        const { status } = await ask(open.browser, route, csrfOn(open.page.text));
        expect([change, ...route, status]).toEqual([change, ...route, 403]);
      }
      expect(await kept()).toEqual(before);
    }
  });
});
