import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SlackDouble } from '../../support/slack-double/slack-double.ts';
import type { SlackUser } from '../../support/slack-double/slack-user.ts';

let double: SlackDouble;
let ann: SlackUser;
let now = 0;

beforeEach(async () => {
  now = Date.now();
  double = await SlackDouble.start({ now: () => now });
  ann = double.addUser('ann');
});
afterEach(() => double.stop());

/** A call as the SDK makes it. */
async function call(method: string, args: Record<string, unknown>, token = double.token) {
  const body = new URLSearchParams(
    Object.entries(args).map(([name, value]): [string, string] => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
  const response = await fetch(`${double.apiUrl}${method}`, {
    method: 'POST',
    headers: token ? { Authorization: `Bearer ${token}` } : {},
    body,
  });
  return (await response.json()) as Record<string, unknown>;
}
const plain = (text: string) => ({ type: 'plain_text', text });
const rich = (text: string) => ({
  type: 'rich_text',
  elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text }] }],
});
const post = (blocks: unknown, more: Record<string, unknown> = {}) =>
  call('chat.postMessage', { channel: ann.id, text: 'x', blocks, ...more });
const view = (more: Record<string, unknown> = {}) => ({
  type: 'modal',
  title: plain('Title'),
  blocks: [rich('x')],
  ...more,
});
const input = (element: Record<string, unknown>) => ({
  type: 'input',
  label: plain('Label'),
  element,
});
const open = (given: unknown = view(), trigger_id = double.workspace.newTrigger(ann.id)) =>
  call('views.open', { trigger_id, view: given });
const many = <T>(times: number, item: (index: number) => T) =>
  Array.from({ length: times }, (_, index) => item(index));
const button = (more: Record<string, unknown>) => ({
  type: 'button',
  text: plain('Go'),
  ...more,
});
const option = (index: number) => ({ text: plain(`Option ${index}`), value: `${index}` });

describe("someone's Home is refused", () => {
  const publish = (given: unknown, more: Record<string, unknown> = {}) =>
    call('views.publish', { user_id: ann.id, view: given, ...more });
  const home = (more: Record<string, unknown> = {}) => ({
    type: 'home',
    blocks: [rich('x')],
    ...more,
  });
  const invalid = { ok: false, error: 'invalid_arguments' };

  test.each<[string, unknown]>([
    ['as a modal', view()],
    ['with a title, which it has no place for', home({ title: plain('Title') })],
    ['with what only a window has', home({ clear_on_close: false })],
    ['with 101 blocks', home({ blocks: many(101, () => ({ type: 'divider' })) })],
    ['with a block_id twice', home({ blocks: many(2, () => ({ ...rich('x'), block_id: 'b' })) })],
  ])('%s', async (_name, given) => {
    expect(await publish(given)).toMatchObject(invalid);
  });

  test('that is too large, for someone unknown, over a newer one, and where it is switched off', async () => {
    const large = home({ blocks: many(100, () => rich('x'.repeat(2900))) });
    expect(await publish(large)).toMatchObject({ error: 'view_too_large' });
    expect(await publish(home(), { user_id: 'U0NOBODY' })).toMatchObject(invalid);
    expect(await publish(home())).toMatchObject({ ok: true, view: { type: 'home' } });
    expect(await publish(home(), { hash: 'old' })).toMatchObject({ error: 'hash_conflict' });
    double.workspace.homeEnabled = false;
    expect(await publish(home())).toMatchObject({ error: 'not_enabled' });
  });

  test('in a modal', async () => {
    expect(await open(home())).toMatchObject(invalid);
  });
});

describe("the double refuses, with Slack's words,", () => {
  test('a call without a token, or with another', async () => {
    expect(await call('auth.test', {}, '')).toMatchObject({ error: 'not_authed' });
    expect(await call('auth.test', {}, 'xoxb-other')).toMatchObject({ error: 'invalid_auth' });
  });

  test('a call that needs another scope', async () => {
    const strict = await SlackDouble.start({ scopes: ['commands'] });
    const response = await fetch(`${strict.apiUrl}users.info`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${strict.token}` },
    });
    expect(await response.json()).toMatchObject({ error: 'missing_scope', needed: 'users:read' });
    await strict.stop();
  });

  test('a message to nobody, or without a text', async () => {
    expect(await post([], { channel: 'C0NONE' })).toMatchObject({ error: 'channel_not_found' });
    expect(await post([rich('x')], { text: '' })).toMatchObject({ error: 'no_text' });
  });

  test.each([
    ['an unknown block', [{ type: 'table' }]],
    ['an unknown field', [{ ...rich('x'), colour: 'red' }]],
    ['an empty text', [rich('')]],
    ['half of a character', [rich('🙂'.slice(0, 1))]],
    ['a section without a text', [{ type: 'section', accessory: button({}) }]],
    ['more than 50 blocks', many(51, () => ({ type: 'divider' }))],
    ['a header over 150 characters', [{ type: 'header', text: plain('x'.repeat(151)) }]],
    [
      'more than 25 buttons in a row',
      [{ type: 'actions', elements: many(26, (index) => button({ action_id: `${index}` })) }],
    ],
    [
      'a button over 75 characters',
      [{ type: 'actions', elements: [button({ text: plain('x'.repeat(76)) })] }],
    ],
    [
      'a value over 2000 characters',
      [{ type: 'actions', elements: [button({ value: 'x'.repeat(2001) })] }],
    ],
    [
      'an action_id twice in a block',
      [{ type: 'actions', elements: many(2, () => button({ action_id: 'a' })) }],
    ],
    ['a block_id twice', many(2, () => ({ type: 'divider', block_id: 'b' }))],
    ['an input in a message', [input({ type: 'datepicker' })]],
  ])('a message with %s', async (_, blocks) => {
    expect(await post(blocks)).toMatchObject({ ok: false, error: 'invalid_blocks' });
  });

  test('a message whose blocks are too long together', async () => {
    const blocks = many(5, () => rich('x'.repeat(2900)));
    expect(await post(blocks)).toMatchObject({ error: 'msg_blocks_too_long' });
  });

  test('an edit of a message that is not there, or of an ephemeral one', async () => {
    const { ts } = double.workspace.post('C0GENERAL', 'x', [], ann.id);
    const edit = { channel: 'C0GENERAL', text: 'x', blocks: [rich('x')] };
    expect(await call('chat.update', { ...edit, ts: '1.1' })).toMatchObject({
      error: 'message_not_found',
    });
    expect(await call('chat.update', { ...edit, ts })).toMatchObject({
      error: 'message_not_found',
    });
  });

  test('an edit whose text has more than 4,000 bytes, which a new message may have', async () => {
    const text = 'ж'.repeat(2001);
    const { channel, ts } = await post([rich('x')], { text });
    const edit = { channel, ts, blocks: [rich('x')] };
    expect(await call('chat.update', { ...edit, text })).toMatchObject({ error: 'msg_too_long' });
    expect(await call('chat.update', { ...edit, text: text.slice(1) })).toMatchObject({ ok: true });
  });

  test('an edit of rich text into none', async () => {
    const { channel, ts } = await post([rich('x')]);
    expect(
      await call('chat.update', { channel, ts, text: 'x', blocks: [{ type: 'divider' }] }),
    ).toMatchObject({ error: 'block_mismatch' });
  });

  test.each([
    ['a title over 24 characters', view({ title: plain('x'.repeat(25)) })],
    ['metadata over 3000 characters', view({ private_metadata: 'x'.repeat(3001) })],
    ['more than 100 blocks', view({ blocks: many(101, () => ({ type: 'divider' })) })],
    ['an input and no submit button', view({ blocks: [input({ type: 'datepicker' })] })],
    [
      'more than 100 options',
      view({
        submit: plain('Go'),
        blocks: [input({ type: 'static_select', options: many(101, option) })],
      }),
    ],
    [
      'more than 10 checkboxes',
      view({
        submit: plain('Go'),
        blocks: [input({ type: 'checkboxes', options: many(11, option) })],
      }),
    ],
  ])('a modal with %s', async (_, given) => {
    expect(await open(given)).toMatchObject({ ok: false, error: 'invalid_arguments' });
  });

  test.each([
    ['static_select', { options: many(3, option), initial_option: option(3) }],
    ['checkboxes', { options: many(3, option), initial_options: [option(1), option(7)] }],
    ['multi_static_select', { options: many(3, option), initial_options: [] }],
    ['datepicker', { initial_date: '2026-02-30' }],
    ['file_input', { filetypes: [] }],
    ['file_input', { max_files: 11 }],
  ])('a %s that opens with or takes what it can not: %o', async (type, more) => {
    const given = view({ submit: plain('Go'), blocks: [input({ type, ...more })] });
    expect(await open(given)).toMatchObject({ error: 'invalid_arguments' });
  });

  test('a field for files of an app that may not read them', async () => {
    const given = view({ submit: plain('Go'), blocks: [input({ type: 'file_input' })] });
    expect(await open(given)).toMatchObject({ ok: true });
    await double.stop();
    double = await SlackDouble.start({ scopes: ['commands'] });
    expect(await open(given)).toMatchObject({ error: 'missing_scope' });
  });

  test('a file that is unknown or deleted', async () => {
    const file = ann.upload('a.csv', 'name');
    expect(await call('files.info', { file: file.id })).toMatchObject({
      file: { name: 'a.csv', mimetype: 'text/csv', size: 4 },
    });
    file.deleted = true;
    expect(await call('files.info', { file: file.id })).toMatchObject({ error: 'file_deleted' });
    expect(await call('files.info', { file: 'F0' })).toMatchObject({ error: 'file_not_found' });
  });

  test('a trigger that is used, unknown, or older than three seconds', async () => {
    const trigger = double.workspace.newTrigger(ann.id);
    expect(await open(view(), trigger)).toMatchObject({ ok: true });
    expect(await open(view(), trigger)).toMatchObject({ error: 'exchanged_trigger_id' });
    expect(await open(view(), '1.2.3')).toMatchObject({ error: 'invalid_trigger_id' });
    const old = double.workspace.newTrigger(ann.id);
    now += 3001;
    expect(await open(view(), old)).toMatchObject({ error: 'expired_trigger_id' });
  });

  test('an update of a modal that has changed, or is closed', async () => {
    const opened = (await open()) as { view: { id: string; hash: string } };
    const { id: view_id, hash } = opened.view;
    expect(await call('views.update', { view_id, hash, view: view() })).toMatchObject({ ok: true });
    expect(await call('views.update', { view_id, hash, view: view() })).toMatchObject({
      error: 'hash_conflict',
    });
    ann.close(await double.nextModal(({ id }) => id === view_id));
    expect(await call('views.update', { view_id, view: view() })).toMatchObject({
      error: 'not_found',
    });
  });

  test('a fourth modal on top of three', async () => {
    const push = () =>
      call('views.push', { trigger_id: double.workspace.newTrigger(ann.id), view: view() });
    await open();
    expect(await push()).toMatchObject({ ok: true });
    expect(await push()).toMatchObject({ ok: true });
    expect(await push()).toMatchObject({ error: 'push_limit_reached' });
  });

  test('a preview of what isn’t in the message, isn’t ours, or has rich text', async () => {
    const [page, other] = ['https://latchkey.example.com/', 'https://example.org/'];
    const { workspace } = double;
    const share = () =>
      workspace.share(ann.id, {
        source: 'conversations_history',
        channel: 'C0GENERAL',
        urls: [page, other],
      });
    const text = { type: 'section', text: plain('x') };
    const unfurl = (unfurls: unknown, at: object = {}) => {
      const { channel, ts } = share();
      return call('chat.unfurl', { channel, ts, unfurls, ...at });
    };
    expect(await unfurl({ [page]: { blocks: [text] } })).toMatchObject({ ok: true });
    const refused = await Promise.all([
      unfurl({ [page]: { blocks: [rich('x')] } }),
      unfurl({ [page]: { blocks: [] } }),
      unfurl({ [other]: { blocks: [text] } }),
      unfurl({ [`${page}more`]: { blocks: [text] } }),
      unfurl([page]),
      unfurl({ [page]: { blocks: [text] } }, { ts: '1.1' }),
      unfurl({ [page]: { blocks: [text] } }, { unfurl_id: share().id }),
      unfurl({ [page]: { blocks: [text] } }, { unfurl_id: share().id, source: 'composer' }),
    ]);
    expect(refused.map(({ error }) => error)).toEqual([
      'invalid_blocks',
      'invalid_blocks',
      'cannot_unfurl_url',
      'cannot_unfurl_message',
      'invalid_unfurls_format',
      'cannot_find_message',
      'missing_source',
      'cannot_find_message',
    ]);
  });

  test('the end of a step that isn’t there, has ended, or says other things than the manifest', async () => {
    const end = (id: string, outputs: unknown, token?: string) =>
      call('functions.completeSuccess', { function_execution_id: id, outputs }, token);
    const { id, token } = double.workspace.execute();
    const said = { message: 'Done' };
    expect(await end('Fx0', said)).toMatchObject({ error: 'function_execution_not_found' });
    expect(await end(id, {})).toMatchObject({ error: 'parameter_validation_failed' });
    expect(await end(id, said, token)).toMatchObject({ ok: true });
    expect(await end(id, said)).toMatchObject({ error: 'execution_not_in_running_state' });
    expect(await end(id, said, token)).toMatchObject({ error: 'token_revoked' });
    const other = double.workspace.execute();
    expect(
      await call('functions.completeError', { function_execution_id: other.id }),
    ).toMatchObject({ error: 'invalid_arguments' });
  });

  test('a response URL that was used five times, or half an hour ago', async () => {
    const respond = async (url: string) =>
      (await fetch(url, { method: 'POST', body: JSON.stringify({ text: 'x' }) })).status;
    const url = double.workspace.newResponseUrl(double.web.origin, 'C0GENERAL', ann.id);
    for (let use = 0; use < 5; use++) expect(await respond(url)).toBe(200);
    expect(await respond(url)).toBe(404);
    const old = double.workspace.newResponseUrl(double.web.origin, 'C0GENERAL', ann.id);
    now += 30 * 60_000 + 1;
    expect(await respond(old)).toBe(404);
  });
});

test('the double hands a file to a token that may read files, and shows everybody else the sign-in page', async () => {
  const { file } = (await call('files.info', { file: ann.upload('a.csv', 'name').id })) as {
    file: { url_private_download: string };
  };
  const get = (headers: Record<string, string>, redirect: 'manual' | 'follow' = 'manual') =>
    fetch(file.url_private_download, { headers, redirect });
  const own = await get({ Authorization: `Bearer ${double.token}` });
  expect([own.status, await own.text()]).toEqual([200, 'name']);
  expect((await get({})).status).toBe(302);
  const followed = await get({ Authorization: 'Bearer other' }, 'follow');
  expect([followed.status, followed.headers.get('content-type')]).toEqual([
    200,
    'text/html; charset=utf-8',
  ]);
});

test('the double remembers what was edited, replaced, refused or shown in passing', async () => {
  const { channel, ts } = await post([rich('said first')]);
  await call('chat.update', { channel, ts, text: 'x', blocks: [rich('said instead')] });
  await post([rich('said to one')], { channel: 'C0GENERAL', user: ann.id });
  await post([{ type: 'said in vain' }]);
  const { view: opened } = (await open(view({ blocks: [rich('shown first')] }))) as {
    view: { id: string };
  };
  await call('views.update', { view_id: opened.id, view: view({ blocks: [rich('shown next')] }) });
  const url = double.workspace.newResponseUrl(double.web.origin, 'C0GENERAL', ann.id);
  await fetch(url, { method: 'POST', body: JSON.stringify({ text: 'said at a response URL' }) });

  const heard = double.workspace.heard.join();
  for (const text of [
    'said first',
    'said instead',
    'said to one',
    'said in vain',
    'shown first',
    'shown next',
    'said at a response URL',
  ])
    expect(heard).toContain(text);
});
