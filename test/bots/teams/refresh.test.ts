/** A card that someone opens again: Teams asks, and gets what that person may see now. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { renderCard, renderInOne } from '../../../src/bots/teams/render-card.ts';
import { note } from '../../../src/bots/view/card.ts';
import { ANN, BOB, execute, personal, type TestActivity } from './activities.ts';
import { type Connector, startConnector } from './connector/connector-double.ts';
import { runText, textsOf, validate } from './official-parser.ts';
import { type SmallBot, type SmallBotOptions, startSmallBot } from './small-bot.ts';

let connector: Connector;
let bot: SmallBot;

beforeEach(async () => {
  connector = await startConnector();
});
afterEach(async () => {
  await bot.stop();
  await connector.stop();
});

const start = async (options: SmallBotOptions) => {
  bot = await startSmallBot({ local: true }, { dialogs: true, ...options });
};

async function deliver(activity: TestActivity): Promise<unknown> {
  const response = await fetch(bot.endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(activity),
  });
  expect(response.status).toBe(200);
  return response.json();
}

const live = { ...note('Task', 'Order a laptop'), isLive: true };

test('a card that follows something asks to be refreshed, and no other does', async () => {
  await start({});
  const [card] = renderCard(live, { dialogs: true });
  expect(card.refresh).toMatchObject({ action: { type: 'Action.Execute', verb: 'refresh' } });
  expect(validate(card)).toEqual([]);
  expect(renderCard(note('Task', 'x'), { dialogs: true })[0].refresh).toBeUndefined();
  expect(renderInOne(live, { dialogs: true }).refresh).toBeDefined();
});

test('a client without dialogs is not asked to refresh', async () => {
  await start({});
  expect(renderCard(live, { dialogs: false })[0].refresh).toBeUndefined();
});

test('the answer is the card as it is now for the person who opened it', async () => {
  await start({
    current: async (_at, personId) => ({
      ...note(personId === ANN.aadObjectId ? 'For Ann' : 'You may not see this', 'Now'),
      isLive: true,
    }),
  });
  const answer = await deliver(execute(personal(connector.url), 'm1'));
  expect(answer).toMatchObject({
    statusCode: 200,
    type: 'application/vnd.microsoft.card.adaptive',
    value: { type: 'AdaptiveCard', refresh: { action: { verb: 'refresh' } } },
  });
  expect(runText(answer)).toContain('For Ann');
  const bobs = await deliver(execute(personal(connector.url, BOB), 'm1'));
  expect(runText(bobs)).toContain('You may not see this');
  expect(connector.requests).toEqual([]); // No message is sent or edited.
});

test('a message that follows nothing keeps its card', async () => {
  await start({});
  const answer = await deliver(execute(personal(connector.url), 'm1'));
  expect(answer).toMatchObject({ statusCode: 400, type: 'application/vnd.microsoft.error' });
  expect(textsOf(answer, ['message'])).toEqual(["This card can't be refreshed. Open a new one."]);
});

test('another verb is refused without a look at any message', async () => {
  let looked = false;
  await start({
    current: async () => {
      looked = true;
      return live;
    },
  });
  const answer = await deliver(execute(personal(connector.url), 'm1', 'grant'));
  expect(answer).toMatchObject({ statusCode: 400 });
  expect(looked).toBe(false);
});

test('an answer that would come too late is an error in time', async () => {
  await start({ invokeMs: 1, current: () => new Promise(() => undefined) });
  expect(await deliver(execute(personal(connector.url), 'm1'))).toMatchObject({ statusCode: 400 });
});
