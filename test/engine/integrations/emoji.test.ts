import { expect, test } from 'vitest';
import { readEmoji } from '../../../src/engine/integrations/emoji.ts';

test.each(['🧭', '👩‍💻', '🇸🇪', '👍🏽', '1️⃣', ' 🧭 '])('%j is one emoji', (text) => {
  expect(readEmoji(text)).toEqual({ ok: true, emoji: text.trim() });
});

test('a character that can be a picture becomes one', () => {
  expect(readEmoji('✂')).toEqual({ ok: true, emoji: '✂️' });
});

test.each(['', 'A', '1', '🧭🧭', '🧭x', '<!channel>'])('%j is not one emoji', (text) => {
  expect(readEmoji(text)).toMatchObject({
    ok: false,
    why: expect.stringContaining("isn't one emoji") as string,
  });
});

test("Slack's names of emojis are refused with what to do instead", () => {
  expect(readEmoji(':compass:')).toMatchObject({
    ok: false,
    why: expect.stringContaining("Teams can't show") as string,
  });
});
