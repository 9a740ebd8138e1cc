import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { gather } from '../../src/engine/calls/context.ts';
import { saveManifest } from '../../src/engine/integrations/change-integration.ts';
import { toText } from '../../src/engine/templates/render.ts';
import { questionOf } from '../support/browser/question-of.ts';
import { type Answer, MINUTE, type TestWeb, testWeb, WebBrowser } from '../support/browser/web.ts';
import { textOf } from '../support/chat.ts';
import { filesOf } from '../support/database/database.ts';
import { ok, present } from '../support/given/outcomes.ts';
import { leaks } from '../support/leaks.ts';
import {
  CLIENT_ID,
  CLIENT_SECRET,
  type OAuthProvider,
  startOAuthProvider,
} from '../support/peers/oauth-provider.ts';
import { startThirdParty, type ThirdParty } from '../support/peers/third-party.ts';

let web: TestWeb;
let provider: OAuthProvider;
let id: string;

beforeEach(async () => {
  web = await testWeb({ ownFile: true });
  provider = await startOAuthProvider();
  id = await integration('Harbour', {});
  await provider.open(`${web.url}/oauth/${id}/callback`);
});
afterEach(async () => {
  await provider.close();
  await web.close();
});

/** One of the real provider, or with an `oauth` of its own. */
async function integration(name: string, oauth: object, secrets: object = { CLIENT_SECRET }) {
  const client = { client_id: CLIENT_ID, client_secret: '{{CLIENT_SECRET}}' };
  return web.chat.integration(
    name,
    {
      initial_data_form: [{ id: 'CLIENT_SECRET', name: 'Client secret' }],
      oauth: {
        authenticate_url: `${provider.url}/auth?client_id=${CLIENT_ID}&state=fixed&response_type=code&scope=openid%20offline_access&redirect_uri={{redirect_url}}`,
        access_token: {
          url: `${provider.url}/token`,
          data: {
            grant_type: 'authorization_code',
            code: '{{code}}',
            redirect_uri: '{{redirect_url}}',
            ...client,
          },
        },
        refresh: {
          url: `${provider.url}/token`,
          data: {
            grant_type: 'refresh_token',
            refresh_token: '{{oauth.refresh_token}}',
            ...client,
          },
        },
        ...oauth,
      },
      headers: { Authorization: 'Bearer {{oauth.access_token}}' },
      execute: [{ url: `${provider.url}/api/users` }],
    },
    { ...secrets },
  );
}

/** Where the page sends the browser by itself. */
const goesTo = ({ text }: Answer): string =>
  decode(/http-equiv="refresh" content="0; url=([^"]+)"/.exec(text)?.[1] ?? '');
const decode = (html: string): string =>
  html.replaceAll('&#x2F;', '/').replaceAll('&#x3D;', '=').replaceAll('&amp;', '&');

const pathOf = ({ pathname, search }: URL): string => `${pathname}${search}`;
const tokenOf = () => web.chat.services.stores.oauth.find(id);

/** From the link to the third party and back. @returns the path that it sends the browser back to */
async function awayAndBack() {
  const opened = await web.opened('connect', id);
  const returned = pathOf(await provider.visit(goesTo(opened.page)));
  return { ...opened, returned };
}

const changed = (path: string, change: (query: URLSearchParams) => void): string => {
  const url = new URL(path, web.url);
  change(url.searchParams);
  return pathOf(url);
};

test('a link from chat leads to the third party and back, and then the integration is connected', async () => {
  const { browser, page, returned } = await awayAndBack();
  expect(page.status).toBe(200);
  expect(page.text).toContain('Going to Harbour');
  const sent = new URL(goesTo(page));
  expect(sent.origin).toBe(provider.url);
  expect(sent.searchParams.getAll('state')).toHaveLength(1);
  expect(sent.searchParams.get('state')).not.toBe('fixed');
  expect(sent.search).toContain('scope=openid%20offline_access');

  const answer = await browser.get(returned);
  expect(answer.status).toBe(303);
  const done = await browser.follow(answer);
  expect(done.text).toContain('Harbour is connected');
  expect(done.text).toContain('Harbour is ready to use. Continue in chat.');
  expect(done.at).toBe(`/oauth/${id}/connected`);
  expect(await tokenOf()).toMatchObject({ state: 'connected', generation: 1 });
  expect(provider.tokenRequests).toEqual(['authorization_code 200']);
  expect(await web.audit()).toContain('oauth.connected');
});

test('chat says that it is connected, where it had asked which number the browser shows', async () => {
  const { browser, path, returned } = await awayAndBack();
  const said = await questionOf(web, path);
  expect(await said()).toContain('Continue on the page that is open there.');
  await browser.get(returned);
  expect(await said()).toBe('Harbour is connected\n✓ ready\n[View]');
});

test('the client secret, the code and the token stand in no page, address or log, and sealed in the database', async () => {
  const { browser, page, returned } = await awayAndBack();
  const done = await browser.follow(await browser.get(returned));
  const token = await tokenOf();
  const secrets = {
    CLIENT_SECRET,
    access_token: toText(token?.answer['access_token']),
    refresh_token: toText(token?.answer['refresh_token']),
    code: new URL(returned, web.url).searchParams.get('code') ?? '',
    verifier: provider.verifiers[0] ?? '',
  };
  expect(Object.values(secrets).every((value) => value.length > 20)).toBe(true);
  const everywhere = {
    pages: page.text + done.text + JSON.stringify([...done.headers]),
    address: done.at,
    database: filesOf(web.chat.database),
    log: JSON.stringify(web.errors),
  };
  expect(leaks(secrets, everywhere)).toEqual([]);
});

test('a code that the third party refuses is said in words, and what it answered under technical details', async () => {
  const { browser, returned } = await awayAndBack();
  const { status, text } = await browser.get(changed(returned, (q) => q.set('code', 'wrong')));
  expect(status).toBe(502);
  const [words = '', details = ''] = decode(text).split('<summary>');
  expect(words).toContain('It doesn&#39;t accept this sign-in. Press Connect again');
  expect(words).not.toContain('status 400');
  expect(details).toContain('Technical details</summary><p>The app answered with status 400: inv');
});

describe('the page that says that it is connected', () => {
  const connected = async () => {
    const { browser, returned } = await awayAndBack();
    const page = await browser.follow(await browser.get(returned));
    expect(page.status).toBe(200);
    return { browser, path: page.at };
  };
  const nothing = 'There is nothing left to see here';

  test('is shown for ten minutes, to the browser that did it', async () => {
    const { browser, path } = await connected();
    web.chat.clock += 10 * MINUTE - 1;
    expect((await browser.get(path)).text).toContain('Harbour is connected');
    web.chat.clock += 1;
    const ended = await browser.get(path);
    expect([ended.status, ended.text.includes(nothing)]).toEqual([403, true]);
    expect(ended.text).not.toContain('Harbour');
  });

  test('is shown to no other browser, not even one that is on its way', async () => {
    const { path } = await connected();
    const other = await new WebBrowser(web.url).get(path);
    expect([other.status, other.text.includes('Harbour')]).toEqual([403, false]);
    const { browser } = await web.opened('connect', id);
    expect((await browser.get(path)).status).toBe(403);
  });

  test('says that it is not where its manifest names another client since, and so does the callback', async () => {
    const { browser, returned } = await awayAndBack();
    const { at } = await browser.follow(await browser.get(returned));
    await web.chat.services.transact(async (tx) => {
      const token = await tx.oauth.find(id);
      if (token) await tx.oauth.save({ ...token, app: 'another client' });
    });
    expect((await browser.get(at)).text).toContain('Harbour isn&#39;t connected');
    expect((await browser.get(returned)).text).toContain('Harbour isn&#39;t connected');
  });

  test('is for this integration alone', async () => {
    const { browser, path } = await connected();
    const other = await integration('Other', {});
    for (const [key, cookie] of browser.cookies) browser.cookies.set(key, { ...cookie, path: '/' });
    expect((await browser.get(path.replace(id, other))).status).toBe(403);
  });

  test('is not shown to someone who is no admin any more', async () => {
    const { browser, path } = await connected();
    await web.role('other');
    const page = await browser.get(path);
    expect([page.status, page.text.includes('You can&#39;t do this any more')]).toEqual([
      403,
      true,
    ]);
  });
});

test('loaded again, the callback asks nobody for a token and says that it is connected', async () => {
  const { browser, returned } = await awayAndBack();
  await browser.get(returned);
  const again = await browser.get(returned);
  expect(again.text).toContain('Harbour is connected');
  expect(again.text).toContain('Reloading this page changes nothing');
  expect(provider.tokenRequests).toHaveLength(1);
});

test('two callbacks at once ask for one token', async () => {
  const { browser, returned } = await awayAndBack();
  await Promise.all([browser.get(returned), browser.get(returned)]);
  expect(provider.tokenRequests).toHaveLength(1);
  expect(web.errors).toEqual([]);
});

test('who only looks at the address uses nothing up', async () => {
  const { browser, returned } = await awayAndBack();
  expect((await browser.head(returned)).status).toBe(200);
  expect((await browser.get(returned)).status).toBe(303);
});

test('connecting again keeps what is there until the new token has come', async () => {
  const first = await awayAndBack();
  await first.browser.get(first.returned);
  const before = await tokenOf();

  const second = await awayAndBack();
  expect((await tokenOf())?.answer).toEqual(before?.answer);
  const denied = await second.browser.get(
    changed(second.returned, (query) => {
      query.delete('code');
      query.set('error', 'access_denied');
    }),
  );
  expect(denied.text).toContain('Harbour did not allow the connection');
  expect(await tokenOf()).toEqual(before);

  const third = await awayAndBack();
  await third.browser.get(third.returned);
  expect(await tokenOf()).toMatchObject({ state: 'connected', generation: 2 });
  expect((await tokenOf())?.answer['access_token']).not.toBe(before?.answer['access_token']);
});

test('after connecting again has failed, the page that is loaded again does not say that it worked', async () => {
  const first = await awayAndBack();
  await first.browser.get(first.returned);
  const second = await awayAndBack();
  const wrong = changed(second.returned, (query) => query.set('code', 'guessed-code'));
  expect((await second.browser.get(wrong)).status).toBe(502);
  const again = await second.browser.get(wrong);
  expect(again.text).toContain('If it said that connecting failed');
  expect(again.text).toContain('the earlier connection is still in use');
});

test('what the third party says is shown as it is, and cut', async () => {
  const { browser, returned } = await awayAndBack();
  const page = await browser.get(
    changed(returned, (query) => {
      query.set('error', '<b>no</b>');
      query.set('error_description', `Ask {{your}} admin ${'x'.repeat(400)}`);
    }),
  );
  expect(page.status).toBe(400);
  expect(page.text).toContain('&lt;b&gt;no&lt;&#x2F;b&gt;, Ask {{your}} admin xxx');
  expect(page.text).toContain('x…');
  expect(provider.tokenRequests).toEqual([]);
});

describe('PKCE', () => {
  test('connects where the third party asks for it', async () => {
    await provider.open(`${web.url}/oauth/${id}/callback`, { pkce: true });
    const { browser, page, returned } = await awayAndBack();
    const sent = new URL(goesTo(page)).searchParams;
    expect(sent.get('code_challenge_method')).toBe('S256');
    expect((await browser.get(returned)).status).toBe(303);
    const [verifier = ''] = provider.verifiers;
    expect(verifier).toMatch(/^[\w-]{43}$/);
    expect(sent.get('code_challenge')).not.toBe(verifier);
  });

  test('a code that someone else got at the same third party is not exchanged', async () => {
    const theirs = await awayAndBack();
    const ours = await awayAndBack();
    const code = new URL(theirs.returned, web.url).searchParams.get('code') ?? '';
    const page = await ours.browser.get(changed(ours.returned, (query) => query.set('code', code)));
    expect([page.status, page.text.includes('invalid_grant')]).toEqual([502, true]);
    expect(await tokenOf()).toBeUndefined();
  });

  test('is left out where the manifest says so', async () => {
    id = await integration('Quay', { pkce: false });
    const { page } = await web.opened('connect', id);
    expect(goesTo(page)).not.toContain('code_challenge');
  });

  test('takes the place of a challenge that stands in the address', async () => {
    id = await integration('Quay', {
      authenticate_url: `${provider.url}/auth?code_challenge=fixed&code_challenge_method=plain`,
    });
    const { page } = await web.opened('connect', id);
    const sent = new URL(goesTo(page)).searchParams;
    expect(sent.getAll('code_challenge_method')).toEqual(['S256']);
    expect(sent.getAll('code_challenge')).not.toContain('fixed');
  });
});

describe('the issuer of an answer', () => {
  const withIssuer = async (issuer: string | undefined) => {
    const { browser, returned } = await awayAndBack();
    const path = changed(returned, (query) =>
      issuer === undefined ? query.delete('iss') : query.set('iss', issuer),
    );
    return { page: await browser.get(path), browser, returned };
  };

  test('is named by the real provider, and taken', async () => {
    const { returned } = await awayAndBack();
    expect(new URL(returned, web.url).searchParams.get('iss')).toBe(provider.url);
  });

  test.each(['https://login.example.com', 'not an address', ''])(
    'is refused where the answer is from another host: %j',
    async (issuer) => {
      const { page, browser, returned } = await withIssuer(issuer);
      expect(page.status).toBe(400);
      expect(page.text).toContain('comes from a different host than the one you were sent to');
      expect((await browser.get(returned)).status).toBe(410); // Its state was used up.
      expect(provider.tokenRequests).toEqual([]);
    },
  );

  test('may be missing where the manifest names none', async () => {
    expect((await withIssuer(undefined)).page.status).toBe(303);
  });

  describe('that the manifest names', () => {
    const named = async (issuer: string) => {
      id = await integration('Quay', { issuer }, { CLIENT_SECRET });
      await provider.open(`${web.url}/oauth/${id}/callback`);
    };

    test('is taken where it is the same', async () => {
      await named(provider.url);
      expect((await withIssuer(provider.url)).page.status).toBe(303);
    });

    test.each(['missing', 'another path of the same host'])(
      'is refused where it is %s',
      async (what) => {
        await named(provider.url);
        const { page } = await withIssuer(what === 'missing' ? undefined : `${provider.url}/other`);
        expect(page.status).toBe(400);
        expect(page.text).toContain('doesn&#39;t come from the');
        expect(provider.tokenRequests).toEqual([]);
      },
    );
  });
});

describe('refused, with a page that says why:', () => {
  test.each([
    ['was changed', (query: URLSearchParams) => query.set('state', `${query.get('state')}x`)],
    ['is missing', (query: URLSearchParams) => query.delete('state')],
    ['is empty', (query: URLSearchParams) => query.set('state', '')],
  ])('a state that %s', async (_what, change) => {
    const { browser, returned } = await awayAndBack();
    const page = await browser.get(changed(returned, change));
    expect([page.status, page.text.includes('This wasn&#39;t started in this browser')]).toEqual([
      403,
      true,
    ]);
    expect(provider.tokenRequests).toEqual([]);
    // And the right one is still good.
    expect((await browser.get(returned)).status).toBe(303);
  });

  test('another browser that brings the state and the code', async () => {
    const { returned } = await awayAndBack();
    const other = new WebBrowser(web.url);
    expect((await other.get(returned)).status).toBe(403);
    const third = await awayAndBack(); // One with a session of its own.
    expect((await third.browser.get(returned)).status).toBe(403);
    expect(provider.tokenRequests).toEqual([]);
  });

  test('a state that was made for another integration', async () => {
    const { browser, returned } = await awayAndBack();
    const other = await integration('Other', {});
    // As a browser whose cookies went everywhere.
    for (const [key, cookie] of browser.cookies) browser.cookies.set(key, { ...cookie, path: '/' });
    const page = await browser.get(returned.replace(id, other));
    expect(page.status).toBe(403);
    expect(provider.tokenRequests).toEqual([]);
  });

  test('a state that is older than ten minutes', async () => {
    const { browser, returned } = await awayAndBack();
    web.chat.clock += 10 * MINUTE;
    const page = await browser.get(returned);
    expect([page.status, page.text.includes('This took too long')]).toEqual([410, true]);
    expect(provider.tokenRequests).toEqual([]);
  });

  test('an admin whose role was taken away on the way', async () => {
    const { browser, returned } = await awayAndBack();
    await web.role('other');
    const page = await browser.get(returned);
    expect([page.status, page.text.includes('You can&#39;t do this any more')]).toEqual([
      403,
      true,
    ]);
    expect(await web.audit()).toContain('refused');
    expect(provider.tokenRequests).toEqual([]);
  });

  test('an integration that was deleted on the way', async () => {
    const { browser, returned } = await awayAndBack();
    const { transact, now } = web.chat.services;
    await transact(async (tx) => {
      const found = await tx.integrations.find(id);
      if (found) await tx.integrations.save({ ...found, deletedAt: now() });
    });
    const page = await browser.get(returned);
    expect([page.status, page.text.includes('This integration no longer exists')]).toEqual([
      410,
      true,
    ]);
    expect(provider.tokenRequests).toEqual([]);
  });

  test('a code of another client than the one that a manifest saved on the way names', async () => {
    const { browser, returned } = await awayAndBack();
    const { transact, stores } = web.chat.services;
    const found = present(await stores.integrations.find(id));
    const version = present(await stores.integrations.findVersion(found?.manifestVersionId));
    const text = version.manifest.replace(`client_id=${CLIENT_ID}`, 'client_id=another');
    const actor = { kind: 'system' } as const;
    const saved = await transact((tx) => saveManifest(tx, found, { text, actor }));
    expect(saved.ok).toBe(true);
    const page = await browser.get(returned);
    expect([page.status, page.text.includes('Harbour has just changed')]).toEqual([409, true]);
    expect(provider.tokenRequests).toEqual([]);
  });

  test('a client that changed after the browser was back: nothing is sent to the new one', async () => {
    const { browser, returned } = await awayAndBack();
    const elsewhere = await startThirdParty();
    elsewhere.on('POST /token', { json: { access_token: 'an-access-token' } });
    web.beforeExchange = async () => {
      const { stores, transact } = web.chat.services;
      const found = present(await stores.integrations.find(id));
      const { manifest } = present(await stores.integrations.findVersion(found.manifestVersionId));
      const text = manifest.replaceAll(`${provider.url}/token`, `${elsewhere.url}/token`);
      const actor = { kind: 'system' } as const;
      ok(await transact((tx) => saveManifest(tx, found, { text, actor })));
    };
    const page = await browser.get(returned);
    expect(page.text).toContain('Harbour has just changed');
    expect([elsewhere.requests.length, provider.tokenRequests.length]).toEqual([0, 0]);
    expect(await tokenOf()).toBeUndefined();
    await elsewhere.close();
  });

  test('a callback without a code', async () => {
    const { browser, returned } = await awayAndBack();
    const page = await browser.get(changed(returned, (query) => query.delete('code')));
    expect([page.status, page.text.includes('Harbour sent no code')]).toEqual([400, true]);
  });

  test('a code that the third party does not take, without a word of the secret', async () => {
    const { browser, returned } = await awayAndBack();
    const page = await browser.get(changed(returned, (query) => query.set('code', 'guessed-code')));
    expect(page.status).toBe(502);
    expect(page.text).toContain('Harbour isn&#39;t connected');
    expect(page.text).toContain('invalid_grant');
    expect(page.text).not.toContain('guessed-code');
    const again = await browser.get(returned);
    expect([again.status, again.text.includes('This has already been used')]).toEqual([410, true]);
    expect(await tokenOf()).toBeUndefined();
  });
});

describe('a token endpoint that turns on us', () => {
  let party: ThirdParty;
  let other: ThirdParty;
  beforeEach(async () => {
    [party, other] = await Promise.all([startThirdParty(), startThirdParty()]);
    other.on('GET /token', { json: { access_token: 'token-of-another-host' } });
    other.on('POST /token', { json: { access_token: 'token-of-another-host' } });
    id = await integration('Turncoat', {
      access_token: { url: `${party.url}/token`, data: { client_secret: '{{CLIENT_SECRET}}' } },
    });
    await provider.open(`${web.url}/oauth/${id}/callback`);
  });
  afterEach(async () => {
    await Promise.all([party.close(), other.close()]);
  });

  test.each([302, 307])(
    'gets no code and no secret to another host by a redirect with %i',
    async (status) => {
      party.on('POST /token', { status, headers: { location: `${other.url}/token` } });
      const { browser, returned } = await awayAndBack();
      await browser.get(returned);
      const code = new URL(returned, web.url).searchParams.get('code') ?? '';
      const sent = JSON.stringify(other.requests);
      expect([sent.includes(code), sent.includes(CLIENT_SECRET)]).toEqual([false, false]);
    },
  );
});

describe('before the browser is sent away', () => {
  test.each([
    ['is not encrypted', 'http://login.example.com/auth', "isn't encrypted"],
    ['has no value for its host', 'https://{{responses.0.host}}/auth', "can't be used"],
  ])('an address that %s is refused', async (_what, address, why) => {
    id = await integration('Wrong', { authenticate_url: address });
    const { page } = await web.opened('connect', id);
    expect([page.status, page.text.includes(why.replace("'", '&#39;'))]).toEqual([409, true]);
    expect(goesTo(page)).toBe('');
  });

  test('an integration whose secrets are missing says which', async () => {
    id = await integration('Empty', {}, {});
    const { page } = await web.opened('connect', id);
    expect(page.status).toBe(409);
    expect(page.text).toContain('Client secret is missing');
  });

  test('it may stand on the page as long as it likes: the state is made for the browser, once', async () => {
    const { browser, page } = await web.opened('connect', id);
    expect(goesTo(await browser.get(page.at))).toBe(goesTo(page));
    expect((await new WebBrowser(web.url).get(page.at)).status).toBe(403);
  });
});

describe('without a code', () => {
  let party: ThirdParty;
  beforeEach(async () => {
    party = await startThirdParty();
    party.on('POST /token', { json: { access_token: 'client-credentials-token' } });
    id = await integration('Machine', {
      authenticate_url: '{{redirect_url}}',
      without_code: true,
      access_token: { url: `${party.url}/token`, data: { grant_type: 'client_credentials' } },
    });
  });
  afterEach(() => party.close());

  test('a manifest that needs nobody to log in goes straight through', async () => {
    const { browser, page } = await web.opened('connect', id);
    const to = new URL(goesTo(page));
    expect(`${to.origin}${to.pathname}`).toBe(`${web.url}/oauth/${id}/callback`);
    const done = await browser.follow(await browser.get(pathOf(to)));
    expect(done.text).toContain('Machine is connected');
    expect(await tokenOf()).toMatchObject({ state: 'connected' });
  });

  test('a callback that brings no state either is taken from the browser that was sent, and from no other', async () => {
    const { browser } = await web.opened('connect', id);
    const callback = `/oauth/${id}/callback`;
    expect((await new WebBrowser(web.url).get(callback)).status).toBe(403);
    expect((await browser.get(callback)).status).toBe(303);
    expect((await browser.get(callback)).status).toBe(403); // Its session is over, and nothing says that it was ours.
    expect(party.requests).toHaveLength(1);
  });
});

test('an error under a callback is logged without what the callback brought', async () => {
  const { browser, returned } = await awayAndBack();
  await web.chat.database.db.schema.dropTable('web_sessions');
  const page = await browser.get(returned);
  expect([page.status, page.text.includes('Something went wrong on our side')]).toEqual([
    500,
    true,
  ]);
  expect(web.errors.map(([, where]) => where)).toEqual([`GET /oauth/${id}/callback`]);
  const query = new URL(returned, web.url).searchParams;
  const said = web.errors.map(([error]) => inspect(error, { depth: 10 })).join();
  expect(said).toContain('web_sessions');
  expect(said).not.toContain(query.get('code'));
  expect(said).not.toContain(query.get('state'));
});

test('a connection that breaks notifies every admin, once, with a way to connect again', async () => {
  const { browser, returned } = await awayAndBack();
  await browser.get(returned);
  const bob = await web.chat.person({ email: 'bob@example.com', firstName: 'Bob' });
  const { stores, transact } = web.chat.services;
  await transact((tx) => tx.people.save({ ...bob, role: 'admin' }));
  await provider.revokeRefreshToken(toText((await tokenOf())?.answer['refresh_token']));
  web.chat.clock += 61 * MINUTE;
  const ann = await web.chat.person({ email: 'ann@example.com' });
  const gathered = ok(await gather(stores, { personId: ann.id, integrationId: id }));
  await web.posted();
  await web.tokens.fresh(gathered.context);
  await web.tokens.fresh(gathered.context);
  const told = await web.posted();
  expect(told.map(({ to }) => to.email).toSorted()).toEqual(['ada@example.com', 'bob@example.com']);
  const text = textOf(told[0]?.card ?? { title: '', blocks: [] });
  expect(text).toContain("Harbour rejected Latchkey's sign-in");
  expect(text).toContain('[Reconnect]');
});
