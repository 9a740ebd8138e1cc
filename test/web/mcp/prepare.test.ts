/** What a program prepares: a card in the chat of its token's owner, and nothing else. */
import type { Client } from '@modelcontextprotocol/client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keepPrepared } from '../../../src/bots/features/requests/prepared-draft.ts';
import { askForAccess } from '../../../src/bots/features/requests/request-access.ts';
import { renderCard } from '../../../src/bots/slack/render-card.ts';
import { renderCard as teamsCard } from '../../../src/bots/teams/render-card.ts';
import type { Button, Card } from '../../../src/bots/view/card.ts';
import { PlatformError } from '../../../src/bots/view/platform.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import { defaultPolicy, type Policy } from '../../../src/engine/settings/settings.ts';
import { createPersonalData } from '../../../src/store/people/erase-personal-data.ts';
import { type TestApi, testApi } from '../../support/browser/api.ts';
import { mcpClient } from '../../support/browser/mcp.ts';
import { textOf } from '../../support/chat.ts';
import { buttonsOf, Clicker, introOf, valueAt } from '../../support/clicks.ts';
import { firstOf, present } from '../../support/given/outcomes.ts';

const items = (...names: readonly string[]) => names.map((name) => ({ id: name, name }));

let api: TestApi;
let ann: Person;
let mia: Person;
let figma: string;
let client: Client;
beforeEach(async () => {
  api = await testApi();
  const { chat } = api;
  // Approves what a manager requests.
  await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  mia = await chat.person({ email: 'mia@example.com', firstName: 'Mia', lastName: 'Ortiz' });
  const managerEmail = mia.email;
  ann = await chat.person({ email: 'ann@example.com', firstName: 'Ann', managerEmail });
  figma = await chat.integration('Figma', {
    form: [
      { id: 'TEAM', name: 'Team', type: 'choice', required: true, items: items('Blue', 'Red') },
      {
        id: 'FILES',
        name: 'Files',
        type: 'multiple_choice',
        required: false,
        items: items('One', 'Two', 'Three'),
      },
      { id: 'NOTE', name: 'Note', description: 'Anything', type: 'input', required: false },
    ],
    extra_user_info: [{ id: 'BADGE', name: 'Badge number' }],
    execute: [{ url: 'https://api.example.com/u' }],
  });
  for (const email of [ann.email, mia.email]) await chat.turn(email); // They have written to Latchkey.
  client = await mcpClient(api, await api.token(ann, ['request']));
});
afterEach(async () => {
  await client.close();
  await api.close();
});

type Problem = {
  readonly type: string;
  readonly detail: string;
  readonly errors?: readonly { readonly pointer: string }[];
};
const prepare = (given: object = {}, by = client) =>
  by.callTool({ name: 'prepare_request', arguments: { integrationId: figma, ...given } });
async function refusal(given: object, by = client): Promise<Problem> {
  const { isError, content } = await prepare(given, by);
  const [first] = content;
  if (!isError || first?.type !== 'text') throw new Error('It was prepared');
  return JSON.parse(first.text) as Problem;
}
const cards = (): readonly Card[] => api.platform.sent.map(({ card }) => card);
const clicker = (person: Person) => new Clicker(api.chat, person.email);
function button(): Button {
  return firstOf(cards().flatMap(buttonsOf));
}
async function policy(change: Partial<Policy>): Promise<void> {
  await api.chat.services.transact(async (tx) => {
    const app = await tx.integrations.find(figma);
    if (app)
      await tx.integrations.save({ ...app, settings: { policy: { ...defaultPolicy, ...change } } });
  });
}
const requests = async () => api.chat.services.stores.requests.listAfter(undefined, 10, {});

const FILLED = {
  reason: 'For the new project',
  hours: 48,
  answers: { TEAM: 'Red', FILES: ['One', 'Three'], NOTE: 'soon' },
};

test('a card waits in the owner’s chat, and nothing is requested', async () => {
  const { structuredContent } = await prepare(FILLED);
  expect(structuredContent).toMatchObject({ waitsIn: 'chat' });
  expect(api.platform.sent.map(({ to }) => to.key)).toEqual(['direct-ann@example.com']);
  expect(textOf(cards()[0] as Card)).toBe(`A request for Figma is prepared
By the token token 1. Nothing is requested yet: open the form, check what it says, and send it.
How long: 2 days
Reason: For the new project
Team: Red
Files: One, Three
Note: soon
A program prepared this. If you didn't expect it, don't send it, and revoke the token.
[Open the form…]`);
  expect(await requests()).toEqual([]);
});

test('the audit log says that the token did it, and nothing where no card came', async () => {
  const prepared = async () => {
    const { auditLog } = api.chat.services.stores;
    return auditLog.list({ offset: 0, limit: 5 }, { what: 'request.prepared' });
  };
  api.platform.failNext = new PlatformError('unreachable', 'It is down');
  await prepare(FILLED);
  expect(await prepared()).toEqual([]);
  await prepare(FILLED);
  expect(await prepared()).toMatchObject([
    {
      actor: { personId: ann.id, tokenId: expect.any(String) as string },
      personId: ann.id,
      integrationId: figma,
    },
  ]);
});

test('its button opens the form, filled in, and what they send is what is requested', async () => {
  await prepare(FILLED);
  const form = await clicker(ann).opens(button());
  expect(form.fields).toMatchObject({
    'form.TEAM': { initial: 'Red' },
    'form.FILES': { initial: ['One', 'Three'] },
    'form.NOTE': { initial: 'soon' },
    reason: { initial: 'For the new project' },
    days: { initial: '48h' },
  });
  expect(valueAt(form.fields['fact.BADGE'], 'initial')).toBeUndefined();
  await clicker(ann).sends(button(), { 'fact.BADGE': '7', reason: 'I changed it' });
  const [request] = await requests();
  expect(request).toMatchObject({ personId: ann.id, requestedById: ann.id, hours: 48 });
  const { stores } = api.chat.services;
  expect(await stores.requests.content(request?.id ?? '')).toMatchObject({
    reason: 'I changed it',
    form: { TEAM: 'Red', FILES: ['One', 'Three'], NOTE: 'soon' },
  });
});

test('what is left out, they fill in', async () => {
  await prepare();
  const form = await clicker(ann).opens(button());
  expect(valueAt(form.fields['reason'], 'initial')).toBeUndefined();
  expect(valueAt(form.fields['form.TEAM'], 'initial')).toBeUndefined();
});

test('an option that is gone by then is not chosen', async () => {
  const answers = { TEAM: 'Green', FILES: ['One', 'Four', 'Three'] };
  const { stores, transact } = api.chat.services;
  const integration = present(await stores.integrations.find(figma));
  const about = { by: { kind: 'workflow' }, owner: ann, person: ann, integration } as const;
  const what = { hours: undefined, reason: undefined, form: answers, answers: [] };
  const draftId = await transact((tx) => keepPrepared(tx, { ...about, ...what }));
  const form = await clicker(ann).opens(askForAccess.with({ integrationId: figma, draftId }));
  expect(valueAt(form.fields['form.TEAM'], 'initial')).toBeUndefined();
  expect(form.fields['form.FILES']).toMatchObject({ initial: ['One', 'Three'] });
});

test('it is stored sealed, and the button carries no word of it', async () => {
  await prepare({ reason: 'Very particular words', answers: { NOTE: 'Other particular words' } });
  const { db } = api.chat.database;
  for (const table of ['messages', 'jobs', 'audit_log', 'form_sessions', 'drafts'])
    expect(JSON.stringify(await db(table))).not.toContain('particular words');
  expect(button().does.payload).not.toContain('particular');
  expect(await db('drafts')).toHaveLength(1);
});

test('it opens the form for a day and for nobody else; then the form is empty and says so', async () => {
  const theirs = await mcpClient(api, await api.token(mia, ['request']));
  await prepare({ ...FILLED, personId: ann.id }, theirs);
  await theirs.close();
  const { payload } = button().does;
  const { draftId } = JSON.parse(payload) as { readonly draftId: string };
  const opened = async (by: Person, personId?: string) =>
    clicker(by).opens(askForAccess.with({ integrationId: figma, personId, draftId }));
  expect((await opened(mia, ann.id)).fields['reason']).toMatchObject({ initial: FILLED.reason });
  expect(valueAt((await opened(ann)).fields['reason'], 'initial')).toBeUndefined();
  api.chat.clock += 24 * 60 * 60_000;
  const late = await opened(mia, ann.id);
  expect(valueAt(late.fields['reason'], 'initial')).toBeUndefined();
  expect(introOf(late)).toContain('What was prepared for you is kept for a day only.');
});

test('what is prepared about someone else is erased with them', async () => {
  const theirs = await mcpClient(api, await api.token(mia, ['request']));
  await prepare({ ...FILLED, personId: ann.id }, theirs);
  await theirs.close();
  const { db, vault } = api.chat.database;
  const entry = { id: ann.id, at: new Date(), actor: { kind: 'system' } as const };
  await createPersonalData(db, vault).erase(ann, { ...entry, what: 'person.erased' });
  expect(await db('drafts')).toEqual([]);
});

test('a card of before, whose button carried it all, opens the form empty and says so', async () => {
  const carried = { prepared: { reason: FILLED.reason, answers: {} } };
  const opened = await clicker(mia).opens(askForAccess.with({ integrationId: figma, ...carried }));
  expect(valueAt(opened.fields['reason'], 'initial')).toBeUndefined();
  expect(introOf(opened)).toContain('What was prepared for you is kept for a day only.');
});

test('nothing is kept where no card came', async () => {
  api.platform.failNext = new PlatformError('unreachable', 'It is down');
  await prepare(FILLED);
  expect(await api.chat.database.db('drafts')).toEqual([]);
});

test('markup of a model stays text, on either platform', async () => {
  const reason = '<!channel> <@U1> *bold* [x](https://evil.example) <at>Mia</at>';
  await prepare({ reason, answers: { NOTE: '<https://evil.example|Latchkey>' } });
  const card = cards()[0] as Card;
  const slack = JSON.stringify(renderCard(card), (key, value: unknown) =>
    isLiteral(value) || key === 'value' ? undefined : value,
  );
  expect(slack).not.toMatch(/<!channel>|<@U1>|<https:/);
  const teams = JSON.stringify(teamsCard(card, { dialogs: true }), (key, value: unknown) =>
    isLiteral(value) || key === 'data' ? undefined : value,
  );
  expect(teams).not.toMatch(/\[x\]\(https:|<at>/);
});

/** Text that Slack or Teams shows as it is. */
const isLiteral = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  'type' in value &&
  (value.type === 'plain_text' || value.type === 'text' || value.type === 'TextRun');

describe('for someone else', () => {
  test('a manager prepares it for a report, and the card says for whom', async () => {
    const theirs = await mcpClient(api, await api.token(mia, ['request']));
    await prepare({ personId: ann.id }, theirs);
    await theirs.close();
    expect(api.platform.sent.map(({ to }) => to.key)).toEqual(['direct-mia@example.com']);
    expect(textOf(cards()[0] as Card)).toContain('ann@example.com');
    await expect(clicker(mia).opens(button())).resolves.toBeDefined();
  });

  test('nobody else does, and learns nothing of them', async () => {
    expect(await refusal({ personId: mia.id })).toMatchObject({
      type: 'urn:latchkey:problem:not-found',
    });
    expect(cards()).toEqual([]);
  });
});

describe('it is refused', () => {
  test.each([
    ['no such app', { integrationId: 'x' }, 'not-found'],
    ['no such person', { personId: 'x' }, 'not-found'],
    ['facts about the person', { facts: { BADGE: '7' } }, 'invalid'],
    ['an answer that the form has not', { answers: { PASSWORD: 'x' } }, 'invalid'],
    ['an option that there is not', { answers: { TEAM: 'Green' } }, 'invalid'],
    ['one value for several', { answers: { FILES: 'One' } }, 'invalid'],
    ['a reason that is too long', { reason: 'x'.repeat(2001) }, 'invalid'],
    ['an answer longer than a field', { answers: { NOTE: 'x'.repeat(3001) } }, 'invalid'],
    ['half an hour', { hours: 0.5 }, 'invalid'],
  ])('%s', async (_what, given, type) => {
    expect((await refusal(given)).type).toBe(`urn:latchkey:problem:${type}`);
    expect(cards()).toEqual([]);
  });

  test('where reason and answers are more than a card carries, and what it carries fits into Teams', async () => {
    const fields = ['ONE', 'TWO', 'THREE'].map((id) => ({ id, name: id, type: 'input' as const }));
    const integrationId = await api.chat.integration('Long forms', {
      form: fields.map((field) => ({ ...field, required: false })),
      execute: [{ url: 'https://api.example.com/u' }],
    });
    // Each is three bytes.
    const answers = (length: number) =>
      Object.fromEntries(fields.map(({ id }) => [id, '界'.repeat(length)]));
    expect(await refusal({ integrationId, answers: answers(2800) })).toMatchObject({
      type: 'urn:latchkey:problem:invalid',
      errors: [{ pointer: '/reason' }],
    });
    expect(cards()).toEqual([]);
    expect(await api.chat.database.db('drafts')).toEqual([]);
    await prepare({ integrationId, answers: answers(2600) });
    const [card] = cards();
    const bytes = Buffer.byteLength(JSON.stringify(teamsCard(card as Card, { dialogs: true })));
    expect(bytes).toBeLessThan(28 * 1024);
  });

  test('where the app isn’t given for so long', async () => {
    await policy({ longestHours: 24 });
    expect(await refusal({ hours: 25 })).toMatchObject({
      detail: 'Figma is granted for 1 day at most.',
    });
  });

  test('where nobody may request it', async () => {
    await policy({ requesters: { kind: 'nobody' } });
    expect((await refusal({})).type).toBe('urn:latchkey:problem:not-found');
  });

  test('where it is requested already', async () => {
    await policy({});
    await prepare(FILLED);
    await clicker(ann).sends(button(), { 'fact.BADGE': '7' });
    expect((await refusal({})).detail).toContain('requested already');
  });

  test('where chat doesn’t know the owner, or can’t be reached', async () => {
    const bea = await api.chat.person({ email: 'bea@example.com' });
    const hers = await mcpClient(api, await api.token(bea, ['request']));
    expect((await refusal({}, hers)).detail).toContain('no conversation');
    await hers.close();
    api.platform.failNext = new PlatformError('unreachable', 'It is down');
    expect((await refusal({})).detail).toContain('could not be reached');
    expect(api.errors).toEqual([]);
  });

  test('after ten in an hour, whatever token it comes with', async () => {
    for (let n = 0; n < 10; n++) expect((await prepare()).isError).toBeUndefined();
    const other = await mcpClient(api, await api.token(ann, ['request']));
    expect((await refusal({}, other)).type).toBe('urn:latchkey:problem:too-many');
    await other.close();
    expect(cards()).toHaveLength(10);
    api.ticks += 6 * 60_000;
    expect((await prepare()).isError).toBeUndefined();
  });
});

test('the form is described with its fields and options, and without what only they fill in', async () => {
  const { structuredContent } = await client.callTool({
    name: 'describe_request_form',
    arguments: { integrationId: figma },
  });
  expect(structuredContent).toEqual({
    integrationId: figma,
    name: 'Figma',
    personId: ann.id,
    kind: 'grant',
    answers: {
      type: 'object',
      properties: {
        TEAM: {
          title: 'Team',
          type: 'string',
          oneOf: [
            { const: 'Blue', title: 'Blue' },
            { const: 'Red', title: 'Red' },
          ],
        },
        FILES: {
          title: 'Files',
          type: 'array',
          items: {
            type: 'string',
            oneOf: [
              { const: 'One', title: 'One' },
              { const: 'Two', title: 'Two' },
              { const: 'Three', title: 'Three' },
            ],
          },
        },
        NOTE: { title: 'Note', description: 'Anything', type: 'string' },
      },
      required: ['TEAM'],
      additionalProperties: false,
    },
    facts: ['Badge number'],
  });
});
