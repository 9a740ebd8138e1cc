/** The message with a link: what stands beside it, and what it says once the link opens nothing more. */
import { beforeEach, expect, test } from 'vitest';
import { cards } from '../../../src/bots/features/features.ts';
import { pageResult } from '../../../src/bots/features/integrations/page-result.ts';
import { linkQuestion } from '../../../src/bots/features/messages/confirm-link.ts';
import { readerOf } from '../../../src/bots/live/context.ts';
import { sendLink } from '../../../src/bots/live/send-link.ts';
import type { LiveCardRef } from '../../../src/core/message.ts';
import type { Link } from '../../../src/engine/links/link.ts';
import { showResult } from '../../../src/engine/links/page-result.ts';
import { type TestChat, testChat, textOf } from '../../support/chat.ts';
import { ofKind, present } from '../../support/given/outcomes.ts';

let chat: TestChat;
beforeEach(async () => {
  chat = await testChat();
  await chat.person({ email: 'ada@example.com', firstName: 'Ada', role: 'admin' });
  await chat.person({ email: 'ann@example.com', firstName: 'Ann' });
});

async function linkFor(email: string): Promise<string> {
  const turn = await chat.turn(email);
  const said = await sendLink(
    { purpose: 'export', subject: turn.actor.id },
    { title: 'Your file', paragraphs: [] },
    { ...turn, links: { ...turn.links, isPublic: false } },
  );
  return textOf(present(ofKind('show', said).card.drawn));
}

test('an admin reads which variable to set, and everyone else whom to ask', async () => {
  expect(await linkFor('ada@example.com')).toContain('Set PUBLIC_URL where Latchkey is started');
  const text = await linkFor('ann@example.com');
  expect(text).toContain('no public address yet. Ask a Latchkey admin.');
  expect(text).not.toContain('PUBLIC_URL');
});

/** Sent to Ann, and in what state it then is. */
async function sent(
  change: Partial<Pick<Link, 'expiresAt'>> & { readonly state?: 'used' | 'refused' },
) {
  const turn = await chat.turn('ann@example.com');
  const wanted = { purpose: 'export', subject: turn.actor.id } as const;
  const { card } = ofKind(
    'show',
    await sendLink(wanted, { title: 'Your file', paragraphs: [] }, turn),
  );
  const { linkId } = JSON.parse(card.payload) as { readonly linkId: string };
  await turn.transact(async (tx) => {
    const link = present(await tx.links.find(linkId));
    await tx.links.save({ ...link, ...change });
  });
  return cards.find(card.view).render(card.payload, readerOf(turn));
}

test('it stays as it was posted while the link can be opened', async () => {
  expect(await sent({})).toMatchObject({ isAsPosted: true });
});

test('it and the question about it change by themselves when the link expires', async () => {
  const turn = await chat.turn('ann@example.com');
  const wanted = { purpose: 'export', subject: turn.actor.id } as const;
  const { card } = ofKind('show', await sendLink(wanted, { title: '', paragraphs: [] }, turn));
  const { linkId } = JSON.parse(card.payload) as { readonly linkId: string };
  const { expiresAt } = present(await turn.stores.links.find(linkId));
  expect(card.drawn?.changesAt).toEqual(expiresAt);
  await turn.transact(async (tx) => {
    const link = present(await tx.links.find(linkId));
    const opened = { state: 'opened', browser: 'b', openedAt: tx.now, code: '4711' } as const;
    await tx.links.save({ ...link, ...opened, openings: 1 });
  });
  const { view, payload } = linkQuestion.with({ linkId, opening: 1 });
  const question = await cards.find(view).render(payload, readerOf(turn));
  expect(question.changesAt).toEqual(expiresAt);
});

test('it says that the link was opened, and has no link any more', async () => {
  const card = await sent({ state: 'used' });
  expect(card).toMatchObject({ title: 'Opened in your browser', isFinal: true });
  expect(JSON.stringify(card)).not.toContain('"kind":"link"');
});

test('it says that the link was blocked or has expired', async () => {
  expect(await sent({ state: 'refused' })).toMatchObject({ title: 'This link was blocked' });
  expect(await sent({ expiresAt: new Date(chat.clock) })).toMatchObject({
    title: 'This link has expired',
  });
});

test('what was done on its page takes the place of the question, and is said once', async () => {
  const turn = await chat.turn('ann@example.com');
  const wanted = { purpose: 'secrets', subject: 'fernboard' } as const;
  const { card } = ofKind('show', await sendLink(wanted, { title: '', paragraphs: [] }, turn));
  const { linkId } = JSON.parse(card.payload) as { readonly linkId: string };
  const post = (id: string, { view, payload, topic }: LiveCardRef) =>
    turn.transact((tx) =>
      tx.messages.put({
        id,
        card: { view, payload, topic },
        readerId: turn.actor.id,
        address: { platform: 'slack', key: id },
        shown: '',
        postedAt: tx.now,
      }),
    );
  await post('link', card);
  await post('question', linkQuestion.with({ linkId, opening: 1 }));
  const done = pageResult.with({ done: 'secrets', integrationId: 'fernboard' });
  await turn.transact((tx) => showResult(tx, linkId, done));
  const viewOf = async (id: string) => (await chat.services.stores.messages.find(id))?.card.view;
  expect([await viewOf('link'), await viewOf('question')]).toEqual([card.view, done.view]);
});
