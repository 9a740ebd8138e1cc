import { beforeEach, expect, test } from 'vitest';
import { answerApprover } from '../../../../src/bots/features/requests/decide-otherwise.ts';
import {
  approveRequest,
  withdrawOwnRequest,
} from '../../../../src/bots/features/requests/decide-request.ts';
import { askForAccess } from '../../../../src/bots/features/requests/request-access.ts';
import { requestCard } from '../../../../src/bots/features/requests/request-card.ts';
import type { Button } from '../../../../src/bots/view/card.ts';
import { liveReader, type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, buttonsOf, Clicker } from '../../../support/clicks.ts';
import { firstOf } from '../../../support/given/outcomes.ts';
import { bossAndAnn } from '../../../support/team.ts';

const LATE = 'Your press came too late and changed nothing.';

let chat: TestChat;
let boss: Clicker;
let ann: Clicker;
let requestId: string;

beforeEach(async () => {
  chat = await testChat();
  const team = await bossAndAnn(chat);
  boss = new Clicker(chat, team.boss.email);
  ann = new Clicker(chat, team.ann.email);
  const integrationId = await chat.integration('Fernboard', {
    execute: [{ url: 'https://api.example.com/u' }],
  });
  await ann.sends(askForAccess.with({ integrationId }), { reason: 'A project' });
  const { requests } = await chat.services.stores.requests.list({}, { offset: 0, limit: 1 });
  requestId = firstOf(requests).id;
});

/** A button of the request's card as it is now, to be pressed later. */
async function shownTo(email: string, label: string): Promise<Button> {
  const { payload } = requestCard.with({ requestId });
  return buttonOf(await requestCard.render(payload, await liveReader(chat, email)), label);
}

test('an approver whose press came after the withdrawal reads that it was withdrawn', async () => {
  const approve = await shownTo('boss@example.com', 'Approve');
  await ann.press(withdrawOwnRequest.with({ requestId }));
  const told = await boss.presses(approve);
  expect(textOf(told)).toMatch(/^This request is closed\nIt was withdrawn on 25 Nov 2026, 09:00\./);
  expect(textOf(told)).toContain(LATE);
});

test('so does one whose form was open, and who was about to open one', async () => {
  const deny = await shownTo('boss@example.com', 'Deny…');
  const form = await boss.opens(deny);
  await ann.press(withdrawOwnRequest.with({ requestId }));
  const reply = await boss.answersTo(form, deny, { reason: 'No' });
  expect(JSON.stringify(reply)).toContain('It was withdrawn on');
  await expect(boss.opens(deny)).rejects.toThrow(/It was withdrawn on/);
});

test('a requester whose withdrawal came after the approval reads of that, and can give it back', async () => {
  const withdraw = await shownTo('ann@example.com', 'Withdraw');
  await boss.press(await shownTo('boss@example.com', 'Approve'));
  const told = await ann.presses(withdraw);
  expect(textOf(told)).toContain('✓ Approved by');
  expect(textOf(told)).toContain(LATE);
  expect(buttonsOf(told).map(({ label }) => label)).toEqual(['Give back…']);
});

test('who may not see the request reads nothing of how it ended', async () => {
  const { rules } = JSON.parse((await shownTo('boss@example.com', 'Approve')).does.payload) as {
    readonly rules: string;
  };
  await ann.press(withdrawOwnRequest.with({ requestId }));
  await chat.person({ email: 'eve@example.com', firstName: 'Eve' });
  const eve = new Clicker(chat, 'eve@example.com');
  const told = textOf(await eve.presses(approveRequest.with({ requestId, rules })));
  expect(told).toContain('It was already answered, withdrawn or ended.');
  expect(told).not.toContain('25 Nov');
});

test('an answer to a question that there never was says that the request is gone', async () => {
  await expect(ann.opens(answerApprover.with({ questionId: 'made-up' }))).rejects.toThrow(
    /This request no longer exists/,
  );
});
