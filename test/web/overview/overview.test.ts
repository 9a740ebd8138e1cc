/** The overview, as an admin or an auditor reads it from a link in chat. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openHold } from '../../../src/engine/access/holds.ts';
import { beginRemoval } from '../../../src/engine/access/removals/begin-removal.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import { blank } from '../../../src/engine/people/people.ts';
import { insertRows } from '../../../src/store/work/insert-rows.ts';
import { type TestWeb, testWeb, type WebBrowser } from '../../support/browser/web.ts';
import { present } from '../../support/given/outcomes.ts';
import { accessSince, hasAccess } from '../../support/has-access.ts';

let web: TestWeb;
let fernboard: string;
let lodestone: string;
let browser: WebBrowser;
let root: string;
let ann: Person;
let ben: Person;

const manifest = {
  execute: [{ url: 'https://api.example.com/u' }],
  revoke: [{ url: 'https://api.example.com/u', method: 'DELETE' }],
};

beforeEach(async () => {
  web = await testWeb();
  fernboard = await web.chat.integration('Fernboard', manifest);
  lodestone = await web.chat.integration('Lodestone', manifest);
  ann = await web.chat.person({
    email: 'ann@example.com',
    firstName: 'Ann',
    lastName: '<b>Lee',
    department: '=Sales',
  });
  ben = await web.chat.person({ email: 'ben@example.com', firstName: 'Ben', lastName: 'Sato' });
  await hasAccess(web.chat, ann, { integrationId: fernboard });
  await hasAccess(web.chat, ben, { integrationId: lodestone });
  const opened = await web.opened('overview', 'overview');
  browser = opened.browser;
  root = opened.page.at;
});
afterEach(() => web.close());

const stores = () => web.chat.services.stores;
const system = { kind: 'system' } as const;

async function leave({ id }: Person): Promise<void> {
  const person = await stores().people.find(id);
  if (person) await stores().people.save({ ...person, active: false });
}

async function revoke({ id }: Person, integrationId: string): Promise<void> {
  const [person, integration] = [
    await stores().people.find(id),
    await stores().integrations.find(integrationId),
  ];
  if (!person || !integration) throw new Error('There is nothing to revoke');
  const wish = { person, integration, actor: system, cause: { kind: 'revoked' } } as const;
  await web.chat.services.transact((tx) => beginRemoval(tx, wish));
}

const page = async (path: string): Promise<string> => {
  const answer = await browser.get(`${root}${path}`);
  expect([path, answer.status]).toEqual([path, 200]);
  return answer.text.replaceAll('<wbr>', '').replaceAll('&#x2F;', '/').replaceAll('&#x3D;', '=');
};
const saved = async (path: string): Promise<readonly string[]> => {
  const file = await browser.get(`${root}${path}`);
  expect(file.headers.get('content-type')).toContain('text/csv');
  return file.text.trim().split('\r\n');
};

test('a line breaks before the @ and the dots of an address, and in no other word', async () => {
  const list = (await browser.get(`${root}/people`)).text;
  expect(list).toContain('>ann<wbr>@example<wbr>.com<');
  const about = (await browser.get(`${root}/people/${ben.id}`)).text;
  expect(about).toContain('<p class="quiet">ben<wbr>@example<wbr>.com');
  expect((await browser.get(`${root}/apps`)).text).not.toContain('<wbr>');
});

test('counts what there is, and leads to it', async () => {
  await leave(ben);
  const text = await page('');
  expect(text).toContain('people?who=left">People who have left</a></td><td>1</td>');
  expect(text).toContain('people">People who work here</a></td><td>2</td>');
  expect(text).toContain('/apps"');
  expect(text).toContain('/removals?state=stuck"');
});

describe('people', () => {
  test('have their apps and why, on one line each, with names as they are', async () => {
    const text = await page('/people');
    expect(text).toContain('Fernboard: by hand, since 25 Nov 2026');
    expect(text).toContain('Ann &lt;b&gt;Lee');
    expect(text).not.toContain('<b>Lee');
  });

  test('have the day on which access ends today, since a file is read later', async () => {
    const integration = present(await stores().integrations.find(lodestone));
    const about = { person: ann, integration, source: 'by-hand', actor: system, hours: 4 } as const;
    const key = { personId: ann.id, integrationId: lodestone } as const;
    await stores().access.put(accessSince(web.chat.services.now(), key));
    await web.chat.services.transact((tx) => openHold(tx, about, {}));
    const until = 'by hand, until 25 Nov 2026, 13:00';
    expect(await page('/people')).toContain(`Lodestone: ${until}`);
    expect((await saved('/people.csv?text=ann')).join()).toContain(until);
  });

  test('are not said to have what an app has not confirmed', async () => {
    const key = { personId: ben.id, integrationId: fernboard } as const;
    const at = web.chat.services.now();
    await stores().access.put(accessSince(at, { ...key, state: 'unknown' }));
    const text = await page('/people');
    expect(text).toContain('Fernboard: no reason on record (not confirmed)');
    expect(text).toMatch(/Lodestone: by hand, since 25 Nov 2026(?! \()/);
  });

  test('are found by name, and the filter stays in the address of the file', async () => {
    const text = await page('/people?text=sato');
    expect(text).toContain('1 person');
    expect(text).not.toContain('Fernboard');
    expect(text).toContain('people.csv?text=sato&amp;who=active');
  });

  test('who have left are found apart, with what they still have', async () => {
    expect(await page('/people?who=left')).toContain('0 people');
    await leave(ben);
    const text = await page('/people?who=left');
    expect(text).toContain('Ben Sato');
    expect(text).toContain('Lodestone: by hand');
    expect(await page('/people?who=active')).not.toContain('Ben Sato');
  });

  test('come in pages', async () => {
    for (let n = 0; n < 30; n++)
      await web.chat.person({
        email: `p${n}@example.com`,
        firstName: `Pat ${n}`,
        lastName: 'Many',
      });
    const first = await page('/people?text=many');
    expect(first).toContain('page=2');
    expect(first.match(/Pat \d+ Many/g)).toHaveLength(25);
    const second = await page('/people?text=many&page=2');
    expect(second.match(/Pat \d+ Many/g)).toHaveLength(5);
    expect(second).toContain('page=1');
  });

  test('are a file with a line for each access, in which nothing is a formula', async () => {
    const [heading, ...lines] = await saved('/people.csv?text=ann');
    expect(heading).toContain('person,email,department,works here,app,state,why,since,checked at');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("Ann <b>Lee,ann@example.com,'=Sales,yes,Fernboard,has,");
    expect(await web.audit()).toContain('export.made');
  });
});

test('a person has their access, removals and requests on one page', async () => {
  await revoke(ann, fernboard);
  const text = await page(`/people/${ann.id}`);
  expect(text).toContain('ann@example.com');
  expect(text).toContain('1 removal');
  expect(text).toContain('>being removed</td>');
  expect(text).not.toContain('no reason on record');
  expect(text).toContain('0 requests');
  expect(text).toContain('has access');
});

test('an app has everyone who has it, and why, as a page and as a file', async () => {
  await hasAccess(web.chat, ben, { integrationId: fernboard, state: 'unknown' });
  const text = await page(`/apps/${fernboard}`);
  expect(text).toContain('1 has access, 1 not confirmed.');
  expect(text).toContain('Ben Sato');
  const [, ...lines] = await saved(`/apps/${fernboard}/people.csv`);
  expect(lines.map((line) => line.split(',')[5])).toEqual(['has', 'unknown']);
});

test('an app that more people have than fit on a page has a next page, and a file of all', async () => {
  const at = web.chat.services.now().getTime();
  const many = Array.from({ length: 251 }, (_, n) => ({
    ...blank(web.chat.services.newId(), `many-${n}@example.com`),
    firstName: `Many ${n}`,
  }));
  await stores().people.insertMany(many.slice(0, 250));
  await stores().people.insertMany(many.slice(250));
  const known = { integration_id: lodestone, state: 'has', reason: '', since: at, checked_at: at };
  await insertRows(
    web.chat.database.db,
    'access',
    many.map(({ id }) => ({ ...known, person_id: id })),
  );
  const first = await page(`/apps/${lodestone}`);
  const next = /href="[^"]*(\/apps\/[^"]*\?after=[^"]*)"/.exec(first)?.[1] ?? '';
  const names = `${first}\n${await page(next)}`.match(/>(?:Many \d+|Ben Sato)</g);
  expect(new Set(names).size).toBe(252);
  expect(names).toHaveLength(252);
  const [, ...lines] = await saved(`/apps/${lodestone}/people.csv`);
  expect(new Set(lines).size).toBe(252);
});

test('an access that nothing explains says so', async () => {
  const at = web.chat.services.now();
  const about = { personId: ben.id, integrationId: fernboard, since: at, checkedAt: at };
  await stores().access.put({ ...about, state: 'has', reason: 'It was found.' });
  expect(await page(`/apps/${fernboard}`)).toContain('no reason on record');
});

test('removals are filtered by state', async () => {
  await revoke(ann, fernboard);
  expect(await page('/removals?state=open')).toContain('1 removal');
  expect(await page('/removals?state=gone')).toContain('0 removals');
  expect(await page('/removals?state=nonsense')).toContain('1 removal');
  const ofApp = await page(`/removals?app=${fernboard}`);
  expect(ofApp).toContain('1 removal');
  expect(ofApp).toContain('<p class="quiet">Fernboard</p>');
  expect(ofApp).toContain(`name="app" value="${fernboard}"`);
  expect(await page(`/removals?app=${lodestone}`)).toContain('0 removals');
  expect((await saved('/removals.csv?state=open&app='))[1]).toContain('Ann');
});

test('a file of people has all of them, also where some of the first part leave while it is read', async () => {
  const { newId } = web.chat.services;
  const many = Array.from({ length: 300 }, (_, n) => ({
    ...blank(newId(), `many-${String(n).padStart(3, '0')}@example.com`),
    firstName: 'Many',
  }));
  await stores().people.insertMany(many.slice(0, 150));
  await stores().people.insertMany(many.slice(150));
  for (const person of [...many.slice(0, 1), ...many.slice(299)])
    await hasAccess(web.chat, person, { integrationId: fernboard });
  const { people } = stores();
  const searchAfter: typeof people.searchAfter = people.searchAfter.bind(people);
  let reads = 0;
  Object.assign(people, {
    searchAfter: async (...wanted: Parameters<typeof people.searchAfter>) => {
      reads += 1;
      if (reads === 2) for (const person of many.slice(1, 60)) await leave(person);
      return searchAfter(...wanted);
    },
  });
  const [, ...lines] = await saved('/people.csv?text=many');
  expect(reads).toBe(2);
  expect(lines.map((line) => line.split(',')[1])).toEqual([
    'many-000@example.com',
    'many-299@example.com',
  ]);
});

test('the audit log says by which filter a file was taken, and no name', async () => {
  await saved('/people.csv?text=lee&who=everybody');
  await saved(`/removals.csv?state=stuck&app=${fernboard}`);
  await saved(`/findings.csv?state=ignored&kind=orphan&person=${ann.id}&app=nothing`);
  await saved(`/apps/${lodestone}/people.csv`);
  const entries = await stores().auditLog.list({ offset: 0, limit: 4 }, { what: 'export.made' });
  expect(
    entries
      .toReversed()
      .map(({ integrationId, personId, detail }) => ({ integrationId, personId, detail })),
  ).toEqual([
    { detail: { file: 'access.csv', people: 'everybody', searched: 'yes' } },
    { integrationId: fernboard, detail: { file: 'removals.csv', state: 'stuck' } },
    {
      personId: ann.id,
      detail: { file: 'findings.csv', state: 'ignored', kind: 'orphan' },
    },
    { integrationId: lodestone, detail: { file: 'access.csv' } },
  ]);
});

describe('is refused', () => {
  test('to someone who is neither admin nor auditor any more, page and file', async () => {
    await web.role('auditor');
    expect(await page('/people')).toContain('Fernboard');
    await web.role('helpdesk');
    for (const path of ['', '/people', `/apps/${fernboard}`, '/people.csv', '/removals.csv'])
      expect((await browser.get(`${root}${path}`)).status).toBe(403);
  });

  test('to a browser without its cookie', async () => {
    const answer = await fetch(`${web.url}${root}/people`);
    expect(answer.status).toBe(403);
    expect(await answer.text()).not.toContain('Fernboard');
  });

  test('for a person or an app that there is not', async () => {
    expect((await browser.get(`${root}/people/nobody`)).status).toBe(404);
    expect((await browser.get(`${root}/apps/nothing/people.csv`)).status).toBe(404);
  });
});
