/** What blocks say, in order, as someone reads it. */
import type { DoubleBlock, DoubleElement, DoubleText } from './block-kit.ts';

export function readable(blocks: readonly DoubleBlock[]): string {
  return blocks.map(readBlock).join('\n');
}

const readText = ({ type, text }: DoubleText): string =>
  type === 'mrkdwn' ? readMrkdwn(text) : text;

function readElement(element: DoubleElement): string {
  if (element.type === 'button') return `[${element.text.text}]`;
  if (element.type === 'overflow')
    return element.options.map(({ text }) => `[${text.text}]`).join(' ');
  const ticked = (element.initial_options ?? []).map(({ value }) => value);
  return element.options
    .map(({ text, value, description }) =>
      [`${ticked.includes(value) ? '☑' : '☐'} ${text.text}`, description?.text]
        .filter(Boolean)
        .join(' · '),
    )
    .join('\n');
}

/**
 * What Slack shows of mrkdwn (docs.slack.dev/messaging/formatting-message-text). The bot may only make the beginning of a
 * line bold.
 * @throws where anything else would be formatted
 */
export function readMrkdwn(mrkdwn: string): string {
  const lines = mrkdwn.split('\n').map((line) => line.replace(/^\*(\S|\S.*?\S)\*(?=\s|$)/, '$1'));
  const text = lines.join('\n');
  if (/[*_~`<>]|:[^\s:]+:|^[ \t]*&gt;/m.test(text))
    throw new Error(`Slack would format this:\n${mrkdwn}`);
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

function readBlock(block: DoubleBlock): string {
  switch (block.type) {
    case 'header':
      return block.text.text;
    case 'divider':
      return '';
    case 'section':
      return [
        ...(block.text ? [readText(block.text)] : []),
        // A field has its label above its value.
        ...(block.fields ?? []).map((field) => readText(field).replace('\n', ': ')),
        ...(block.accessory ? [readElement(block.accessory)] : []),
      ].join('\n');
    case 'context':
      return block.elements.map(({ text }) => text).join('');
    case 'actions':
      return block.elements.map(readElement).join(' ');
    case 'rich_text':
      return block.elements
        .flatMap(({ elements }) => elements)
        .map((element) =>
          element.type === 'text'
            ? element.text
            : element.type === 'link'
              ? (element.text ?? element.url)
              : `@${element.user_id}`,
        )
        .join('');
    case 'input':
      return [block.label.text, block.hint?.text].filter(Boolean).join('\n');
    default:
      return '';
  }
}
