import { expect, test } from 'vitest';
import { hereOf, readActivity } from '../../../src/bots/teams/activity.ts';
import { placeOf } from '../../../src/bots/teams/address.ts';
import { present } from '../../support/given/outcomes.ts';
import { inChannel, message, personal, type TestActivity } from './activities.ts';

const URL = 'https://smba.example.com/emea';

function here(activity: TestActivity) {
  const read = present(readActivity(activity));
  const { address, name } = hereOf(read);
  return { conversation: placeOf(address).conversation, name };
}

test('a channel is met as itself, not as the thread in which someone wrote', () => {
  expect(here(message(inChannel(URL), 'notices'))).toEqual({
    conversation: '19:253b1f341670408fb6fe51050b6e5ceb@thread.tacv2',
    name: undefined,
  });
});

test('a group that has a name is called by it; a direct conversation by nothing', () => {
  const group = inChannel(URL);
  const conversation = { ...group.conversation, conversationType: 'groupChat', name: 'IT crowd' };
  expect(here(message({ ...group, conversation }, 'notices')).name).toBe('IT crowd');
  const own = personal(URL);
  const named = { ...own, conversation: { ...own.conversation, name: 'Ann Lee' } };
  expect(here(message(named, 'notices')).name).toBeUndefined();
});
