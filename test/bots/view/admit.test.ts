import { expect, test } from 'vitest';
import { z } from 'zod';
import { buttonAction, formAction } from '../../../src/bots/view/action.ts';
import { type Card, note } from '../../../src/bots/view/card.ts';

interface Turn {
  readonly role: 'admin' | 'member';
}
type Found =
  | { readonly name: string; readonly refused?: undefined }
  | { readonly name?: undefined; readonly refused: Card };

const payload = z.object({ id: z.string() });
const admit = async ({ id }: z.infer<typeof payload>, { role }: Turn): Promise<Found> =>
  role === 'admin' ? { name: `rule ${id}` } : { refused: note('Only admins can') };

let done: string[] = [];

const turnOff = buttonAction({
  id: 'turn-off',
  payload,
  admit,
  async handle({ id }, { name, role }) {
    done.push(`${id}, ${name}, ${role}`);
    return { kind: 'nothing' };
  },
});

const rename = formAction({
  id: 'rename',
  payload,
  admit,
  title: () => 'Rename',
  submitLabel: () => 'Rename',
  fields: async (_payload, { name }) => ({
    fields: { to: { kind: 'text', label: `What is ${name} called?` } },
  }),
  async submit({ to }, { id }, { name, role }) {
    done.push(`${id}, ${name}, ${role}: ${to}`);
    return { kind: 'nothing' };
  },
});

const sent = JSON.stringify({ id: '7' });
const refusal = { kind: 'say', to: 'here', card: note('Only admins can') };

test('a button hands on what it found of its payload', async () => {
  done = [];
  expect(await turnOff.press(sent, { role: 'admin' })).toEqual({ kind: 'nothing' });
  expect(done).toEqual(['7, rule 7, admin']);
});

test('a button refuses who may not, and does nothing', async () => {
  done = [];
  expect(await turnOff.press(sent, { role: 'member' })).toEqual(refusal);
  expect(done).toEqual([]);
});

test('a form opens with what it found of its payload', async () => {
  const opened = await rename.press(sent, { role: 'admin' });
  expect(opened.kind === 'open' && (await opened.form)).toMatchObject({
    fields: { to: { label: 'What is rule 7 called?' } },
  });
});

test('a form opens for nobody who may not', async () => {
  const opened = await rename.press(sent, { role: 'member' });
  expect(opened.kind === 'open' && (await opened.form)).toEqual({ refused: refusal.card });
});

test('a form that is sent asks again', async () => {
  done = [];
  expect(await rename.submit(sent, { to: 'x' }, { role: 'member' })).toEqual(refusal);
  expect(done).toEqual([]);
  await rename.submit(sent, { to: 'x' }, { role: 'admin' });
  expect(done).toEqual(['7, rule 7, admin: x']);
});

test('what was found never stands for what the turn has, here the role', async () => {
  done = [];
  const pretend = buttonAction({
    id: 'pretend',
    payload,
    // @ts-expect-error -- a name of the turn
    admit: async (_payload, _turn: Turn) => ({ role: 'admin' as const, name: 'x' }),
    async handle(_payload, { role }) {
      done.push(role);
      return { kind: 'nothing' };
    },
  });
  await pretend.press(sent, { role: 'member' });
  expect(done).toEqual(['member']);
});

test('nor for the fields as they were shown', async () => {
  const changed = formAction({
    id: 'change',
    payload,
    // @ts-expect-error -- the name of those fields
    admit: async (_payload, _turn: Turn) => ({ shown: { forged: true } }),
    title: () => 'Change',
    submitLabel: () => 'Change',
    fields: async () => ({ fields: {} }),
    async submit(_values, _payload, { shown }) {
      done = Object.keys(shown);
      return { kind: 'nothing' };
    },
  });
  const turn = { role: 'member', shown: {} } as const;
  await changed.submit(sent, {}, turn);
  expect(done).toEqual([]);
});

test('a refusal takes the place of the clicked card where the action says so', async () => {
  const turnPage = buttonAction({
    id: 'turn-page',
    payload,
    admit,
    refusesInPlace: true,
    handle: async () => ({ kind: 'nothing' }),
  });
  const { card } = refusal;
  expect(await turnPage.press(sent, { role: 'member' })).toEqual({ kind: 'replace', card });
  expect(await turnPage.press(sent, { role: 'admin' })).toEqual({ kind: 'nothing' });
});

test('a form opens without fields, and its errors are those that are there', async () => {
  const confirm = formAction({
    id: 'confirm',
    payload,
    admit,
    title: () => 'Confirm',
    submitLabel: () => 'Confirm',
    fields: async () => ({ intro: ['Sure?'] }),
    submit: async () => ({ kind: 'invalid', errors: { name: 'Too long.', days: undefined } }),
  });
  const opened = await confirm.press(sent, { role: 'admin' });
  const form = opened.kind === 'open' ? await opened.form : undefined;
  expect(form).toMatchObject({ intro: [['Sure?']], fields: {} });
  const reply = await confirm.submit(sent, {}, { role: 'admin' });
  expect(reply).toStrictEqual({ kind: 'invalid', errors: { name: 'Too long.' } });
});
