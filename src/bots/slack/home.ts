/** A card as somebody's Home tab: one view, which is all that Slack shows there. */
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

/** What doesn't fit is left out at the end, which says so and where all of it is. Pure. */
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

/** A view has a number of blocks and a size. All of them, or fewer by at least those that say that there are more. */
function howManyFit(blocks: readonly types.KnownBlock[]): number {
  const sizes = blocks.map((block) => weigh(block) + 1); // A comma between.
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
