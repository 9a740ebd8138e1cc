/** When a sequence starts automatically, and its webhooks, in chat. */
import { spawnSync } from 'node:child_process';
import { beforeEach, describe, expect, test } from 'vitest';
import { hookCard } from '../../../../src/bots/features/sequences/hook-card.ts';
import { openStarts } from '../../../../src/bots/features/sequences/sequence-starts.ts';
import type { Card } from '../../../../src/bots/view/card.ts';
import { newId } from '../../../../src/core/ids.ts';
import { revealSecret } from '../../../../src/engine/sequences/hooks/change-hook.ts';
import type { Hook } from '../../../../src/engine/sequences/hooks/hook.ts';
import { HookRefusals } from '../../../../src/engine/sequences/hooks/refusals.ts';
import { checkSignature } from '../../../../src/engine/sequences/hooks/signature.ts';
import { takeCall } from '../../../../src/engine/sequences/hooks/take-call.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, buttonsOf, Clicker } from '../../../support/clicks.ts';
import { firstOf, present } from '../../../support/given/outcomes.ts';
import { signatureHeader } from '../../../support/peers/signature-header.ts';

const ADA = 'ada@example.com';
const BO = 'bo@example.com';
const SEQUENCE = newId();

let chat: TestChat;
let ada: Clicker;
let adaId: string;
beforeEach(async () => {
  chat = await testChat();
  adaId = (await chat.person({ email: ADA, firstName: 'Ada', role: 'admin' })).id;
  await chat.person({ email: BO, firstName: 'Bo', lastName: 'Berg' });
  ada = new Clicker(chat, ADA);
  await chat.services.stores.sequences.insert({
    id: SEQUENCE,
    version: 1,
    name: 'First week',
    anchor: 'assignment',
    isOn: true,
    isForEveryHire: false,
    createdAt: new Date(0),
  });
});

const starts = (): Promise<Card> => ada.presses(openStarts.with({ sequenceId: SEQUENCE }));

async function added(): Promise<{ readonly hook: Hook; readonly card: Card }> {
  const card = await ada.gets(buttonOf(await starts(), 'Add a webhook…'), {
    name: ' HR portal ',
    emailPath: 'data.email',
  });
  const hook = firstOf(await chat.services.stores.hooks.ofSequence(SEQUENCE));
  return { hook, card };
}

const shown = ({ id: hookId }: Hook): Promise<Card> =>
  ada.sees(
    hookCard.with({ hookId, sequenceId: SEQUENCE, url: 'http://x/hooks/1', isPublic: true }),
  );
const current = async ({ id }: Hook): Promise<Hook> =>
  present(await chat.services.stores.hooks.find(id));

test('an admin says when it starts; the card says it in words, and the audit log has it', async () => {
  const manifest = { execute: [{ url: 'https://x.io/a' }] };
  const desk = await chat.integration('Desk', manifest);
  const keys = await chat.integration('Keys', manifest);
  expect(textOf(await starts())).toContain('When: nothing yet');
  const card = await ada.gets(buttonOf(await starts(), 'Change…'), {
    created: 'yes',
    granted: [desk, keys],
    failed: [keys],
  });
  expect(textOf(card)).toContain(
    'When: someone is added to the directory, or returns; someone gets access to Desk or Keys; a run of Keys fails permanently',
  );
  expect(await chat.services.stores.sequenceStarts.startingOn({ kind: 'person-created' })).toEqual([
    SEQUENCE,
  ]);
  const [entry] = await chat.services.stores.auditLog.list({ offset: 0, limit: 1 });
  expect(entry).toMatchObject({ what: 'sequence.starts', detail: { sequenceId: SEQUENCE } });

  const less = await ada.gets(buttonOf(card, 'Change…'), {
    created: 'no',
    granted: [],
    failed: [],
  });
  expect(textOf(less)).toContain('When: nothing yet');
});

test('an import, which grants nothing, starts no sequence by a grant', async () => {
  const desk = await chat.integration('Desk', { execute: [{ url: 'https://x.io/a' }] });
  await chat.integration('Staff list', {
    action: 'create',
    execute: [{ url: 'https://x.io/people', method: 'GET' }],
    data_structure: { email: 'mail' },
  });
  const { fields } = await ada.opens(buttonOf(await starts(), 'Change…'));
  const offered = { options: [{ label: 'Desk', value: desk }] };
  expect(fields).toMatchObject({ granted: offered, failed: offered });
});

test('a form that was open keeps what someone else has changed meanwhile', async () => {
  const desk = await chat.integration('Desk', { execute: [{ url: 'https://x.io/a' }] });
  const edit = buttonOf(await starts(), 'Change…');
  await ada.gets(edit, { granted: [desk] });
  const form = await ada.opens(edit);
  await ada.gets(edit, { granted: [], changes: ['position'], to: 'Lead' });
  const card = await ada.gets(edit, {}); // What they have saved is saved as it is.
  expect(textOf(card)).toContain("When: someone's position changes to Lead");
  await ada.answersTo(form, edit, { created: 'yes', to: undefined });
  expect(textOf(await starts())).toContain(
    "When: someone is added to the directory, or returns; someone's position changes to Lead",
  );
});

test('nobody but admins sees or changes any of it', async () => {
  const { hook } = await added();
  const bo = new Clicker(chat, BO);
  for (const button of [
    openStarts.with({ sequenceId: SEQUENCE }),
    ...buttonsOf(await shown(hook)).flatMap(({ does }) => (does.opensForm ? [] : [does])),
  ])
    expect((await bo.presses(button)).title).toMatch(/^You can't/);
  expect((await current(hook)).isOn).toBe(true);
});

describe('a webhook', () => {
  test('shows its address and how it is called, and never its secret', async () => {
    const { hook, card } = await added();
    const text = textOf(card);
    expect(text).toContain(`Address: http://localhost/hooks/${hook.id}`);
    expect(text).toContain('the email address in the JSON of the call, at data.email');
    expect(text).toContain('not shown yet; you can see it once, in your browser');
    expect(text).toContain('[Show the secret]');
    expect(JSON.stringify(card)).not.toContain(hook.secret);
  });

  test('shows a call for a shell, whose signature is good', async () => {
    const { hook, card } = await added();
    const call = /T=\$\(date.*"\$BODY"/.exec(textOf(card))?.[0] ?? '';
    const BODY = '{"data":{"email":"ann@example.com"}}';
    const shell = spawnSync('sh', ['-c', `curl() { printf '%s\\n' "$@"; }; ${call}`], {
      env: { ...process.env, SECRET: hook.secret, BODY },
      encoding: 'utf8',
    });
    const [url, , header = '', , body = ''] = shell.stdout.split('\n');
    expect(url).toBe(`http://localhost/hooks/${hook.id}`);
    const signed = { header: header.replace('Latchkey-Signature: ', ''), body: Buffer.from(body) };
    expect(checkSignature(signed, [hook.secret], new Date())).toMatchObject({ ok: true });
  });

  test('takes no path that is none', async () => {
    const add = buttonOf(await starts(), 'Add a webhook…');
    expect(await ada.isTold(add, { name: 'HR', emailPath: '{{data.email}}' })).toEqual({
      emailPath:
        'A path is field names joined with dots, such as data.user.email, without braces or spaces.',
    });
  });

  test('shows its secret once, by a link for the admin who pressed', async () => {
    const { hook } = await added();
    const link = await ada.presses(buttonOf(await shown(hook), 'Show the secret'));
    expect(textOf(link)).toContain(
      "Only you can use this link, and it expires in 15 minutes. I'll ask you here which number the page shows.",
    );
    expect(textOf(link)).not.toContain(hook.secret);
    const reveal = () =>
      chat.services.transact((tx) => revealSecret(tx, { subject: hook.id, personId: adaId }));
    expect(await reveal()).toEqual({ title: 'The secret of HR portal', text: hook.secret });
    expect(await reveal()).toBe('shown');
    expect(textOf(await shown(hook))).toContain('already shown; replace it if it is lost');
  });

  test('is shown to nobody who is no admin any more', async () => {
    const { hook } = await added();
    const person = await chat.services.stores.people.find(adaId);
    if (person) await chat.services.transact((tx) => tx.people.save({ ...person, role: 'other' }));
    const revealed = await chat.services.transact((tx) =>
      revealSecret(tx, { subject: hook.id, personId: adaId }),
    );
    expect(revealed).toBe('gone');
  });

  test('gets a new secret, with the one before for a day, which can be ended sooner', async () => {
    const { hook } = await added();
    await ada.sends(buttonOf(await shown(hook), 'Replace the secret…'), {});
    const replaced = await current(hook);
    expect(replaced.secret).not.toBe(hook.secret);
    expect(textOf(await shown(hook))).toContain('The previous one works until');
    await ada.press(buttonOf(await shown(hook), 'End the old secret now'));
    expect(await current(hook)).not.toHaveProperty('before');
  });

  test('is turned off and on, edited and deleted', async () => {
    const { hook } = await added();
    await ada.press(buttonOf(await shown(hook), 'Turn off'));
    expect(textOf(await shown(hook))).toContain(
      'Turned off, so calls are refused. When it is on, each call starts',
    );
    await ada.press(buttonOf(await shown(hook), 'Turn on'));
    await ada.sends(buttonOf(await shown(hook), 'Edit…'), { name: 'Payroll', emailPath: 'who' });
    expect(await current(hook)).toMatchObject({ isOn: true, name: 'Payroll', emailPath: 'who' });
    await ada.sends(buttonOf(await shown(hook), 'Delete…'), {});
    expect(await current(hook)).toMatchObject({ secret: '', deletedAt: expect.any(Date) as Date });
    expect((await shown(hook)).title).toBe('This webhook was deleted');
    expect(textOf(await starts())).toContain('Webhooks: none');
  });

  test('tells what came of its last calls', async () => {
    const { hook } = await added();
    const refusals = new HookRefusals({
      ...chat.services,
      later: () => undefined,
      onError: () => undefined,
    });
    const call = (body: string, secret: string) =>
      takeCall(
        {
          hookId: hook.id,
          signature: signatureHeader(secret, Buffer.from(body), chat.services.now()),
          body: Buffer.from(body),
        },
        { ...chat.services, refusals },
      );
    await call('{"data":{"email":"bo@example.com"}}', hook.secret);
    await call('{"data":{}}', hook.secret);
    await call('{}', 'guessed');
    await refusals.store();
    const text = textOf(await shown(hook));
    expect(text).toContain('Bo Berg · accepted');
    expect(text).toContain('refused. The body has no text at "data.email"');
    expect(text).toContain('1 call without a valid signature, on');
    expect(textOf(await starts())).toContain('Bo Berg · webhook HR portal · … starts in a moment');
  });

  test('is one of ten at most', async () => {
    for (let n = 0; n < 10; n += 1) await added();
    expect(textOf(await starts())).not.toContain('Add a webhook…');
  });
});
