import { webApi } from '@slack/bolt';
import { expect, test } from 'vitest';
import { EditBudget } from '../../../src/bots/slack/edit-budget.ts';
import { inboundOf } from '../../../src/bots/slack/interaction.ts';

const parts = {
  client: new webApi.WebClient(),
  budget: new EditBudget(
    1,
    () => 1,
    () => 0,
  ),
  self: async () => ({ teamId: 'T1', userId: 'UBOT' }),
  onError: () => undefined,
  warn: () => undefined,
  submitTimeoutMs: 1,
};
const here = async (place: 'direct' | 'shared', channel?: { id: string; name?: string }) =>
  (await inboundOf(parts, { userId: 'U1', key: 'key' }, { place, channel })).here;

test('a public channel is met with its name', async () => {
  expect(await here('shared', { id: 'C1', name: 'general' })).toEqual({
    address: { platform: 'slack', key: 'C1' },
    name: '#general',
  });
});

test("what Slack says in place of a private conversation's name is none", async () => {
  for (const name of ['privategroup', 'directmessage', 'mpdm-ann--bo-1'])
    expect(await here('shared', { id: 'G1', name })).toEqual({
      address: { platform: 'slack', key: 'G1' },
    });
});

test('the direct conversation is the address that every other message there has', async () => {
  expect(await here('direct', { id: 'D1', name: 'directmessage' })).toEqual({
    address: { platform: 'slack', key: 'U1' },
  });
  expect(await here('direct')).toBeUndefined();
});
