import { afterEach, beforeEach, expect, test } from 'vitest';
import { integrationCardRef } from '../../../src/bots/features/integrations/integration-ref.ts';
import { pageResult } from '../../../src/bots/features/integrations/page-result.ts';
import { linkQuestion } from '../../../src/bots/features/messages/confirm-link.ts';
import type { Integration } from '../../../src/engine/people/directory.ts';
import { MINUTE } from '../../support/engine.ts';
import { addedManual } from '../../support/given/added.ts';
import { baseOf, CSRF, type EditorLab, editorLab } from './lab.ts';

const manifest = {
  form: [{ id: 'TEAM', name: 'Team', type: 'input' }],
  execute: [
    { url: 'https://api.example.com/users', data: { email: '{{email}}', team: '{{TEAM}}' } },
  ],
};
const text = JSON.stringify(manifest, null, 2);
const other = text.replace('"Team"', '"Department"');

let lab: EditorLab;
let fernboard: Integration;
/** Of the session's page. */
let address: string;

beforeEach(async () => {
  lab = await editorLab();
  fernboard = await lab.engine.integration(manifest, {}, 'Fernboard');
  address = await lab.open(fernboard.id);
});
afterEach(() => lab.close());

const bodyOf = (changed: Readonly<Record<string, string>>) => ({
  base: baseOf(fernboard),
  manifest: other,
  ...changed,
});

test('the page shows the newest version, and lets nothing run but its own script', async () => {
  const { status, html, text: shown, headers } = await lab.get();
  expect(status).toBe(200);
  expect(shown).toContain('Manifest of Fernboard');
  expect(html).toContain('&quot;name&quot;:&quot;Team&quot;');
  expect(html).toContain(`value="${CSRF}"`);
  const policy = headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self';");
  expect(policy).not.toContain('unsafe');
  expect(headers.get('cache-control')).toBe('no-store');
});

test('the page leads to the guide, in a tab of its own, since leaving loses what was typed', async () => {
  const { html } = await lab.get();
  expect(html.replaceAll('&#x2F;', '/')).toContain(
    '<a href="/manifest-guide" target="_blank" rel="noopener">',
  );
});

test('Check shows every problem with its line, and keeps what was typed', async () => {
  const wrong = text.replace('"input"', '"imput"').replace('"data"', '"date"');
  const { html, text: shown } = await lab.press('check', bodyOf({ manifest: wrong }));
  expect(shown).toContain('There is one error');
  expect(shown).toMatch(/Error in line 6: form\[0\]\.type/);
  expect(shown).toMatch(/Warning in line \d+: execute\[0\]\.date/);
  expect(html).toContain('imput');
});

test('problems stand from top to bottom, whatever kind they are of', async () => {
  const wrong = '{\n"headers": 1,\n"revoke": 2,\n"form": [{ "id": "email" }],\n"execute": 3\n}';
  const { text: shown } = await lab.press('check', bodyOf({ manifest: wrong }));
  const lines = Array.from(shown.matchAll(/Error in line (\d+)/g), ([, line]) => Number(line));
  expect(lines.length).toBeGreaterThan(3);
  expect(lines).toEqual(lines.toSorted((before, after) => before - after));
});

test('the headings of problems leave no level out, wherever they are shown', async () => {
  const wrong = bodyOf({ manifest: '{"execute": 1}' });
  for (const [button, path] of [
    ['check', ''],
    ['review', ''],
    ['open', '/try'],
  ] as const) {
    const { html } = await lab.press(button, wrong, path);
    const levels = [...html.matchAll(/<h(\d)/g)].map(([, level]) => Number(level));
    expect(html).toContain('Errors</h');
    expect(levels.every((level, index) => level - (levels[index - 1] ?? 0) <= 1)).toBe(true);
  }
});

test('Preview shows the form as Slack draws it, and the card for Teams', async () => {
  const { html, text: shown } = await lab.press('preview', bodyOf({}));
  expect(html).toContain('class="slack-title">Grant Fernboard<');
  expect(html).toContain('<button type="button">Cancel</button>');
  expect(html).toContain('<label for="slack-2">Department</label>');
  expect(shown).toContain('"label": "Department"');
  expect(shown).toContain('No problems.');
});

test('Save shows what changes before anything is saved', async () => {
  const { html, text: shown } = await lab.press('review', bodyOf({}));
  expect(shown).toContain('Save the manifest of Fernboard?');
  expect(html).toMatch(/class="added"[^]*added<\/span>[^]*Department/);
  expect(shown).toContain('Save as version 2');
  expect(await versions()).toHaveLength(1);
});

test('a manifest with errors is not saved, and comes back with them', async () => {
  const { html, text: shown } = await lab.press('review', bodyOf({ manifest: '{"execute": 1}' }));
  expect(shown).toContain('Nothing is saved yet');
  expect(html).toContain('&quot;execute&quot;: 1');
});

test('a name that another integration stores is an error of the editor, before anything is saved', async () => {
  const storing = JSON.stringify({
    execute: [{ url: 'https://x.example.com', store_data: { USER_ID: 'id' } }],
  });
  await lab.engine.integration(JSON.parse(storing), {}, 'Zoom');
  const { text: shown } = await lab.press('review', bodyOf({ manifest: storing }));
  expect(shown).toContain('Nothing is saved yet');
  expect(shown).toContain('use another name, such as "FERNBOARD_USER_ID"');
});

test('what is saved becomes the next version, and the page says what is next', async () => {
  const { text: shown } = await lab.press('save', bodyOf({}));
  expect(shown).toContain('It is now version 2.');
  expect(shown).toContain('Fernboard is ready to use');
  expect((await versions()).map(({ manifest: saved }) => saved)[0]).toBe(other);
  expect(await lab.engine.audited()).toContain('integration.saved');
});

test("a browser's line breaks change nothing", async () => {
  const { text: shown } = await lab.press(
    'review',
    bodyOf({ manifest: JSON.stringify(manifest).replace(',', ',\r\n') }),
  );
  expect(shown).not.toContain('\r');
  await lab.press('save', bodyOf({ manifest: other.replaceAll('\n', '\r\n') }));
  expect((await versions())[0]?.manifest).toBe(other);
});

test('a version that someone else saved is not overwritten unseen', async () => {
  await lab.engine.newManifest(fernboard, { ...manifest, headers: { 'x-theirs': '1' } });
  const { text: shown, html } = await lab.press('save', bodyOf({}));
  expect(shown).toContain('Someone saved version 2 after you began');
  expect(shown).toContain('x-theirs');
  expect(await versions()).toHaveLength(2);
  const base = /name="base" value="([^"]+)"/.exec(html)?.[1] ?? '';
  expect((await lab.press('save', bodyOf({ base }))).text).toContain('It is now version 3.');
});

test('nor is it after the text that was typed without it is left and opened again', async () => {
  await lab.engine.newManifest(fernboard, { ...manifest, headers: { 'x-theirs': '1' } });
  lab.engine.clock.advance(MINUTE);
  await lab.press('check', bodyOf({}));
  const base = baseOn((await lab.get()).html);
  const { text: shown } = await lab.press('save', bodyOf({ base }));
  expect(shown).toContain('Someone saved version 2 after you began');
  expect(await versions()).toHaveLength(2);
});

test('nor is a first version, where it was done by hand when the text was begun', async () => {
  const badge = await addedManual(lab.engine.transact);
  const { id } = badge;
  await lab.open(id);
  expect(baseOn((await lab.get()).html)).toBe('');
  await lab.engine.newManifest(badge, manifest);
  const base = baseOn((await lab.press('check', { manifest: other, base: '' })).html);
  const { text: shown } = await lab.press('save', { manifest: other, base });
  expect(shown).toContain('Someone saved version 2 after you began');
  expect(await lab.engine.stores.integrations.versions(id)).toHaveLength(1);
});

const baseOn = (html: string): string => /name="base" value="([^"]*)"/.exec(html)?.[1] ?? '';

test("someone's own version is not said to be someone else's, where they began with a file", async () => {
  const { stores, admin, now } = lab.engine;
  const { id: integrationId, name } = fernboard;
  const draft = { id: 'draft-1', personId: admin.id, kind: 'manifest' as const, createdAt: now() };
  await stores.drafts.put({ ...draft, integrationId, name, text: other });
  await lab.open(draft.id);
  lab.engine.clock.advance(MINUTE);
  await lab.press('save', bodyOf({ base: baseOn((await lab.get()).html) }));
  const more = { manifest: other.replace('Department', 'Unit') };
  await lab.press('check', { ...more, base: baseOn((await lab.get()).html) });
  const { text: shown } = await lab.press('save', {
    ...more,
    base: baseOn((await lab.get()).html),
  });
  expect(shown).toContain('It is now version 3.');
});

test('a session that has ended gives back what was typed', async () => {
  lab.end();
  const { status, text: shown } = await lab.press('review', bodyOf({}));
  expect(status).toBe(410);
  expect(shown).toContain('What you typed is still here');
  expect(shown).toContain('Department');
});

test('an integration that was deleted is said to be gone, and the text comes back', async () => {
  await lab.open('nothing');
  const { status, text: shown } = await lab.press('check', bodyOf({}));
  expect(status).toBe(410);
  expect(shown).toContain('There is nothing left to edit');
  expect(shown).toContain('Department');
});

test('a new integration begins with an example, gets a name, and is added once', async () => {
  const { stores, admin, now } = lab.engine;
  const draft = { id: 'draft-1', personId: admin.id, kind: 'manifest' as const, createdAt: now() };
  await stores.drafts.put({ ...draft, name: 'Lodestone', text: '' });
  await lab.open(draft.id);
  const [, example = ''] = /<textarea[^>]*>([^<]*)/.exec((await lab.get()).html) ?? [];
  const manifestText = example
    .replaceAll('&quot;', '"')
    .replaceAll(/&#x(\w+);/g, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)));
  const begun = { name: 'Lodestone', manifest: manifestText, base: '' };
  expect(Object.keys(JSON.parse(manifestText) as object)).toEqual(
    expect.arrayContaining(['form', 'exists', 'execute', 'revoke', 'initial_data_form']),
  );
  expect((await lab.press('review', begun)).text).toContain('There are no problems.');
  const fields = { name: 'Lodestone', manifest: other, base: '' };
  expect((await lab.press('review', fields)).text).toContain('Add Lodestone?');
  expect((await lab.press('save', fields)).text).toContain('Lodestone was added');
  expect(await stores.integrations.findByName('Lodestone')).toBeDefined();
  expect((await lab.press('save', fields)).status).toBe(410);
});

test('the card of what was added comes to chat, where its next step is a button', async () => {
  const { stores, admin, now, chat } = lab.engine;
  const draft = { id: 'draft-1', personId: admin.id, kind: 'manifest' as const, createdAt: now() };
  await stores.drafts.put({ ...draft, name: 'Lodestone', text: other });
  await lab.open(draft.id);
  await lab.press('save', { name: 'Lodestone', manifest: other });
  await lab.engine.runJobs();
  const added = await stores.integrations.findByName('Lodestone');
  expect(chat.filter(({ name }) => name === 'message.post')).toMatchObject([
    { payload: { personId: admin.id, card: integrationCardRef(added?.id ?? '') } },
  ]);
});

test('chat says what was saved, where it had asked which number the browser shows', async () => {
  const { stores, transact, admin, now } = lab.engine;
  const question = {
    id: 'message-1',
    card: linkQuestion.with({ linkId: 'session-1', opening: 1 }),
    readerId: admin.id,
    address: { platform: 'slack', key: 'message-1' },
    shown: '',
    postedAt: now(),
  } as const;
  await transact((tx) => tx.messages.put(question));
  await lab.press('save', bodyOf({ manifest: other }));
  expect(await stores.messages.find('message-1')).toMatchObject({
    card: pageResult.with({ done: 'manifest', integrationId: fernboard.id }),
  });
});

test('a name that is taken is said beside the text, which stays', async () => {
  const { stores, admin, now } = lab.engine;
  const draft = { id: 'draft-1', personId: admin.id, kind: 'manifest' as const, createdAt: now() };
  await stores.drafts.put({ ...draft, name: 'Fernboard', text: other });
  await lab.open(draft.id);
  const { text: shown, html } = await lab.press('save', { name: 'Fernboard', manifest: other });
  expect(shown).toContain('Fernboard is already taken');
  expect(html).toContain('Department');
});

test('who leaves the page and comes back finds what was typed, until it is saved', async () => {
  await lab.press('check', bodyOf({ manifest: '{"half": ' }));
  expect((await lab.get()).html).toContain('{&quot;half&quot;: </textarea>');
  await lab.press('save', bodyOf({}));
  expect((await lab.get()).html).toContain('&quot;Department&quot;');
  expect(await lab.engine.stores.drafts.find('session-1')).toBeUndefined();
});

test('a version that was saved while the page was left is not overwritten unseen', async () => {
  await lab.press('check', bodyOf({}));
  lab.engine.clock.advance(1000);
  await lab.engine.newManifest(fernboard, { ...manifest, headers: { 'x-theirs': '1' } });
  const { html } = await lab.get();
  const base = /name="base" value="([^"]+)"/.exec(html)?.[1] ?? '';
  const answer = await lab.press('save', bodyOf({ base }));
  expect(answer.text).toContain('Someone saved version 2 after you began');
  expect(await versions()).toHaveLength(2);
});

test('Close ends the session, and gives back what was not saved', async () => {
  const closed = await lab.press('close', bodyOf({}));
  expect(closed.text).toContain('The editor is closed');
  expect(closed.text).not.toContain('This page expires');
  expect(closed.text).toContain('Department');
  const { webSessions, drafts } = lab.engine.stores;
  expect([await webSessions.find('session-1'), await drafts.find('session-1')]).toEqual([
    undefined,
    undefined,
  ]);
  expect(await versions()).toHaveLength(1);
});

test('after saving there is nothing to give back', async () => {
  const saved = await lab.press('save', bodyOf({}));
  expect(saved.text).toContain('Close the editor');
  expect((await lab.press('close')).text).not.toContain('What you typed is still here');
});

test('an admin who loses the role, or closes the page, while saving has saved nothing', async () => {
  const { stores, transact, admin } = lab.engine;
  await transact((tx) => tx.people.save({ ...admin, role: 'other' }));
  const answer = await lab.press('save', bodyOf({}));
  expect([answer.status, answer.text.includes('Nothing was saved')]).toEqual([403, true]);
  expect(answer.text).toContain('Department');
  await stores.webSessions.delete('session-1');
  expect((await lab.press('save', bodyOf({}))).status).toBe(403);
  expect(await versions()).toHaveLength(1);
});

test('two windows that add a new integration at once add one, and its session is over', async () => {
  const { stores, admin, now } = lab.engine;
  const draft = { id: 'draft-1', personId: admin.id, kind: 'manifest' as const, createdAt: now() };
  await stores.drafts.put({ ...draft, name: 'Lodestone', text: other });
  await lab.open(draft.id);
  const press = (name: string) => lab.press('save', { name, manifest: other });
  const answers = await Promise.all([press('Lodestone'), press('Lodestone two')]);
  expect(answers.filter(({ text: shown }) => shown.includes('was added'))).toHaveLength(1);
  expect(await stores.integrations.list()).toHaveLength(2);
  expect(await stores.webSessions.find('session-1')).toBeUndefined();
});

test('Format formats the text, and leaves alone what is not JSON', async () => {
  const { html } = await lab.press(
    'format',
    bodyOf({ manifest: '{"amount":12345678901234567890}' }),
  );
  expect(html).toContain('{\n  &quot;amount&quot;: 12345678901234567890\n}');
  const { text: shown } = await lab.press('format', bodyOf({ manifest: '{"a":' }));
  expect(shown).toContain("It isn't valid JSON yet, so it wasn't formatted.");
});

test('an integration that was done by hand gets its first manifest', async () => {
  const { stores, now } = lab.engine;
  const manual = { id: 'manual-1', version: 1, name: 'Keys', enabled: true, createdAt: now() };
  await stores.integrations.insert(manual);
  await lab.open(manual.id);
  expect((await lab.get()).text).toContain('Until now, people have done this by hand');
  const fields = { manifest: other, base: '' };
  expect((await lab.press('review', fields)).text).toContain('Save as version 1');
  expect((await lab.press('save', fields)).text).toContain('It is now version 1.');
});

test('behind a proxy that takes a path away, every address has that path', async () => {
  const behind = await editorLab(undefined, 'https://example.com/latchkey/');
  const { id } = await behind.engine.integration(manifest, {}, 'Fernboard');
  await behind.open(id);
  const { html } = await behind.get();
  const addresses = [...html.matchAll(/ (?:href|src|action|formaction|data-check)="([^"]+)"/g)];
  expect(addresses.length).toBeGreaterThan(3);
  for (const [, found = ''] of addresses)
    expect(found.replaceAll('&#x2F;', '/')).toMatch(
      /^\/latchkey\/(editor\/|assets\/|manifest-guide$)/,
    );
  await behind.close();
});

test('a draft of someone else is nobody’s business', async () => {
  const { stores, now } = lab.engine;
  const ann = await lab.engine.person();
  await stores.drafts.put({
    id: 'draft-1',
    personId: ann.id,
    kind: 'manifest',
    name: 'Theirs',
    text: other,
    createdAt: now(),
  });
  await lab.open('draft-1');
  expect((await lab.get()).status).toBe(410);
});

test('the script gets problems with their places, and the preview', async () => {
  const checked = await check(text.replace('"input"', '"imput"'));
  const at = text.indexOf('"input"');
  expect(checked).toMatchObject({
    errors: [{ place: 'form[0].type', line: 6, from: at, to: at + '"imput"'.length }],
    warnings: [],
  });
  expect(await check(text)).toMatchObject({
    errors: [],
    preview: { teams: { type: 'AdaptiveCard' }, slack: expect.stringContaining('Team') as string },
  });
});

test('the script hears that its session has ended', async () => {
  lab.end();
  expect(await check(text)).toEqual({ message: 'Ask for a new link in chat.' });
});

test('style and script may be kept for good, under names that change with their content', async () => {
  const { html } = await lab.get();
  const [, escaped = ''] = /<link rel="stylesheet" href="([^"]+)"/.exec(html) ?? [];
  const href = escaped.replaceAll('&#x2F;', '/');
  expect(href).toMatch(/^\/assets\/editor-[\da-f]{16}\.css$/);
  const answer = await fetch(new URL(href, address), {
    headers: { connection: 'close' },
  });
  expect(answer.headers.get('cache-control')).toContain('immutable');
});

const versions = () => lab.engine.stores.integrations.versions(fernboard.id);

async function check(typed: string): Promise<unknown> {
  const answer = await fetch(`${address}/check`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ csrf: CSRF, manifest: typed, name: 'Fernboard' }),
  });
  return answer.json();
}

test('of very many problems the first are listed, and all are counted', async () => {
  const many = { execute: Array.from({ length: 500 }, () => ({ method: 'FETCH' })) };
  const { text: shown, html } = await lab.press(
    'check',
    bodyOf({ manifest: JSON.stringify(many) }),
  );
  expect(shown).toMatch(/There are (500|1000) errors/);
  expect(shown).toMatch(/and \d+ more, which appear once these are fixed/);
  expect(html.match(/<strong>Error/g)).toHaveLength(101);
});
