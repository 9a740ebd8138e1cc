import { describe, expect, test } from 'vitest';
import { readCommand, readMentioned } from '../../../src/bots/slack/interaction.ts';
import { words } from '../../../src/bots/view/command.ts';

describe('typed text', () => {
  test('is split into words', () => {
    expect(readCommand(' access   Ann\tLovelace ')).toEqual(['access', 'Ann', 'Lovelace']);
  });
  test('has mentions, with and without a name', () => {
    expect(readCommand('access <@U0ANN|ann lovelace> <@W1>')).toEqual([
      'access',
      { kind: 'mention', userId: 'U0ANN', name: 'ann lovelace' },
      { kind: 'mention', userId: 'W1', name: 'W1' },
    ]);
  });
  test('has links and addresses as they were typed', () => {
    expect(
      readCommand('<mailto:ann@x.io|ann@x.io>, <https://x.io/a|x.io/a> <https://y.io>'),
    ).toEqual(['ann@x.io,', 'x.io/a', 'https://y.io']);
  });
  test('has channels and broadcasts as names, without meaning', () => {
    expect(readCommand('<#C1|general> <#C2> <!here> <!subteam^S1|@team>')).toEqual([
      '#general',
      '#C2',
      '@here',
      '@team',
    ]);
  });
  test('that was escaped is unescaped once, so that nobody types a mention in disguise', () => {
    expect(readCommand('a &amp;lt; b &lt;@U0ANN&gt;')).toEqual(['a', '&lt;', 'b', '<@U0ANN>']);
  });
  test('leaves out a mention of the bot itself', () => {
    expect(readCommand('<@U0BOT> access', 'U0BOT')).toEqual(['access']);
  });
});

describe('a message that mentions the bot', () => {
  test.each([
    ['Hello all, ask <@U0BOT> access bob', 'access bob'],
    ['Can I get Figma, <@U0BOT>?', 'Can I get Figma,'],
    ['I need Figma until Friday <@U0BOT>', 'I need Figma until Friday'],
    ['<@U0BOT> ?', '?'],
    ['<@U0BOT>', ''],
  ])('%s: %s', (text, read) => {
    expect(readMentioned(text, 'U0BOT')).toEqual(words(read));
  });
});
