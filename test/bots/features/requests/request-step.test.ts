/** The step "Request access" of a workflow: what the person is shown, and what the workflow learns. */
import { beforeEach, expect, test } from 'vitest';
import { requestStepWith } from '../../../../src/bots/features/requests/request-step.ts';
import type { StepAnswer, StepInputs } from '../../../../src/bots/view/bot-deps.ts';
import type { Card } from '../../../../src/bots/view/card.ts';
import { inLocale } from '../../../../src/core/translate.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { defaultPolicy, type Policy } from '../../../../src/engine/settings/settings.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonsOf, Clicker } from '../../../support/clicks.ts';
import { firstOf, ofKind } from '../../../support/given/outcomes.ts';

let chat: TestChat;
let ann: Person;
let figma: string;
let ticks: number;
let step: ReturnType<typeof requestStepWith>;
beforeEach(async () => {
  chat = await testChat();
  ann = await chat.person({ email: 'ann@example.com', firstName: 'Ann', department: 'Sales' });
  figma = await chat.integration('Figma', { execute: [{ url: 'https://api.example.com/u' }] });
  ticks = 0;
  step = requestStepWith(() => ticks);
});

const answerTo = async (inputs: Partial<StepInputs> = {}): Promise<StepAnswer> =>
  step({ app: 'Figma', reason: undefined, ...inputs }, await chat.turn(ann.email));
async function run(inputs?: Partial<StepInputs>) {
  const { say, ...answer } = await answerTo(inputs);
  return { ...answer, said: say() };
}
async function card(inputs?: Partial<StepInputs>): Promise<Card> {
  const answer = await run(inputs);
  if (!('card' in answer)) throw new Error(answer.said);
  return answer.card;
}
async function policy(change: Partial<Policy>): Promise<void> {
  await chat.services.transact(async (tx) => {
    const app = await tx.integrations.find(figma);
    if (app)
      await tx.integrations.save({ ...app, settings: { policy: { ...defaultPolicy, ...change } } });
  });
}
const noted = () =>
  chat.services.stores.auditLog.list({ offset: 0, limit: 20 }, { what: 'request.workflow-card' });
const requests = () => chat.services.stores.requests.listAfter(undefined, 10, {});

test('shows a card that says who wrote it, and requests nothing', async () => {
  expect(textOf(await card({ reason: ' For the project ' }))).toBe(`A request for Figma is prepared
By a workflow in Slack. Nothing is requested yet: open the form, check what it says, and send it.
Reason: For the project
If you didn't expect it, don't send it.
[Open the form…]`);
  expect(await requests()).toEqual([]);
});

test('the audit log says that a workflow did it, and not the person, once chat has taken the card', async () => {
  const answer = ofKind('show', await answerTo({ reason: 'For the project' }));
  expect(await noted()).toEqual([]);
  await answer.shown();
  expect(await noted()).toMatchObject([
    {
      actor: { kind: 'system' },
      personId: ann.id,
      integrationId: figma,
    },
  ]);
  expect(JSON.stringify(await noted())).not.toContain('project');
});

test('its button opens the form, filled in, and their press requests it for themselves', async () => {
  await chat.person({ email: 'ada@example.com', role: 'admin' }); // Who approves it.
  const open = firstOf(buttonsOf(await card({ reason: 'For the project' })));
  const clicker = new Clicker(chat, ann.email);
  expect((await clicker.opens(open)).fields).toMatchObject({
    reason: { initial: 'For the project' },
  });
  await clicker.sends(open, { reason: 'For the project' });
  expect(await requests()).toMatchObject([{ personId: ann.id, requestedById: ann.id }]);
});

test('finds the app by its name, in whatever case', async () => {
  expect((await card({ app: '  FIGMA ' })).title).toBe('A request for Figma is prepared');
});

test('of an app that isn’t there the workflow learns the same as of one that they can’t request', async () => {
  const unknown = await run({ app: 'Nothing' });
  expect(unknown).toEqual({
    kind: 'refused',
    said: "This person can't request an app of that name. Nothing was requested. Check the name in the workflow, or ask a Latchkey admin.",
  });
  expect(await run({ app: '' })).toEqual(unknown);
  expect(await run({ app: 'F'.repeat(10_000) })).toEqual(unknown);
  await policy({ requesters: { kind: 'departments', departments: ['Design'] } });
  expect(await run()).toEqual(unknown);
  await policy({ requesters: { kind: 'departments', departments: ['Sales'] } });
  expect(await run()).toMatchObject({ kind: 'show' });
});

test('the workflow doesn’t learn whether they have it or have requested it', async () => {
  await chat.person({ email: 'ada@example.com', role: 'admin' });
  const { said: before } = await run();
  const open = firstOf(buttonsOf(await card()));
  await new Clicker(chat, ann.email).sends(open, { reason: 'Mine' });
  expect(await run()).toMatchObject({ kind: 'show', said: before });
});

test('a reason that no card carries is refused', async () => {
  expect(await run({ reason: 'a'.repeat(8000) })).toEqual({
    kind: 'refused',
    said: 'The reason is too long. Nothing was requested. Shorten it in the workflow.',
  });
});

test('the card is in the person’s language, and what the workflow reads in that of its readers', async () => {
  const answer = ofKind('show', await inLocale('de', () => answerTo()));
  expect([answer.card.title, inLocale('en', answer.say)]).toEqual([
    'Eine Anfrage für Figma ist vorbereitet',
    'They got a card that opens the form, filled in. Nothing is requested until they send it.',
  ]);
});

test('a workflow that goes round in a circle doesn’t fill their chat', async () => {
  for (let n = 0; n < 10; n += 1) await card();
  expect(await run()).toEqual({
    kind: 'refused',
    said: 'Workflows have shown this person many requests just now. Nothing was requested. Run this one again in ten minutes.',
  });
  ticks += 600_000;
  expect(await run()).toMatchObject({ kind: 'show' });
});
