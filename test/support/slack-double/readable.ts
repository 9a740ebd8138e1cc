/** What blocks say, in order, as someone reads it. */
import type { DoubleBlock } from './block-kit.ts';

export function readable(blocks: readonly DoubleBlock[]): string {
  return blocks.map(readBlock).join('\n');
}

function readBlock(block: DoubleBlock): string {
  switch (block.type) {
    case 'header':
      return block.text.text;
    case 'divider':
      return '';
    case 'section':
      return [block.text, ...(block.fields ?? [])].flatMap((text) => text?.text ?? []).join('\n');
    case 'context':
      return block.elements.map(({ text }) => text).join('');
    case 'actions':
      return block.elements.map(({ text }) => `[${text.text}]`).join(' ');
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
