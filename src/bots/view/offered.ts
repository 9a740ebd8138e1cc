import { unreachable } from '../../core/unreachable.ts';
import type { ActionCall } from './action-call.ts';
import type { Block, Button, Card } from './card.ts';

/** The card without the buttons that its reader may not press. A checklist they may not tick can still be read. */
export function offered(card: Card, may: (call: ActionCall) => boolean): Card {
  const blocks = card.blocks.flatMap((block): Block[] => {
    switch (block.kind) {
      case 'buttons': {
        const [buttons, more] = [theirs(block.buttons, may), theirs(block.more ?? [], may)];
        return buttons.length + more.length > 0 ? [{ ...block, buttons, more }] : [];
      }
      case 'row':
        return [
          { ...block, buttons: theirs(block.buttons, may), more: theirs(block.more ?? [], may) },
        ];
      case 'checklist': {
        const { does, ...read } = block;
        return [does === undefined || may(does) ? block : read];
      }
      case 'text':
      case 'facts':
      case 'divider':
        return [block];
      default:
        return unreachable(block);
    }
  });
  return { ...card, blocks };
}

const theirs = (buttons: readonly Button[], may: (call: ActionCall) => boolean) =>
  buttons.filter(({ does }) => may(does));
