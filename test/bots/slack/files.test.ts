import { afterEach, describe, expect, test } from 'vitest';
import type { DoubleFile } from '../../support/slack-double/files.ts';
import type { SlackDoubleOptions } from '../../support/slack-double/slack-double.ts';
import type { SlackUser } from '../../support/slack-double/slack-user.ts';
import { type Running, runBot } from './support.ts';

const WITHOUT_FILES = ['commands', 'chat:write', 'im:history', 'im:write', 'users:read'];

let running: Running;
let ann: SlackUser;

async function start(options: SlackDoubleOptions = {}): Promise<void> {
  running = await runBot(options);
  ann = running.double.addUser('ann');
}
afterEach(() => running.stop());

async function importForm() {
  await ann.command('access bob', ann.direct);
  await ann.press(await running.double.message('Access of bob'), 'Import');
  return running.double.nextModal(({ updates }) => updates > 0);
}
/** Sends the form with this file. @returns what stands beside the field then. */
async function send(file: DoubleFile): Promise<string | undefined> {
  const form = await importForm();
  ann.fill(form, { List: file });
  await ann.submit(form);
  return form.errors['field:list'];
}
const done = () => running.scene.done;

describe('a file in a form', () => {
  test('is read when the form is sent, without its byte order mark', async () => {
    await start();
    expect(await send(ann.upload('people.csv', '\uFEFFname\nÅsa'))).toBeUndefined();
    await running.double.message('Imported');
    expect(done()).toEqual(['imported {"list":"name\\nÅsa","note":"As every month"}']);
  });

  test('that is larger than is taken is refused beside its field, and not fetched', async () => {
    await start();
    expect(await send(ann.upload('people.csv', 'x'.repeat(1001)))).toBe(
      '"people.csv" is larger than 1000 bytes, the limit here. Send a smaller file.',
    );
    expect(running.double.web.files.asked).toEqual([]);
    expect(done()).toEqual([]);
  });

  test.each([
    ['UTF-16', Buffer.from('\uFEFFname', 'utf16le'), 'is UTF-16 text. Save it as UTF-8'],
    ['Latin 1', Buffer.from('Åsa', 'latin1'), 'is not UTF-8 text. Save it as UTF-8'],
    ['no text', Buffer.from([0x50, 0x4b, 0, 1]), 'is not a text file.'],
    ['empty', Buffer.from(' \n'), 'is empty. Choose another file.'],
  ])('that is %s is refused beside its field, with the cure', async (_, bytes, says) => {
    await start();
    expect(await send(ann.upload('people.csv', bytes))).toContain(says);
    expect(done()).toEqual([]);
  });

  test('that is gone by then is refused beside its field, and another can be sent', async () => {
    await start();
    const form = await importForm();
    const file = ann.upload('people.csv', 'name');
    file.deleted = true;
    ann.fill(form, { List: file });
    await ann.submit(form);
    expect(form.errors['field:list']).toContain('"people.csv" no longer exists.');
    ann.fill(form, { List: ann.upload('other.csv', 'name') });
    await ann.submit(form);
    await running.double.message('Imported');
    expect(done()).toHaveLength(1);
  });

  test('whose ending Slack let pass is refused all the same', async () => {
    await start();
    const form = await importForm();
    ann.fill(form, { List: ann.upload('people.csv', 'name') });
    const list = form.values['field:list']?.['answer'];
    (list?.['files'] as { name: string }[] | undefined)?.forEach((file) => {
      file.name = 'people.exe';
    });
    await ann.submit(form);
    expect(form.errors['field:list']).toBe('"people.exe" is not a .csv file. Choose one that is.');
  });

  test('that does not come in time is refused while Slack still waits', async () => {
    await start();
    running.double.web.files.next = 'silence';
    expect(await send(ann.upload('people.csv', 'name'))).toBe(
      'Slack didn\'t share "people.csv" in time. Please send it again.',
    );
  });

  test('that is said to lie elsewhere is not fetched there: our token stays with Slack', async () => {
    await start();
    const other = await runBot();
    const form = await importForm();
    ann.fill(form, { List: ann.upload('people.csv', 'name') });
    const list = form.values['field:list']?.['answer'];
    (list?.['files'] as { url_private_download: string }[] | undefined)?.forEach((file) => {
      file.url_private_download = `${other.double.web.origin}/files-pri/T0-F1/people.csv`;
    });
    await ann.submit(form);
    expect(form.errors['field:list']).toContain('no longer exists');
    expect(other.double.web.files.asked).toEqual([]);
    await other.stop();
  });
});

test('a form that asks for a file says what is missing where the app may read none', async () => {
  await start({ scopes: WITHOUT_FILES });
  await ann.command('access bob', ann.direct);
  await ann.press(await running.double.message('Access of bob'), 'Import');
  await running.double.modal('reinstall it with the permission files:read');
  await running.slack.stop();
  expect(running.scene.errors).toMatchObject([{ code: 'refused' }]);
});

describe('files that come with a message', () => {
  test('are words after what was typed', async () => {
    await start();
    const files = [ann.upload('a.json', '{}'), ann.upload('b.csv', 'name')];
    await ann.writeWith('read this', files);
    const card = await running.double.message('b.csv says name');
    expect(JSON.stringify(card.blocks)).toMatch(/word this.*a\.json says \{\}.*b\.csv says name/);
  });

  test('from another workspace are asked for', async () => {
    await start();
    await ann.writeWith('read', [ann.upload('a.json', '{"a":1}')], { fromElsewhere: true });
    expect(await running.double.message('says {"a":1}')).toMatchObject({ channel: ann.direct });
  });

  test('alone are answered with what to do', async () => {
    await start();
    await ann.writeWith('', [ann.upload('a.json', '{}')]);
    expect(await running.double.message('What should I do with this file?')).toMatchObject({
      channel: ann.direct,
    });
  });

  test.each(['way to the sign-in page', 'page'] as const)(
    'are not read without the permission: the %s that Slack gives then is no file',
    async (what) => {
      await start({ scopes: WITHOUT_FILES });
      if (what === 'page') running.double.web.files.next = 'page';
      await ann.writeWith('read', [ann.upload('a.json', '{}')]);
      await running.double.message(
        'Slack didn\'t share "a.json": the Latchkey app has no permission to read files.',
      );
      expect(running.double.web.files.asked).toHaveLength(1); // The redirect was not followed.
    },
  );
});

describe('who joins the workspace', () => {
  test('is reported once, with what Slack knows of them', async () => {
    await start();
    const bea = running.double.addUser('bea');
    const guest = running.double.addUser('gus', { restricted: true });
    await bea.join();
    await bea.join();
    await guest.join();
    await ann.command('access bob', ann.direct);
    await running.double.message('Access of bob');
    expect(running.scene.joined).toEqual([
      'bea <bea@example.com> member slack:joined:U0BEA U0BEA',
      'gus <gus@example.com> guest slack:joined:U0GUS U0GUS',
    ]);
    expect(running.double.workspace.messages).toHaveLength(1); // Nobody was written to.
  });
});
