/** What `/mcp` says to clients that are right, of either kind, and to those that are wrong. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StaleWrite } from '../../../src/engine/ports/store.ts';
import { type TestApi, testApi } from '../../support/browser/api.ts';
import { MODERN, mcpUrl, modern, post, type RpcAnswer, rpcOf } from '../../support/browser/mcp.ts';

let api: TestApi;
let token: string;
beforeEach(async () => {
  api = await testApi();
  token = await api.token(await api.chat.person({ email: 'ada@example.com', role: 'admin' }));
});
afterEach(() => api.close());

const list = { jsonrpc: '2.0', id: 7, method: 'tools/list' };
const initialize = (protocolVersion: string) => ({
  jsonrpc: '2.0',
  id: 'a',
  method: 'initialize',
  params: { protocolVersion, capabilities: {}, clientInfo: { name: 'x', version: '1' } },
});

describe('a client that begins with initialize', () => {
  test('agrees on its own version, or on our newest of that kind', async () => {
    const agreed = async (version: string) =>
      rpcOf(await post(api, token, initialize(version))).result?.['protocolVersion'];
    expect(await agreed('2025-06-18')).toBe('2025-06-18');
    expect(await agreed('2024-11-05')).toBe('2025-11-25');
  });

  test('gets no body for a notification', async () => {
    const answer = await post(api, token, { jsonrpc: '2.0', method: 'notifications/initialized' });
    expect(answer).toMatchObject({ status: 202, text: '' });
  });

  test('is pinged, and may leave out the header, as those before it did', async () => {
    expect(rpcOf(await post(api, token, { ...list, method: 'ping' })).result).toEqual({});
  });

  test('of 2025-03-26 gets the answers of a batch, without those of notifications', async () => {
    const notification = { jsonrpc: '2.0', method: 'notifications/initialized' };
    const call = { ...list, id: 'c', method: 'tools/call', params: { name: 'list_people' } };
    const batch = [
      { ...list, method: 'ping' },
      notification,
      { ...list, id: 8, method: 'x' },
      call,
    ];
    for (const headers of [undefined, { 'mcp-protocol-version': '2025-03-26' }]) {
      const answer = await post(api, token, batch, headers);
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.text)).toEqual([
        { jsonrpc: '2.0', id: 7, result: {} },
        { jsonrpc: '2.0', id: 8, error: { code: -32601, message: 'Method not found' } },
        {
          jsonrpc: '2.0',
          id: 'c',
          result: expect.objectContaining({ content: [expect.anything()] }) as unknown,
        },
      ]);
    }
    expect(await post(api, token, [notification, notification])).toMatchObject({
      status: 202,
      text: '',
    });
  });

  test('gets the other answers of a batch where one breaks, and no word of why', async () => {
    api.chat.services.stores.bundles.list = async () => {
      throw new Error('the disk is full');
    };
    const call = { ...list, id: 'c', method: 'tools/call', params: { name: 'list_bundles' } };
    const answer = await post(api, token, [{ ...list, method: 'ping' }, call]);
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([
      200,
      [
        { id: 7, result: {} },
        { id: 'c', error: { code: -32603 } },
      ],
    ]);
    expect(answer.text).not.toContain('disk');
    expect(api.errors.map(([, where]) => where)).toEqual(['POST /mcp']);
  });

  test('reads that someone else was faster, in a batch and alone, and it is logged once where it never ends', async () => {
    api.chat.services.stores.bundles.list = async () => {
      throw new StaleWrite('bundle', 'b1', 1);
    };
    const call = { ...list, id: 'c', method: 'tools/call', params: { name: 'list_bundles' } };
    const read = async (body: unknown) => {
      const { text } = await post(api, token, body);
      const [answer] = [JSON.parse(text)].flat() as RpcAnswer[];
      return answer?.result;
    };
    const said = {
      isError: true,
      content: [{ text: expect.stringContaining('Read it again') as unknown }],
    };
    expect(await read([call])).toMatchObject(said);
    expect(await read(call)).toMatchObject(said);
    expect(api.errors).toEqual([]);
    for (let time = 0; time < 3; time += 1) expect(await read([call])).toMatchObject(said);
    expect(api.errors).toEqual([[expect.any(StaleWrite), 'POST /mcp list_bundles']]);
  });

  test('whose token changes at the same moment reads that, too', async () => {
    api.chat.services.stores.apiTokens.findWithHash = async () => {
      throw new StaleWrite('token', 't1', 1);
    };
    const answer = await post(api, token, list);
    expect([answer.status, answer.body.type]).toEqual([409, 'urn:latchkey:problem:conflict']);
    expect(api.errors).toEqual([]);
  });

  test.each([
    ['an empty batch', []],
    ['a batch of too many', Array.from({ length: 21 }, (_, id) => ({ ...list, id }))],
    ['a batch with what is no message', [list, 1]],
    ['a batch with an answer', [list, { jsonrpc: '2.0', id: 1, result: {} }]],
    ['a batch with initialize', [initialize('2025-03-26')]],
  ])('is refused %s', async (_what, batch) => {
    const answer = await post(api, token, batch);
    expect(answer.status).toBe(400);
    expect(rpcOf(answer).error?.code).toBe(-32600);
  });

  test('gets no more by batches than by single messages', async () => {
    const batch = Array.from({ length: 20 }, (_, id) => ({ ...list, id, method: 'ping' }));
    const statuses: number[] = [];
    for (let n = 0; n < 7; n += 1) statuses.push((await post(api, token, batch)).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 429]);
  });

  test('gets an error for a method that there is not', async () => {
    const answer = await post(api, token, { ...list, method: 'resources/list' });
    expect(answer.status).toBe(200);
    expect(rpcOf(answer)).toMatchObject({ id: 7, error: { code: -32601 } });
  });

  test('may not speak a version that there is not', async () => {
    const answer = await post(api, token, list, { 'mcp-protocol-version': '1900-01-01' });
    expect(answer.status).toBe(400);
    expect(rpcOf(answer).error).toMatchObject({
      code: -32022,
      data: { requested: '1900-01-01', supported: expect.arrayContaining([MODERN]) as unknown },
    });
  });
});

describe('a client that says its version in each request', () => {
  test('discovers what there is', async () => {
    expect(rpcOf(await modern(api, token, { method: 'server/discover' })).result).toMatchObject({
      resultType: 'complete',
      supportedVersions: [MODERN, '2025-11-25', '2025-06-18', '2025-03-26'],
      capabilities: { tools: {} },
      cacheScope: 'private',
      _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'Latchkey', version: '1.2.3' } },
    });
  });

  test.each([
    ['no version', { 'mcp-protocol-version': '2025-11-25' }],
    ['another method', { 'mcp-method': 'tools/call' }],
  ])('is refused where its headers have %s than the body', async (_what, headers) => {
    const answer = await modern(api, token, { method: 'tools/list' }, headers);
    expect(answer.status).toBe(400);
    expect(rpcOf(answer).error?.code).toBe(-32020);
  });

  test('names the tool in a header, encoded if need be', async () => {
    const call = { method: 'tools/call', params: { name: 'list_people' } };
    const wrong = await modern(api, token, call, { 'mcp-name': 'get_person' });
    expect(rpcOf(wrong).error?.code).toBe(-32020);
    const encoded = `=?base64?${Buffer.from('list_people').toString('base64')}?=`;
    const right = await modern(api, token, call, { 'mcp-name': encoded });
    expect(rpcOf(right).result).toHaveProperty('structuredContent');
  });

  test('is refused without _meta, and with a version that there is not', async () => {
    const without = await post(api, token, list, { 'mcp-protocol-version': MODERN });
    expect(without.status).toBe(400);
    expect(rpcOf(without).error?.code).toBe(-32602);
    const meta = {
      'io.modelcontextprotocol/protocolVersion': '2027-01-01',
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const headers = { 'mcp-protocol-version': '2027-01-01', 'mcp-method': 'tools/list' };
    const later = await post(api, token, { ...list, params: { _meta: meta } }, headers);
    expect(later.status).toBe(400);
    expect(rpcOf(later).error?.code).toBe(-32022);
  });

  test.each(['initialize', 'ping', 'subscriptions/listen'])('has no %s', async (method) => {
    const answer = await modern(api, token, { method });
    expect(answer.status).toBe(404);
    expect(rpcOf(answer).error?.code).toBe(-32601);
  });
});

describe('with any token', () => {
  test.each([
    ['what is no JSON', '{', -32700],
    ['what is no message', { id: 1 }, -32600],
    ['an answer', { jsonrpc: '2.0', id: 1, result: {} }, -32600],
    ['an id that is null', { ...list, id: null }, -32600],
    ['a method that is too long', { ...list, method: 'x'.repeat(300) }, -32600],
  ])('%s is refused', async (_what, body, code) => {
    const answer = await post(api, token, body);
    expect(answer.status).toBe(400);
    expect(rpcOf(answer).error?.code).toBe(code);
  });

  test.each(['2025-06-18', MODERN])(
    'several messages at once are refused in %s',
    async (version) => {
      const answer = await post(api, token, [list], { 'mcp-protocol-version': version });
      expect(answer.status).toBe(400);
      expect(rpcOf(answer).error?.code).toBe(-32600);
    },
  );

  test('a tool that there is not, and arguments that are no object, are refused', async () => {
    const call = (params: object) => post(api, token, { ...list, method: 'tools/call', params });
    for (const params of [
      { name: 'grant_access' },
      { name: 'constructor' },
      {},
      { name: 'list_people', arguments: ['x'] },
    ])
      expect(rpcOf(await call(params)).error?.code).toBe(-32602);
  });

  test.each(['GET', 'DELETE', 'OPTIONS', 'PUT'])('%s isn’t taken', async (method) => {
    const answer = await api.send(mcpUrl(api), { method });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST');
  });

  test('a page of another site is refused, with a right token too', async () => {
    const answer = await post(api, token, list, { origin: 'https://evil.example' });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    const own = await post(api, token, list, { origin: new URL(mcpUrl(api)).origin });
    expect(own.status).toBe(200);
  });

  test('another kind of body, and one that is too large, are refused', async () => {
    expect((await post(api, token, list, { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await post(api, token, 'x'.repeat(70_000))).status).toBe(413);
  });

  test('without a right token nothing is read', async () => {
    const without = await post(api, undefined, '{');
    expect(without.status).toBe(401);
    expect(without.headers.get('www-authenticate')).toBe('Bearer realm="Latchkey"');
    const wrong = await post(api, `${token}x`, '{');
    expect(wrong.headers.get('www-authenticate')).toContain('invalid_token');
  });

  test('a token that was ended is refused at the next call', async () => {
    const { services } = api.chat;
    const ada = await services.stores.people.findByEmail('ada@example.com');
    await services.transact(async (tx) => {
      const person = ada && (await tx.people.find(ada.id));
      if (person) await tx.people.save({ ...person, active: false });
    });
    expect((await post(api, token, list)).status).toBe(401);
  });

  test('one token has the same limit here and at the API, not one each', async () => {
    for (let n = 0; n < 60; n++) await api.get('/people?limit=1', token);
    for (let n = 0; n < 60; n++) await post(api, token, { ...list, method: 'ping' });
    const answer = await post(api, token, { ...list, method: 'ping' });
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe('1');
  });

  test('calls are counted by tool, and by nothing that a client chose', async () => {
    const params = { name: 'list_people', arguments: {} };
    await post(api, token, { ...list, method: 'tools/call', params });
    await post(api, token, { ...list, method: 'tools/call', params: { name: 'x y z' } });
    expect(api.counted).toEqual(['POST /mcp list_people 200', 'POST /mcp 200']);
    expect(api.errors).toEqual([]);
  });
});

test('names and versions that can’t be made a text are refused as others are', async () => {
  const untold = { toString: 1, valueOf: 2 };
  const called = { ...list, method: 'tools/call', params: { name: untold } };
  expect(rpcOf(await post(api, token, called)).error).toMatchObject({ code: -32602 });
  const versioned = {
    ...list,
    params: {
      _meta: {
        'io.modelcontextprotocol/protocolVersion': untold,
        'io.modelcontextprotocol/clientCapabilities': {},
      },
    },
  };
  expect(rpcOf(await post(api, token, versioned)).error).toMatchObject({ code: -32020 });
});
