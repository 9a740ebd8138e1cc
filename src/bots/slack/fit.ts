/** How much fits into one message or view: Slack limits the number of blocks, and their size. */
import type { types } from '@slack/bolt';
import { BLOCK_WEIGHT, MESSAGE_BLOCKS, MESSAGE_WEIGHT, VIEW_BYTES } from './limits.ts';
import { weigh } from './text.ts';

type KnownBlock = types.KnownBlock;

/** Splits `items` into groups of at most `size`, in order. */
export function groupBy<T>(items: readonly T[], size: number): T[][] {
  const groups: T[][] = [];
  let weight = 0;
  for (const item of items) {
    const more = weigh(item);
    const group = groups.at(-1);
    if (group && group.length < size && weight + more <= BLOCK_WEIGHT) {
      group.push(item);
      weight += more;
    } else {
      groups.push([item]);
      weight = more;
    }
  }
  return groups;
}

/** An edit may have to add a block. */
export const KEPT_BLOCKS = 1;

/** Fills each message with as many blocks as Slack takes. */
export function pack(blocks: readonly KnownBlock[]): KnownBlock[][] {
  const messages: KnownBlock[][] = [];
  let weight = 0;
  for (const block of blocks) {
    const more = weigh(block) + 1;
    const message = messages.at(-1);
    if (
      message &&
      message.length < MESSAGE_BLOCKS - KEPT_BLOCKS &&
      weight + more <= MESSAGE_WEIGHT
    ) {
      message.push(block);
      weight += more;
    } else {
      messages.push([block]);
      weight = more;
    }
  }
  return messages;
}

/**
 * The blocks that a view takes: Slack limits their number and their size.
 * @param rest stands in place of those that don't fit
 */
export function fitView(
  blocks: KnownBlock[],
  most: number,
  rest: readonly KnownBlock[],
): KnownBlock[] {
  const sizes = blocks.map((block) => weigh(block) + 1); // Plus one for the comma between two blocks.
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (blocks.length <= most && total <= VIEW_BYTES) return blocks;
  let left = VIEW_BYTES - weigh(rest);
  const tooMany = sizes.findIndex((size) => {
    left -= size;
    return left < 0;
  });
  const fitting = Math.min(most - rest.length, tooMany < 0 ? blocks.length : tooMany);
  return [...blocks.slice(0, fitting), ...rest];
}
