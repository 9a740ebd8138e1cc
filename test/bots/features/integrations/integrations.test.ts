import { beforeEach, describe, expect, test } from 'vitest';
import { integrationCardRef } from '../../../../src/bots/features/integrations/integration-ref.ts';
import { changePolicy } from '../../../../src/bots/features/integrations/integration-settings.ts';
import type { PressReply, SubmitReply } from '../../../../src/bots/view/action.ts';
import type { Button } from '../../../../src/bots/view/card.ts';
import type { Word } from '../../../../src/bots/view/command.ts';
import { confirmGone } from '../../../../src/engine/access/removals/removals.ts';
import { emptyIntegration } from '../../../../src/engine/integrations/delete-integration.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { settingsOf } from '../../../../src/engine/settings/settings.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, buttonsOf, Clicker, introOf } from '../../../support/clicks.ts';
import { firstOf, present } from '../../../support/given/outcomes.ts';
import { accessSince } from '../../../support/has-access.ts';

const ADA = 'ada@example.com';

const manifest = {
  form: [{ id: 'ROLE', name: 'Role', type: 'input' }],
  extra_user_info: [{ id: 'GITHUB', name: 'GitHub name' }],
  initial_data_form: [{ id: 'TOKEN', name: 'Token' }],
  headers: { Authorization: 'Bearer {{TOKEN}}' },
  exists: { url: 'https://api.example.com/u?email={{email}}', expected: '{{email}}' },
  execute: [{ url: 'https://api.example.com/u', data: { role: '{{ROLE}}', g: '{{GITHUB}}' } }],
  revoke: [{ url: 'https://api.example.com/u/{{email}}', method: 'DELETE' }],
};
const sync = {
  action: 'create',
  schedule: '0 6 * * *',
  execute: [{ url: 'https://hr.example.com/people', method: 'GET' }],
  data_structure: { email: 'email', first_name: 'first', last_name: 'last' },
};
const file = (text: string, name = 'asana.json'): Word => ({
  kind: 'file',
  name,
  text: async () => text,
});

let chat: TestChat;
let ada: Clicker;
let person: Person;

beforeEach(async () => {
  chat = await testChat();
  person = await chat.person({ email: ADA, firstName: 'Ada', lastName: 'Okafor', role: 'admin' });
  ada = new Clicker(chat, ADA);
});

const named = async (name: string) => {
  const found = await chat.services.stores.integrations.findByName(name);
  if (!found) throw new Error(`There is no ${name}`);
  return found;
};
const whole = { offset: 0, limit: 100 };
/** Ann has access there. */
const withAccess = async (integrationId: string): Promise<Person> => {
  const ann = await chat.person({ email: 'ann@example.com', firstName: 'Ann', lastName: 'Lee' });
  const at = new Date(chat.clock);
  const known = accessSince(at, {});
  await chat.services.transact((tx) =>
    tx.access.put({ personId: ann.id, integrationId, ...known }),
  );
  return ann;
};
const refusals = async () =>
  (await chat.services.stores.auditLog.list({ offset: 0, limit: 100 })).filter(
    ({ what }) => what === 'refused',
  );

describe('the list', () => {
  test('of nothing leads to adding the first one', async () => {
    const card = await ada.types('integrations');
    expect(textOf(card)).toContain(
      'No integrations yet. Add the first one; most apps have a ready-made one.',
    );
    expect(buttonOf(card, 'Add…').tone).toBe('primary');
    expect(textOf(await ada.types('integrations', 'foo'))).not.toContain('[Show all]');
    expect(textOf(await ada.presses(buttonOf(card, 'Add…')))).toContain('Ready-made');
  });

  test('says of each what it does and how it stands, and opens its card', async () => {
    await chat.integration('Asana', manifest);
    await chat.integration('HR', sync);
    await chat.integration('Zoom', { ...manifest, initial_data_form: [] });
    const card = await ada.types('integrations');
    const text = textOf(card);
    expect(text).toContain('Asana · grants access · ⚠ needs secrets: Token');
    expect(text).toContain('HR · imports people · ✓ ready');
    expect(text).toContain('Zoom · grants access · ✓ ready');
    expect(text).not.toContain('[Search…]');
    expect((await ada.presses(buttonOf(card, 'Open'))).title).toBe('Asana');
  });

  test('opens a card whose button beside break-glass says once what it is about', async () => {
    await chat.integration('Asana', { ...manifest, initial_data_form: [] });
    const card = await ada.types('integrations', 'Asana');
    expect(buttonOf(card, 'Break-glass…').about).toBe('Break-glass: Asana');
  });

  test('is looked through by page and by name', async () => {
    for (let n = 1; n <= 9; n++) await chat.integration(`Tool ${n}`, sync);
    await chat.integration('Zoom', sync);
    const first = await ada.types('integrations');
    expect(textOf(first)).toContain('10 integrations, page 1 of 2');
    const second = await ada.presses(buttonOf(first, 'Next'));
    expect(textOf(second)).toContain('Zoom');
    const found = await ada.gets(buttonOf(first, 'Search…'), { text: 'oo' });
    expect(textOf(found)).toContain('10 integrations for "oo"');
    expect(textOf(await ada.types('integrations', 'tool', '4'))).toMatch(/^Tool 4\n/);
    const none = await ada.types('integrations', 'xyz');
    expect(textOf(none)).toContain('No integration matches "xyz"');
    expect(textOf(await ada.presses(buttonOf(none, 'Show all')))).toContain(
      '10 integrations, page 1 of 2',
    );
  });
});

describe('adding', () => {
  test('a ready-made one: searched, named, added, and its card says what is next', async () => {
    const list = await ada.types('integration', 'add', 'asana');
    expect(textOf(list)).toContain('1 integration for "asana"');
    const notes = await ada.presses(buttonOf(list, 'View'));
    expect(textOf(notes)).toContain('Organization id: The gid of your organization.');
    const add = buttonOf(notes, 'Add Asana…');
    expect((await ada.opens(add)).fields).toMatchObject({
      name: { initial: 'Asana' },
      icon: { optional: true },
    });
    const card = await ada.gets(add, { icon: '🧭' });
    expect(card.title).toBe('🧭 Asana');
    expect(textOf(card)).toContain('Needs secrets. Enter Asana token, Organization id');
    expect(buttonOf(card, 'Enter secrets…').tone).toBe('primary');
    expect((await ada.opens(add)).fields).toMatchObject({ name: { initial: 'Asana 2' } });
  });

  test('where none is ready-made, the other ways stand beside the search', async () => {
    const card = await ada.types('integration', 'add', 'nonsuch');
    expect(textOf(card)).toContain(
      'Nothing matches "nonsuch". Try other words, or write your own manifest',
    );
    expect((await ada.opens(buttonOf(card, 'Upload a manifest…'))).fields).toHaveProperty(
      'manifest',
    );
    expect((await ada.opens(buttonOf(card, 'Write one…'))).fields).toHaveProperty('name');
  });

  test('every ready-made one is reached page by page', async () => {
    let card = await ada.presses(buttonOf(await ada.types('integration', 'add'), /^Choose/));
    let seen = '';
    for (let pages = 0; pages < 20; pages++) {
      seen += textOf(card);
      if (!textOf(card).includes('[Next]')) break;
      card = await ada.presses(buttonOf(card, 'Next'));
    }
    for (const { name } of await chat.services.catalogue()) expect(seen).toContain(`\n${name} · `);
  });

  test('from a file in the form; a name that is taken and a wrong emoji are said beside their fields', async () => {
    await chat.integration('Asana', manifest);
    const upload = buttonOf(await ada.types('integration', 'add'), 'Upload a manifest…');
    const text = JSON.stringify(manifest);
    expect((await ada.opens(upload)).fields['manifest']).toMatchObject({
      kind: 'file',
      endings: ['json'],
    });
    const taken = await ada.isTold(upload, { name: 'asana', manifest: text });
    expect(taken['name']).toContain('is already taken; use another one');
    const wrong = { name: 'Other', icon: ':compass:', manifest: text };
    expect((await ada.isTold(upload, wrong))['icon']).toContain(
      "is a Slack emoji name, which Teams can't show. Insert the emoji itself, such as 🧭.",
    );
    expect((await ada.gets(upload, { name: 'Other', manifest: text })).title).toBe('Other');
  });

  test('with a file in the message: under the typed name, or the name of the file', async () => {
    const text = JSON.stringify(sync);
    expect((await ada.types('integration', 'add', 'Our', 'HR', file(text))).title).toBe('Our HR');
    expect((await ada.types('integration', 'add', file(text, 'people.json'))).title).toBe('people');
    const taken = await ada.types('integration', 'add', file(text, 'people.json'));
    expect(textOf(taken)).toContain('people is already taken');
    const other = buttonOf(taken, 'Choose another name…');
    expect((await ada.gets(other, { name: 'People 2' })).title).toBe('People 2');
    expect(textOf(await ada.presses(buttonOf(taken, 'Discard')))).toContain(
      'This is no longer open',
    );
  });

  test('a file that could not be fetched is said with its reason, and a way to the form', async () => {
    const broken: Word = {
      kind: 'file',
      name: 'big.json',
      text: async () => ({ refused: 'It is larger than 256 KB.' }),
    };
    expect(textOf(await ada.types('integration', 'add', broken))).toBe(
      "Latchkey couldn't read big.json\nIt is larger than 256 KB.\n[Choose another file…]",
    );
  });

  test('JSON that breaks off is said with line and column, kept, and added once it is right', async () => {
    const card = await ada.types('integration', 'add', 'Asana', file('{\n  "form": [,]\n}'));
    expect(textOf(card)).toContain('"Asana" isn\'t added yet');
    expect(textOf(card)).toContain('line 2, column 12');
    expect(buttonOf(card, 'Open in the editor').tone).toBe('primary');
    expect(textOf(await ada.presses(buttonOf(card, 'Open in the editor')))).toContain(
      'Open it in your browser',
    );
    const again = buttonOf(card, 'Send the file again…');
    expect((await ada.gets(again, { manifest: JSON.stringify(manifest) })).title).toBe('Asana');
    expect(await chat.services.stores.integrations.list()).toHaveLength(1);
  });

  test('a file that would store another integration’s name is kept, with a name that is free', async () => {
    const storing = { execute: [{ url: 'https://x.example.com', store_data: { USER_ID: 'id' } }] };
    await chat.integration('Asana', storing);
    const card = await ada.types('integration', 'add', 'Evil', file(JSON.stringify(storing)));
    expect(textOf(card)).toContain('"Evil" isn\'t added yet');
    expect(textOf(card)).toContain(
      'Asana stores "USER_ID" for people; use another name, such as "EVIL_USER_ID"',
    );
  });

  test('nor is one saved as a newer version of another', async () => {
    const storing = { execute: [{ url: 'https://x.example.com', store_data: { USER_ID: 'id' } }] };
    await chat.integration('Asana', storing);
    const ref = integrationCardRef(await chat.integration('Other', manifest));
    const upload = buttonOf(await ada.sees(ref), 'Upload a manifest…');
    const card = await ada.gets(upload, { manifest: JSON.stringify(storing) });
    expect(textOf(card)).toContain("Other can't be saved like this");
    expect(textOf(card)).toContain('such as "OTHER_USER_ID"');
  });

  test('the emoji that was typed comes along where the file has errors', async () => {
    const upload = buttonOf(await ada.types('integration', 'add'), 'Upload a manifest…');
    const card = await ada.gets(upload, { name: 'Asana', icon: '🧭', manifest: '{' });
    const again = buttonOf(card, 'Send the file again…');
    const added = await ada.gets(again, { manifest: JSON.stringify(manifest) });
    expect(added.title).toBe('🧭 Asana');
  });

  test('a hundred errors are all there, page by page', async () => {
    const execute = Array.from({ length: 100 }, () => ({
      url: 'https://x.example.com',
      method: 'X',
    }));
    let card = await ada.types('integration', 'add', 'Big', file(JSON.stringify({ execute })));
    expect(textOf(card)).toContain('100 errors, page 1 of 7');
    let seen = textOf(card);
    for (let page = 2; page <= 7; page++) {
      card = await ada.presses(buttonOf(card, 'Next'));
      seen += textOf(card);
    }
    for (let step = 0; step < 100; step++) expect(seen).toContain(`execute[${step}].method`);
  });

  test('on the web page: a name, then a link', async () => {
    const write = buttonOf(await ada.types('integration', 'add'), 'Write one…');
    expect(textOf(await ada.gets(write, { name: 'Mine' }))).toContain('Open it in your browser');
    await chat.integration('Asana', manifest);
    expect(await ada.sends(write, { name: 'Asana' })).toMatchObject({ kind: 'invalid' });
  });

  test('by hand: with who does it, who is a setting of it afterwards', async () => {
    const manual = buttonOf(await ada.types('integration', 'add'), 'Add a manual one…');
    const wrong = {
      name: 'Laptop',
      icon: 'x',
      assignee: 'person',
      assigneeEmail: 'no@example.com',
    };
    const told = await ada.isTold(manual, wrong);
    expect(told['icon']).toContain(
      "That isn't one emoji. Insert one, such as 🧭, or leave this blank.",
    );
    expect(told['assigneeEmail']).toContain('No one in the directory has no@example.com');
    const card = await ada.gets(manual, { name: 'Laptop', icon: '💻', assignee: 'buddy' });
    expect(card.title).toBe('💻 Laptop');
    expect(textOf(card)).toContain("Done by: the person's buddy");
    expect(textOf(card)).toContain('Requests: Everyone can request it');
    expect((await ada.isTold(manual, { name: 'laptop' }))['name']).toContain(
      'is already taken; use another one',
    );
    const settings = buttonOf(card, 'Settings…');
    await ada.gets(settings, { assignee: 'person', assigneeEmail: ADA });
    const { id } = await named('Laptop');
    expect(textOf(await ada.sees(integrationCardRef(id)))).toContain('Done by: Ada Okafor');
    expect(textOf(await ada.types('integrations'))).toContain('Laptop · ✓ ready, done by hand');
  });

  test('by hand: a picked person replaces one whose address the settings held', async () => {
    await chat.person({ email: 'eve@example.com', firstName: 'Eve' }); // Not known on the platform.
    const manual = buttonOf(await ada.types('integration', 'add'), 'Add a manual one…');
    const by = { assignee: 'person', assigneeEmail: 'eve@example.com' };
    const card = await ada.gets(manual, { name: 'Laptop', ...by });
    expect(textOf(card)).toContain('Done by: Eve');
    await ada.gets(buttonOf(card, 'Settings…'), { assigneePicked: ADA });
    const { id } = await named('Laptop');
    expect(textOf(await ada.sees(integrationCardRef(id)))).toContain('Done by: Ada Okafor');
  });

  test('warnings are on the card of what was added', async () => {
    const card = await ada.types(
      'integration',
      'add',
      'Odd',
      file(JSON.stringify({ execute: [{ url: 'https://x.example.com/{{NOBODY}}' }] })),
    );
    expect(textOf(card)).toContain('⚠ execute[0].url: ');
    expect(textOf(card)).toContain('NOBODY');
  });

  test("someone else's draft, and one that is a day old, are over", async () => {
    await chat.person({ email: 'eve@example.com', role: 'admin' });
    const card = await ada.types('integration', 'add', 'Asana', file('{'));
    const eve = new Clicker(chat, 'eve@example.com');
    expect(textOf(await eve.presses(buttonOf(card, 'Discard')))).toContain(
      'This is no longer open',
    );
    chat.clock += 25 * 60 * 60_000;
    expect(textOf(await ada.presses(buttonOf(card, 'Discard')))).toContain(
      'This is no longer open',
    );
  });
});

describe('the card', () => {
  test('says what it asks for and can do, who has it, who may ask, and who saved it', async () => {
    const card = await ada.types('integration', 'add', 'Asana', file(JSON.stringify(manifest)));
    const text = textOf(card);
    expect(text).toContain('Asks for: Role, GitHub name (once per person)');
    expect(text).toContain('Can: grant, check, revoke');
    expect(text).toContain('Has access: no one yet');
    expect(text).toContain('Requests: Everyone can request it; their manager approves;');
    expect(text).toContain('Version 1, saved on 25 Nov 2026, 09:00 by Ada Okafor');
  });

  test.each([
    [
      'an app',
      manifest,
      'no one can request it, and admins approve what is open. Press "Settings…"',
    ],
    ['an import', sync, 'its schedule waits. Press "Owned fields…"'],
  ])(
    'says of %s whose settings are damaged what follows, and what to press',
    async (_, of, says) => {
      const id = await chat.integration('Odd', of);
      await chat.database.db('integrations').where({ id }).update({ settings: '{"policy":' });
      expect(textOf(await ada.sees(integrationCardRef(id)))).toContain(
        `Its settings can't be read, so ${says}`,
      );
    },
  );

  test('says a schedule in words with its next three times', async () => {
    const id = await chat.integration('HR', sync);
    expect(textOf(await ada.sees(integrationCardRef(id)))).toContain(
      'When: at 06:00, every day (UTC). Next: 26 Nov 2026, 06:00; 27 Nov 2026, 06:00; 28 Nov 2026, 06:00',
    );
  });

  test("has the next step as its first button, through an integration's whole setting up", async () => {
    const oauth = {
      authenticate_url: 'https://id.example.com/authorize',
      access_token: { url: 'https://id.example.com/token' },
    };
    const id = await chat.integration('Asana', { ...manifest, oauth });
    const ref = integrationCardRef(id);
    expect(textOf(await ada.sees(ref))).toContain('[Enter secrets…]');
    await chat.services.transact((tx) => tx.secrets.put(id, 'TOKEN', 'x'));
    const connect = await ada.sees(ref);
    expect(textOf(await ada.presses(buttonOf(connect, 'Callback address')))).toContain(
      `http://localhost/oauth/${id}/callback`,
    );
    expect(textOf(connect)).toContain('Needs connecting');
    expect(buttonOf(connect, 'Connect').tone).toBe('primary');
    await chat.services.transact((tx) =>
      tx.oauth.put({
        integrationId: id,
        version: 1,
        generation: 1,
        answer: { access_token: 'a' },
        state: 'connected',
        refreshedAt: new Date(chat.clock),
      }),
    );
    const ready = await ada.sees(ref);
    expect(textOf(ready)).toContain('✓ Ready');
    expect(buttonOf(ready, 'Reconnect').tone).toBeUndefined();
    expect(buttonOf(ready, 'Replace secrets…').tone).toBeUndefined();
  });

  test('a manifest that no longer connects says that its connection is deleted', async () => {
    const oauth = {
      authenticate_url: 'https://id.example.com/authorize',
      access_token: { url: 'https://id.example.com/token' },
    };
    const id = await chat.integration('Asana', { ...manifest, oauth }, { TOKEN: 'x' });
    const upload = buttonOf(await ada.sees(integrationCardRef(id)), 'Upload a manifest…');
    const text = textOf(await ada.gets(upload, { manifest: JSON.stringify(manifest) }));
    expect(text).toContain(
      'It no longer connects with an account: Latchkey deletes its connection.',
    );
  });

  test('of a manifest that was saved before a rule shows what is refused now, and opens the editor', async () => {
    const id = await chat.integration('Old', { execute: [{ url: 'https://a.example.com/' }] });
    const integration = await named('Old');
    await chat.services.transact(async (tx) => {
      const version = firstOf(await tx.integrations.versions(id));
      const old = { execute: [{ url: 'https://{{position}}/' }] };
      await tx.integrations.insertVersion({
        ...version,
        id: 'old',
        number: 2,
        manifest: JSON.stringify(old),
      });
      await tx.integrations.save({ ...integration, manifestVersionId: 'old' });
    });
    const card = await ada.sees(integrationCardRef(id));
    expect(textOf(card)).toContain(
      '✗ execute[0].url: {{position}} would decide which host gets the request',
    );
    expect(buttonOf(card, 'Open the editor')).toBeDefined();
  });

  test('of many warnings shows how many, and all of them page by page', async () => {
    const execute = Array.from({ length: 20 }, (_, n) => ({
      url: `https://x.example.com/{{NOBODY_${n}}}`,
    }));
    const card = await ada.sees(integrationCardRef(await chat.integration('Odd', { execute })));
    const first = await ada.presses(buttonOf(card, '20 warnings'));
    const second = await ada.presses(buttonOf(first, 'Next'));
    const seen = textOf(first) + textOf(second);
    for (let n = 0; n < 20; n++) expect(seen).toContain(`NOBODY_${n}`);
  });
});

describe('changing', () => {
  test('a new manifest shows what it changes before it is saved', async () => {
    const id = await chat.integration('Asana', manifest, { TOKEN: 'x' });
    const ref = integrationCardRef(id);
    const next = {
      ...manifest,
      initial_data_form: [{ id: 'KEY', name: 'Key' }],
      headers: { Authorization: 'Bearer {{KEY}}' },
    };
    const upload = buttonOf(await ada.sees(ref), 'Upload a manifest…');
    const look = await ada.gets(upload, { manifest: JSON.stringify(next) });
    const text = textOf(look);
    expect(text).toContain('What changes in Asana');
    expect(text).toContain('Changed initial_data_form[0].id: "TOKEN" → "KEY"');
    expect(text).toContain("It needs 1 value that isn't entered yet: KEY");
    expect(text).toContain('It no longer needs TOKEN');
    expect(text).not.toContain('deletes its connection');
    expect((await named('Asana')).version).toBe(1);
    const saved = await ada.presses(buttonOf(look, 'Save'));
    expect(textOf(saved)).toContain('Version 2, saved on 25 Nov 2026, 09:00 by Ada Okafor');
    expect(textOf(saved)).toContain('Needs secrets. Enter Key');
    expect(textOf(await ada.presses(buttonOf(look, 'Save')))).toContain('This is no longer open');
  });

  test('what someone else saved is said, with what would change now; nothing is overwritten', async () => {
    const ref = integrationCardRef(await chat.integration('Asana', manifest));
    const upload = buttonOf(await ada.sees(ref), 'Upload a manifest…');
    const change = (url: string) => JSON.stringify({ ...manifest, execute: [{ url }] });
    const mine = await ada.gets(upload, { manifest: change('https://mine.example.com') });
    const theirs = await ada.gets(upload, { manifest: change('https://theirs.example.com') });
    await ada.presses(buttonOf(theirs, 'Save'));
    const again = await ada.presses(buttonOf(mine, 'Save'));
    expect(textOf(again)).toContain(
      "Ada Okafor has already saved version 2, so yours wasn't saved.",
    );
    expect(textOf(again)).toContain('"https://theirs.example.com" → "https://mine.example.com"');
    await ada.presses(buttonOf(again, 'Save'));
    expect(
      await chat.services.stores.integrations.versions((await named('Asana')).id),
    ).toHaveLength(3);
  });

  test('a manifest with errors can only be corrected, sent again or discarded', async () => {
    const ref = integrationCardRef(await chat.integration('Asana', manifest));
    const upload = buttonOf(await ada.sees(ref), 'Upload a manifest…');
    const card = await ada.gets(upload, { manifest: '{"execute": [{}]}' });
    expect(textOf(card)).toContain("Asana can't be saved like this");
    expect(textOf(card)).not.toContain('[Save]');
    expect(textOf(await ada.presses(buttonOf(card, 'Discard')))).toContain('Asana stays as it is');
  });

  test('a long value is shortened, and says so', async () => {
    const ref = integrationCardRef(await chat.integration('Asana', manifest));
    const upload = buttonOf(await ada.sees(ref), 'Upload a manifest…');
    const long = { ...manifest, execute: [{ url: `https://x.example.com/${'a'.repeat(500)}` }] };
    const card = await ada.gets(upload, { manifest: JSON.stringify(long) });
    expect(textOf(card)).toMatch(/ … and \d+ more characters, which the editor shows/);
  });

  test('an earlier version is looked at and restored as a new one', async () => {
    const ref = integrationCardRef(await chat.integration('Asana', manifest));
    const upload = buttonOf(await ada.sees(ref), 'Upload a manifest…');
    const next = { ...manifest, execute: [{ url: 'https://other.example.com' }] };
    await ada.presses(buttonOf(await ada.gets(upload, { manifest: JSON.stringify(next) }), 'Save'));
    const versions = await ada.presses(buttonOf(await ada.sees(ref), 'Versions'));
    expect(textOf(versions)).toMatch(/Version 2 · .* · Ada Okafor · in use\nVersion 1 ·/);
    expect(textOf(await ada.presses(buttonOf(versions, 'Show changes')))).toContain(
      'https://other.example.com',
    );
    const restore = buttonOf(versions, 'Restore…');
    expect(textOf(await ada.gets(restore))).toContain('Version 3, saved on');
    await expect(ada.opens(restore)).rejects.toThrow('Someone has already saved another version');
  });

  test('name and emoji', async () => {
    const ref = integrationCardRef(await chat.integration('Asana', manifest));
    await chat.integration('Zoom', sync);
    const face = buttonOf(await ada.sees(ref), 'Name and emoji…');
    expect((await ada.isTold(face, { name: 'Zoom' }))['name']).toContain(
      'is already taken; use another one',
    );
    expect(await ada.sends(face, { name: 'Boards', icon: '📋' })).toEqual({ kind: 'nothing' });
    expect((await ada.sees(ref)).title).toBe('📋 Boards');
    await ada.sends(face, { icon: undefined });
    expect((await ada.sees(ref)).title).toBe('Boards');
  });

  test('off and on', async () => {
    const ref = integrationCardRef(await chat.integration('Asana', manifest));
    const off = buttonOf(await ada.sees(ref), 'Turn off…');
    expect(introOf(await ada.opens(off))).not.toContain('cancel');
    await ada.sends(off);
    const card = await ada.sees(ref);
    expect(textOf(card)).toContain('Turned off.');
    await ada.press(buttonOf(card, 'Turn on'));
    expect(textOf(await ada.sees(ref))).toContain('Needs secrets');
  });

  test('is deleted only after its name was typed, and says what that loses and what stays', async () => {
    const id = await chat.integration('Asana', manifest, { TOKEN: 'x' });
    await withAccess(id);
    const ref = integrationCardRef(id);
    const remove = buttonOf(await ada.sees(ref), 'Delete…');
    const words = introOf(await ada.opens(remove));
    expect(words).toContain('its saved secrets (TOKEN)');
    expect(words).toContain('1 person has access or may have it.');
    const access = 'keep';
    expect(await ada.sends(remove, { access, name: 'Asan' })).toMatchObject({ kind: 'invalid' });
    const deleted = textOf(await ada.gets(remove, { access, name: 'asana' }));
    expect(deleted).toContain('Asana is deleted');
    expect(deleted).toContain('Your task "Asana was deleted" lists them');
    expect(textOf(await ada.sees(ref))).toContain('This integration was deleted');
    await expect(ada.opens(remove)).rejects.toThrow('has been deleted');
    const { tasks } = await chat.services.stores.tasks.list({ state: 'open' }, whole);
    expect(tasks.map(({ note }) => note)).toEqual([
      expect.stringContaining('1 person keeps access to Asana'),
    ]);
  });

  test('is deleted at once where nobody has access, and nothing more is asked', async () => {
    const ref = integrationCardRef(await chat.integration('Asana', manifest, { TOKEN: 'x' }));
    const remove = buttonOf(await ada.sees(ref), 'Delete…');
    expect(introOf(await ada.opens(remove))).toContain(
      'As far as Latchkey knows, no one has access to it.',
    );
    expect(textOf(await ada.gets(remove, { name: 'asana' }))).toContain(
      'As far as Latchkey knows, no one had access to it.',
    );
    expect(textOf(await ada.sees(ref))).toContain('This integration was deleted');
  });

  test('is deleted as the first of two admins chose, who both had the form open', async () => {
    const id = await chat.integration('Asana', manifest, { TOKEN: 'x' });
    await withAccess(id);
    const remove = buttonOf(await ada.sees(integrationCardRef(id)), 'Delete…');
    const older = await ada.opens(remove);
    await ada.sends(remove, { access: 'remove', name: 'asana' });
    const late = await ada.answersTo(older, remove, { access: 'keep', name: 'asana' });
    expect(JSON.stringify(late)).toContain('Asana is being deleted');
    const now = await named('Asana');
    expect(settingsOf(now).whenDeleted?.access).toBe('remove');
    expect(now.deletedAt).toBeUndefined();
  });

  test('is deleted when the access of people is removed, and says until then how far that is', async () => {
    const id = await chat.integration('Asana', manifest, { TOKEN: 'x' });
    const ann = await withAccess(id);
    const ref = integrationCardRef(id);
    const remove = buttonOf(await ada.sees(ref), 'Delete…');
    await ada.sends(remove, { access: 'remove', name: 'asana' });
    const card = await ada.sees(ref);
    expect(textOf(card)).toContain(
      "Being deleted. 0 of 1 removed; it's deleted after the last one.",
    );
    expect(textOf(card)).not.toMatch(/Delete…|Requests:/); // Nobody may request it any more.
    expect(textOf(card)).not.toContain('[Turn on]');
    expect(textOf(card)).toContain('Upload a manifest…'); // It may be the cure of a removal.
    await expect(ada.opens(remove)).rejects.toThrow('Asana is being deleted');
    expect(textOf(await ada.types('integrations', ''))).toContain('is being deleted');

    const { stores, transact } = chat.services;
    const deps = { ...chat.services, actor: { kind: 'system' } } as const;
    await emptyIntegration({ integrationId: id }, deps);
    const removal = present(await stores.removals.open(ann.id, id));
    const checked = { person, actor: deps.actor };
    await transact((tx) => confirmGone(tx, removal.id, checked));
    expect(textOf(await ada.sees(ref))).toContain('1 of 1 removed');
    await emptyIntegration({ integrationId: id }, deps);
    expect(textOf(await ada.sees(ref))).toContain('This integration was deleted');
  });
});

describe('settings', () => {
  const settings = async (name = 'Asana') =>
    buttonOf(await ada.sees(integrationCardRef((await named(name)).id)), 'Settings…');

  test('are said in words once they are saved, and hold what was set the next time', async () => {
    await chat.integration('Asana', manifest);
    await chat.person({ email: 'bo@example.com', firstName: 'Bo', department: 'Engineering' });
    const saved = await ada.gets(await settings(), {
      requesters: 'departments',
      departments: ['Engineering'],
      longest: '30',
      managers: 'no',
    });
    expect(textOf(saved)).toContain(
      'Anyone in Engineering can request it; their manager approves; at most 30 days.',
    );
    expect((await ada.opens(await settings())).fields).toMatchObject({
      requesters: { initial: 'departments' },
      departments: { initial: ['Engineering'] },
      longest: { initial: '30 days' },
      managers: { initial: 'no' },
    });
  });

  test.each([
    { typed: '4 hours', words: 'at most 4 hours' },
    { typed: '2 Wochen', words: 'at most 14 days' },
    { typed: '36h', words: 'at most 36 hours' },
  ])('take "$typed" as the longest time', async ({ typed, words }) => {
    await chat.integration('Asana', manifest);
    expect(textOf(await ada.gets(await settings(), { longest: typed }))).toContain(words);
  });

  test('keep what another admin set while the form was open', async () => {
    const id = await chat.integration('Asana', manifest);
    await chat.person({ email: 'eve@example.com', role: 'admin' });
    const button = await settings();
    const opened = await ada.opens(button);
    await new Clicker(chat, 'eve@example.com').sends(button, {
      longest: '30',
      approvers: 'admins',
    });
    await ada.answersTo(opened, button, { managers: 'no' });
    expect(settingsOf(await chat.services.stores.integrations.find(id)).policy).toMatchObject({
      longestHours: 30 * 24,
      approvers: { kind: 'admins' },
      managersGrant: false,
    });
  });

  test('everything that is wrong is said at once, beside its field', async () => {
    await chat.integration('Asana', manifest);
    await chat.person({ email: 'bo@example.com', department: 'Engineering' });
    const wrong = await ada.isTold(await settings(), {
      requesters: 'departments',
      departments: undefined,
      approvers: 'people',
      peopleEmails: 'nobody@example.com, bo@example.com',
      longest: '400',
      remind: 'soon',
    });
    expect(wrong['departments']).toContain('at least one department');
    expect(wrong['peopleEmails']).toContain('No one here has nobody@example.com.');
    expect(wrong['longest']).toContain('like 4 hours or 30 days, at most 366 days');
    expect(wrong['remind']).toContain('from 1 to 366');
  });

  test('more approvals than approvers are refused', async () => {
    await chat.integration('Asana', manifest);
    const one = await ada.isTold(await settings(), { approvals: '2' });
    expect(one['approvals']).toContain('one manager');
    const people = { approvers: 'people', people: [ADA], approvals: '2' };
    const two = await ada.isTold(await settings(), people);
    expect(two['approvals']).toContain('There is only 1 approver: choose at most 1.');
    const saved = await ada.gets(await settings(), { ...people, approvals: '1' });
    expect(textOf(saved)).toContain('; Ada Okafor approves;');
  });

  test('approvers are picked in the list of people, and those who are not in chat are typed', async () => {
    const id = await chat.integration('Asana', manifest);
    const bo = await chat.person({ email: 'bo@example.com', firstName: 'Bo' });
    const approvers = { approvers: 'people', people: [ADA], peopleEmails: bo.email };
    const saved = await ada.gets(await settings(), approvers);
    expect(textOf(saved)).toContain('; Ada Okafor or Bo approves;');
    expect((await ada.opens(await settings())).fields).toMatchObject({
      people: { kind: 'people', initial: [ADA] },
      peopleEmails: { initial: bo.email },
    });
    const stranger = await ada.isTold(await settings(), { people: ['U0STRANGER'] });
    expect(stranger['people']).toContain("doesn't know who that is");
    expect(settingsOf(await chat.services.stores.integrations.find(id)).policy?.approvers).toEqual(
      expect.objectContaining({ kind: 'people' }),
    );
  });

  test('of what imports people there are none', async () => {
    const integrationId = await chat.integration('HR', sync);
    const card = await ada.sees(integrationCardRef(integrationId));
    expect(textOf(card)).not.toContain('[Settings…]');
    await expect(ada.opens(changePolicy.with({ integrationId }))).rejects.toThrow(
      'It grants no access, so no one requests it.',
    );
  });
});

describe('someone who is no admin', () => {
  /** What is said to a press, and to the answer of the form that it opens. */
  async function everyAnswerTo(button: Button): Promise<readonly string[]> {
    const reply = await ada.press(button);
    if (reply.kind !== 'open') return [said(reply)];
    const form = await reply.form;
    const sent = await ada.answers(button, { name: 'Asana', typed: 'x', manifest: '{}' });
    return ['refused' in form ? textOf(form.refused) : form.title, said(sent)];
  }
  const said = (reply: PressReply | SubmitReply): string =>
    'card' in reply && 'blocks' in reply.card ? textOf(reply.card) : reply.kind;

  test('is refused every command, button and form, and the audit log remembers', async () => {
    const id = await chat.integration('Asana', manifest);
    await chat.integration('HR', sync);
    const cards = [
      await ada.types('integrations'),
      await ada.types('integration', 'add'),
      await ada.types('integration', 'add', 'asana'),
      await ada.types('integration', 'add', 'New', file('{')),
      await ada.sees(integrationCardRef(id)),
      await ada.presses(buttonOf(await ada.sees(integrationCardRef(id)), 'Versions')),
    ];
    await chat.services.transact(async (tx) => {
      const now = await tx.people.find(person.id);
      if (now) await tx.people.save({ ...now, role: 'other' });
    });
    const buttons = cards.flatMap(buttonsOf);
    expect(buttons.length).toBeGreaterThan(15);
    for (const button of buttons) {
      const before = (await refusals()).length;
      const answers = await everyAnswerTo(button);
      const refused = answers.filter((answer) => answer.startsWith("You can't "));
      expect([button.label, refused]).toEqual([button.label, answers]);
      const logged = (await refusals()).length - before;
      expect([button.label, logged]).toEqual([button.label, answers.length]);
    }
    expect(textOf(await ada.types('integrations'))).toContain("You can't see integrations");
    expect(textOf(await ada.sees(integrationCardRef(id)))).toContain("You can't see this");
    expect(await chat.services.stores.integrations.list()).toHaveLength(2);
  });
});
