import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/core/json.ts';
import { parseManifest } from '../../../src/engine/manifest/parse.ts';
import { missingFacts } from '../../../src/engine/people/needed-facts.ts';
import { buildVariables } from '../../../src/engine/templates/variables.ts';
import { ok } from '../../support/given/outcomes.ts';

const ann = {
  id: 'ann',
  version: 1,
  email: 'ann@example.com',
  firstName: 'Ann',
  lastName: '',
  role: 'other',
  active: true,
} as const;

function labels(
  part: 'exists' | 'revoke',
  text: object,
  stored: Readonly<Record<string, Json>> = {},
): readonly string[] {
  const parsed = ok(parseManifest(JSON.stringify(text)));
  const variables = buildVariables({
    person: { ...ann, stored },
    secrets: { ORG: 'acme', EMPTY_SECRET: '' },
  });
  return missingFacts(parsed.manifest, part, variables).map(({ label }) => label);
}

const asked = { extra_user_info: [{ id: 'GITHUB_USERNAME', name: 'GitHub username' }] };
const exists = (request: object) => ({ ...asked, exists: { method: 'GET', ...request } });

describe('missingFacts', () => {
  it.each([
    ['path', { url: 'https://x.io/users/{{GITHUB_USERNAME}}' }],
    ['host', { url: 'https://{{GITHUB_USERNAME}}.x.io/' }],
    ['query', { url: 'https://x.io/users?name={{GITHUB_USERNAME}}' }],
    ['body', { url: 'https://x.io', data: { who: [{ name: 'u/{{GITHUB_USERNAME}}' }] } }],
    ['keys of the body', { url: 'https://x.io', data: { '{{GITHUB_USERNAME}}': 1 } }],
    ['expected', { url: 'https://x.io', expected: '"{{GITHUB_USERNAME}}"' }],
  ])('names a fact that is needed in the %s by the label of its question', (_, request) => {
    expect(labels('exists', exists(request))).toEqual(['GitHub username']);
    expect(labels('revoke', { ...asked, revoke: [{ url: 'https://x.io' }, request] })).toEqual([
      'GitHub username',
    ]);
    expect(labels('exists', exists(request), { GITHUB_USERNAME: 'ann' })).toEqual([]);
    expect(labels('exists', exists(request), { GITHUB_USERNAME: ' ' })).toEqual([
      'GitHub username',
    ]);
  });

  it('looks at no other part, and at no headers', () => {
    const url = 'https://x.io/{{GITHUB_USERNAME}}';
    expect(labels('exists', { ...asked, revoke: [{ url }], execute: [{ url }] })).toEqual([]);
    expect(labels('revoke', exists({ url }))).toEqual([]);
    const headers = { 'x-user': '{{GITHUB_USERNAME}}' };
    expect(labels('exists', exists({ url: 'https://x.io', headers }))).toEqual([]);
  });

  it('names facts of the directory and of other integrations in words, each once', () => {
    const url = 'https://x.io/{{last_name}}/{{manager_email}}/{{OKTA_ID}}/{{oktaUser}}/{{OKTA_ID}}';
    expect(labels('exists', { exists: { url } })).toEqual([
      'Last name',
      "Manager's email",
      'Okta ID',
      'Okta user',
    ]);
    expect(labels('exists', { exists: { url: 'https://x.io/{{email}}/{{first_name}}' } })).toEqual(
      [],
    );
  });

  it('calls no fact what the form, the integration, the token or an answer has', () => {
    const url = 'https://x.io/{{TEAM}}/{{EMPTY_SECRET}}/{{MADE}}/{{responses.0.id}}/{{oauth.a}}';
    const manifest = {
      form: [{ id: 'TEAM', name: 'Team', type: 'input', required: false }],
      initial_data_form: [
        { id: 'EMPTY_SECRET', name: 'Prefix' },
        { id: 'MADE', name: 'generate' },
      ],
      revoke: [{ url, expected: '{{access_overview}}{{redirect_url}}' }],
    };
    expect(labels('revoke', manifest)).toEqual([]);
  });

  it('calls a fact what an execute keeps with the person, also under the name of a field of the form', () => {
    const manifest = {
      form: [{ id: 'ID', name: 'Id', type: 'input' }],
      execute: [{ url: 'https://x.io', store_data: { ID: 'id' } }],
      revoke: [{ url: 'https://x.io/{{ID}}', method: 'DELETE' }],
    };
    expect(labels('revoke', manifest)).toEqual(['Id']);
    expect(labels('revoke', manifest, { ID: 7 })).toEqual([]);
  });

  it('calls a fact of a revoke the answer that no grant can be without', () => {
    const url = 'https://x.io/{{TEAM}}';
    const manifest = {
      form: [{ id: 'TEAM', name: 'Team', type: 'input' }],
      exists: { url },
      revoke: [{ url, method: 'DELETE' }],
    };
    expect(labels('revoke', manifest)).toEqual(['Team']);
    expect(labels('revoke', manifest, { TEAM: 'a' })).toEqual([]);
    expect(labels('exists', manifest)).toEqual([]);
  });

  it('goes into stored values, and knows ids that have dots', () => {
    const manifest = exists({ url: 'https://x.io/{{profile.id}}/{{a.b}}' });
    expect(labels('exists', manifest)).toEqual(['Profile ID', 'A b']);
    expect(labels('exists', manifest, { profile: { id: 1 }, 'a.b': 'c' })).toEqual([]);
  });

  it('takes a fact in a section of its own name for optional', () => {
    const own = '{{#GITHUB_USERNAME}}/{{GITHUB_USERNAME}}{{/GITHUB_USERNAME}}';
    const none = '{{^GITHUB_USERNAME}}/none{{GITHUB_USERNAME}}{{/GITHUB_USERNAME}}';
    expect(labels('exists', exists({ url: `https://x.io${own}${none}` }))).toEqual([]);
  });

  it('needs what is in a section of another name only where that section is rendered', () => {
    const url = 'https://x.io/{{#ORG}}{{GITHUB_USERNAME}}{{/ORG}}{{#NO}}{{last_name}}{{/NO}}';
    const manifest = { ...exists({ url }), initial_data_form: [{ id: 'ORG', name: 'Org' }] };
    expect(labels('exists', manifest)).toEqual(['GitHub username']);
  });

  it("takes the parts of a section's own value for optional", () => {
    const url = 'https://x.io/{{#TEAMS}}{{name}},{{.}}{{/TEAMS}}';
    expect(labels('exists', exists({ url }), { TEAMS: [{ name: '' }] })).toEqual([]);
  });
});
