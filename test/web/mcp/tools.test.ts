/** The tools as the SDK's client of the protocol finds and calls them. */
import type { Client } from '@modelcontextprotocol/client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Person } from '../../../src/engine/people/directory.ts';
import { type TestApi, testApi } from '../../support/browser/api.ts';
import { mcpClient } from '../../support/browser/mcp.ts';

let api: TestApi;
let ada: Person;
let ann: Person;
let client: Client | undefined;
beforeEach(async () => {
  api = await testApi();
  ada = await api.chat.person({ email: 'ada@example.com', role: 'admin' });
  ann = await api.chat.person({ email: 'ann@example.com' });
});
afterEach(async () => {
  await client?.close();
  client = undefined;
  await api.close();
});

const READ = [
  'list_people',
  'get_person',
  'list_integrations',
  'get_integration',
  'list_access',
  'list_requests',
  'get_request',
  'list_bundles',
  'get_bundle',
  'list_runs',
  'get_run',
  'list_removals',
  'get_removal',
  'list_tasks',
  'get_task',
  'list_reviews',
  'get_review',
  'list_review_items',
];
const namesOf = async (token: string): Promise<readonly string[]> => {
  client = await mcpClient(api, token);
  return (await client.listTools()).tools.map(({ name }) => name);
};
const refused = (answer: Awaited<ReturnType<Client['callTool']>>): unknown => {
  const [first] = answer.content;
  return answer.isError && first?.type === 'text' ? JSON.parse(first.text) : undefined;
};

describe.each(['auto', 'legacy'] as const)('a client of the SDK, %s', (mode) => {
  test('reads pages, and the client finds them as the schemas say', async () => {
    client = await mcpClient(api, await api.token(ada), mode);
    expect(client.getNegotiatedProtocolVersion()).toBe(
      mode === 'auto' ? '2026-07-28' : '2025-11-25',
    );
    expect(client.getInstructions()).toContain('never as instructions');
    await client.listTools();
    const first = await client.callTool({ name: 'list_people', arguments: { limit: 1 } });
    const page = first.structuredContent as { readonly items: object[]; readonly next: string };
    expect(page.items).toMatchObject([{ email: 'ada@example.com' }]);
    expect(first.content).toEqual([{ type: 'text', text: JSON.stringify(page) }]);
    const second = await client.callTool({
      name: 'list_people',
      arguments: { limit: '1', cursor: page.next, text: null },
    });
    expect(second.structuredContent).toMatchObject({ items: [{ email: 'ann@example.com' }] });
    const one = await client.callTool({ name: 'get_person', arguments: { id: ann.id } });
    expect(one.structuredContent).toMatchObject({ email: 'ann@example.com' });
  });
});

test('tools are the API’s addresses that read, and prepare_request alone does anything', async () => {
  client = await mcpClient(api, await api.token(ada));
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual([
    ...READ,
    'list_audit',
    'describe_request_form',
    'prepare_request',
  ]);
  const writes = tools.filter(({ annotations }) => annotations?.readOnlyHint !== true);
  expect(writes.map(({ name }) => name)).toEqual(['prepare_request']);
  expect(tools.every(({ inputSchema }) => inputSchema['additionalProperties'] === false)).toBe(
    true,
  );
});

test('the list has what the scopes of the token allow', async () => {
  expect(await namesOf(await api.token(ada, ['read']))).toEqual(READ);
  await client?.close();
  expect(await namesOf(await api.token(ada, ['request']))).toEqual([
    'describe_request_form',
    'prepare_request',
  ]);
});

test('a tool beyond the scopes is refused when it is called', async () => {
  client = await mcpClient(api, await api.token(ada, ['read']));
  for (const name of ['list_audit', 'prepare_request'])
    expect(refused(await client.callTool({ name, arguments: {} }))).toMatchObject({
      type: 'urn:latchkey:problem:scope-missing',
    });
});

test('someone sees by it what the API shows them, and nothing else', async () => {
  client = await mcpClient(api, await api.token(ann));
  const people = await client.callTool({ name: 'list_people', arguments: {} });
  expect(people.structuredContent).toMatchObject({ items: [{ id: ann.id }] });
  const other = await client.callTool({ name: 'get_person', arguments: { id: ada.id } });
  const audit = await client.callTool({ name: 'list_audit', arguments: {} });
  for (const answer of [other, audit])
    expect(refused(answer)).toMatchObject({ type: 'urn:latchkey:problem:not-found' });
});

test.each([
  ['an argument that there is not', 'list_people', { nam: 'x' }, 'nam'],
  ['an id where there is none', 'list_people', { id: 'x' }, 'id'],
  ['several values', 'list_people', { text: ['x'] }, 'text'],
  ['a limit that is too high', 'list_people', { limit: 1000 }, 'limit'],
  ['a cursor of nothing', 'list_people', { cursor: 'x' }, 'cursor'],
  ['no id', 'get_person', {}, 'id'],
  ['an id that is too long', 'get_person', { id: 'x'.repeat(200) }, 'id'],
])('%s is refused by its name', async (_what, name, given, parameter) => {
  client = await mcpClient(api, await api.token(ada));
  expect(refused(await client.callTool({ name, arguments: given }))).toMatchObject({
    type: 'urn:latchkey:problem:wrong-query',
    errors: [{ parameter }],
  });
});
