/** The three manifests of the format's own document, as they are written there: each is tried, and sends what the document says. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { newId } from '../../src/core/ids.ts';
import { type Json, stringifyJson } from '../../src/core/json.ts';
import type { HttpRequest } from '../../src/engine/ports/http.ts';
import { terminalWords } from '../../src/try/command/words.ts';
import type { Inputs } from '../../src/try/inputs.ts';
import { tryManifest } from '../../src/try/try-manifest.ts';
import { temporaryMemory } from '../support/database/memory.ts';

const example = (name: string): string =>
  readFileSync(new URL(`../engine/manifest/fixtures/${name}.json`, import.meta.url), 'utf8');

const ann = {
  id: 'ann',
  version: 1,
  email: 'ann@example.com',
  firstName: 'Ann',
  lastName: 'Lee',
  role: 'new_hire',
  active: true,
  stored: {},
} as const;

/** @param answer what every request is answered with */
async function tried(
  name: string,
  { part, answer, ...given }: { part: string; answer: Json } & Partial<Inputs>,
) {
  const sent: HttpRequest[] = [];
  const result = await tryManifest(
    { name, manifestText: example(name), options: { part } },
    { person: { person: ann, others: [] }, secrets: {}, form: {}, people: [], ...given },
    {
      http: {
        async send(request) {
          sent.push(request);
          return { kind: 'answer', status: 200, headers: {}, text: stringifyJson(answer) };
        },
      },
      now: () => new Date('2026-11-24T09:00:00Z'),
      newId,
      randomBytes: (size) => new Uint8Array(size),
      pause: async () => undefined,
      progress: () => undefined,
      openMemory: temporaryMemory,
      words: terminalWords,
    },
  );
  return { result, sent };
}

const asana = { secrets: { TOKEN: 'token-of-asana', ORG: '42' } };
const bamboo = { secrets: { KEY: 'key-of-bamboo', REPORT_ID: '7', COMPANY_ID: 'acme' } };

test('the teams to choose from are asked for with POST, as a form is where it names no method', async () => {
  const answer = { data: [{ gid: '233', name: 'Design' }] };
  const { result, sent } = await tried('manifest', { part: 'options', answer, ...asana });
  expect(sent).toMatchObject([
    { method: 'POST', url: 'https://app.asana.com/api/1.0/organizations/42/teams' },
  ]);
  expect(result.options).toEqual({ TEAM_ID: [{ value: '233', label: 'Design' }] });
});

test('whoever is granted Asana is added to the workspace and then to the team that was chosen', async () => {
  const form = { TEAM_ID: '233' };
  const { result, sent } = await tried('manifest', { part: 'execute', answer: {}, form, ...asana });
  expect(result).toMatchObject({ status: 'succeeded', warnings: [] });
  const headers = { authorization: 'Bearer token-of-asana', 'content-type': 'application/json' };
  const body = { kind: 'json', text: '{"data":{"user":"ann@example.com"}}' };
  expect(sent).toMatchObject([
    { url: 'https://app.asana.com/api/1.0/workspaces/42/addUser', method: 'POST', headers, body },
    { url: 'https://app.asana.com/api/1.0/teams/233/addUser', method: 'POST', headers, body },
  ]);
});

test('whoever Asana finds has access there', async () => {
  const answer = { data: { email: 'Ann@Example.com' } };
  const { result, sent } = await tried('manifest', { part: 'exists', answer, ...asana });
  expect(result.status).toBe('has');
  expect(sent).toMatchObject([
    { method: 'GET', url: 'https://app.asana.com/api/1.0/users/ann%40example.com' },
  ]);
});

test('the people of the report are imported, with the key as the user of Basic', async () => {
  const answer = {
    employees: [
      { firstName: 'John', lastName: 'Do', workEmail: 'john@do.com' },
      { firstName: 'Jane', lastName: 'Do', workEmail: 'jane@do.com' },
    ],
  };
  const given = { part: 'sync', answer, ...bamboo };
  const { result, sent } = await tried('import_user_manifest', given);
  expect(result.people.created).toEqual([
    { email: 'john@do.com', first_name: 'John', last_name: 'Do' },
    { email: 'jane@do.com', first_name: 'Jane', last_name: 'Do' },
  ]);
  expect(sent).toMatchObject([
    {
      method: 'GET',
      url: 'https://api.bamboohr.com/api/gateway.php/acme/v1/reports/7',
      headers: { authorization: `Basic ${Buffer.from('key-of-bamboo:x').toString('base64')}` },
    },
  ]);
});

test('the ids are stored with the people whom the rows name by their own email, and who is not known is counted', async () => {
  const answer = {
    employees: [
      { id: '12345678901234567', email: 'ANN@example.com' },
      { id: '2', email: 'nobody@example.com' },
    ],
  };
  const people = [{ person: ann, others: [] }];
  const given = { part: 'sync', answer, people, ...bamboo };
  const { result } = await tried('sync_user_manifest', given);
  expect(result.people).toEqual({
    created: [],
    updated: [{ email: 'ann@example.com', stored: { bamboohr_id: '12345678901234567' } }],
    skipped: { unknown: 1 },
  });
  expect(result.warnings).toEqual([expect.stringContaining('email')]);
});
