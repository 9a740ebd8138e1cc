/** Reads a typed command from Slack's escaped form. Mentions become users; everything else becomes plain text again. */
import { type CommandText, type Word, words } from '../view/command.ts';

const MENTION = /<@([UW][A-Z0-9]+)(?:\|([^<>]*))?>/g;
/** Links, emails, channels and broadcasts, which Slack made of plain text. */
const OTHER = /<([^<>|]*)(?:\|([^<>]*))?>/g;

/** @param self the bot's own user; a mention of it only addresses the bot and is not part of the command */
export function readCommand(escaped: string, self?: string): CommandText {
  const found: Word[] = [];
  let end = 0;
  for (const match of escaped.matchAll(MENTION)) {
    const [whole, userId = '', name] = match;
    found.push(...words(literal(escaped.slice(end, match.index))));
    end = match.index + whole.length;
    if (userId !== self)
      found.push({ kind: 'mention', userId, name: name ? unescapeText(name) : userId });
  }
  return [...found, ...words(literal(escaped.slice(end)))];
}

const literal = (escaped: string): string =>
  unescapeText(
    escaped.replaceAll(OTHER, (_, target: string, label: string | undefined) =>
      target.startsWith('#')
        ? `#${label ?? target.slice(1)}`
        : target.startsWith('!')
          ? (label ?? `@${target.slice(1)}`)
          : (label ?? target),
    ),
  );

const unescapeText = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
