/** Our step of a workflow, behind real Bolt. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SlackUser } from '../../support/slack-double/slack-user.ts';
import { type Running, runBot } from './support.ts';

let running: Running;
let ann: SlackUser;

beforeEach(async () => {
  running = await runBot({});
  ann = running.double.addUser('ann');
});
afterEach(() => running.stop());

const shown = () =>
  running.double.workspace.messages.filter(({ channel }) => channel === ann.direct);

test('shows the person a card in their own chat, and says so to the workflow', async () => {
  const run = await running.double.runStep({ app: 'Figma', person: ann.id, reason: 'A project' });
  expect(await running.double.ended(run)).toMatchObject({
    state: 'completed',
    outputs: { message: 'Shown' },
  });
  await running.double.message('Figma: A project', { channel: ann.direct });
  expect(running.double.workspace.messages).toHaveLength(1);
  expect(running.scene.done).toEqual(['shown Figma']);
});

test('completes with the token of that run alone', async () => {
  const run = await running.double.runStep({ app: 'Figma', person: ann.id });
  await running.double.ended(run);
  expect(running.double.web.calls.at(-1)).toMatchObject({
    method: 'functions.completeSuccess',
    args: { function_execution_id: run.id },
    error: undefined,
  });
});

test('delivered twice, it shows one card', async () => {
  const run = await running.double.runStep({ app: 'Figma', person: ann.id });
  await running.double.ended(run);
  await run.delivery.again({ 'X-Slack-Retry-Num': '1' });
  await running.slack.stop();
  expect(shown()).toHaveLength(1);
  expect(running.scene.errors).toEqual([]);
});

test('what the step refuses fails it with the sentence', async () => {
  const run = await running.double.runStep({ app: 'Nothing', person: ann.id });
  expect(await running.double.ended(run)).toMatchObject({ state: 'failed', error: 'Refused' });
  expect(shown()).toEqual([]);
});

test.each([
  ['a guest', { restricted: true }],
  ['someone of another organization', { teamId: 'T0OTHER', stranger: true }],
  ['a bot', { bot: true }],
])('%s is shown nothing', async (_, more) => {
  const cleo = running.double.addUser('cleo', more);
  const run = await running.double.runStep({ app: 'Figma', person: cleo.id });
  const { state, error } = await running.double.ended(run);
  expect([state, error]).toEqual([
    'failed',
    "Latchkey doesn't know this person, or they can't use it. Ask a Latchkey admin.",
  ]);
  expect(running.double.workspace.messages).toEqual([]);
});

test('someone whom Slack doesn’t know is shown nothing', async () => {
  const run = await running.double.runStep({ app: 'Figma', person: 'U0NOBODY' });
  expect(await running.double.ended(run)).toMatchObject({ state: 'failed' });
});

test.each([
  ['no person', { app: 'Figma' }],
  ['no app', { person: 'U0ANN', app: null }],
  ['an empty person', { person: '', app: 'Figma' }],
])('%s fails it at once', async (_, inputs) => {
  const run = await running.double.runStep(inputs);
  expect(await running.double.ended(run)).toMatchObject({
    state: 'failed',
    error: 'The step needs an app and a person. Nothing was requested.',
  });
});

test('where the chat takes no message the step fails, and the log says why', async () => {
  running.double.workspace.messagesTabEnabled = false;
  const run = await running.double.runStep({ app: 'Figma', person: ann.id });
  expect(await running.double.ended(run)).toMatchObject({
    state: 'failed',
    error:
      "Latchkey couldn't do this now, and nothing was requested. Run the workflow again in a minute.",
  });
  expect(running.scene.errors).toHaveLength(1);
  expect(running.scene.done).toEqual([]);
});

test('a workflow that someone ended meanwhile is no failure', async () => {
  running.double.web.failNext('functions.completeSuccess', 'execution_not_in_running_state');
  await running.double.runStep({ app: 'Figma', person: ann.id });
  await running.slack.stop();
  expect(running.scene.errors).toEqual([]);
});

test('what the workflow reads is in the language of the workspace, not of the person', async () => {
  await running.stop();
  running = await runBot({ workspaceLocale: 'de' });
  const cleo = running.double.addUser('cleo', { restricted: true });
  const refused = await running.double.ended(
    await running.double.runStep({ app: 'Figma', person: cleo.id }),
  );
  const incomplete = await running.double.ended(await running.double.runStep({ app: 'Figma' }));
  expect([refused.error, incomplete.error]).toEqual([
    'Latchkey kennt diese Person nicht, oder sie kann es nicht benutzen. Fragen Sie einen Latchkey-Admin.',
    'Der Schritt braucht eine App und eine Person. Es wurde nichts angefragt.',
  ]);
});
