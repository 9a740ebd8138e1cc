/** Shows a card in a person's Home tab. Slack shows exactly one view there. */
import type { types, webApi } from '@slack/bolt';
import { type Card, code, rich } from '../view/card.ts';
import { HOME_BLOCKS, VIEW_BYTES } from './limits.ts';
import { renderBlocks } from './render-card.ts';
import { richText, weigh } from './text.ts';
import { api } from './web-api.ts';

/** @throws {PlatformError} */
export async function publishHome(
  client: webApi.WebClient,
  userId: string,
  card: Card,
): Promise<void> {
  await api(client.views.publish({ user_id: userId, view: renderHome(card) }));
}

/** Leaves out what doesn't fit at the end. A note there says so, and says where to see everything. Pure. */
export function renderHome(card: Card): types.HomeView {
  const blocks = renderBlocks(card);
  const fitting = blocks.slice(0, howManyFit(blocks));
  return {
    type: 'home',
    blocks: fitting.length === blocks.length ? blocks : [...fitting, ...theRest()],
  };
}

const theRest = () =>
  richText([
    rich`There is more than fits here. To see all of it, open the Messages tab above and write ${code('home')}.`,
  ]);

/** Slack limits a view's blocks and size. When not all blocks fit, the note takes some of that space too. */
function howManyFit(blocks: readonly types.KnownBlock[]): number {
  const sizes = blocks.map((block) => weigh(block) + 1); // Plus one for the comma between two blocks.
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (blocks.length <= HOME_BLOCKS && total <= VIEW_BYTES) return blocks.length;
  let left = VIEW_BYTES - weigh(theRest());
  const tooMany = sizes.findIndex((size) => {
    left -= size;
    return left < 0;
  });
  const most = HOME_BLOCKS - theRest().length;
  return tooMany < 0 ? most : Math.min(tooMany, most);
}
