/** Shows a card in a person's Home tab. Slack shows exactly one view there. */
import type { types, webApi } from '@slack/bolt';
import { type Card, code, rich, splitAtEnd } from '../view/card.ts';
import { fitView } from './fit.ts';
import { HOME_BLOCKS } from './limits.ts';
import { drawBlocks, renderBlocks } from './render-card.ts';
import { richText } from './text.ts';
import { api, waitingOnce } from './web-api.ts';

/** @throws {PlatformError} */
export async function publishHome(
  client: webApi.WebClient,
  userId: string,
  card: Card,
): Promise<void> {
  const view = renderHome(card);
  await waitingOnce(() => api(client.views.publish({ user_id: userId, view })));
}

/** Leaves out what doesn't fit above the blocks that stay. A note there says so, and says where to see everything. Pure. */
export function renderHome(card: Card): types.HomeView {
  const [, kept] = splitAtEnd(card);
  const rest = [...theRest(), ...drawBlocks(kept)];
  return { type: 'home', blocks: fitView(renderBlocks(card), HOME_BLOCKS, rest) };
}

const theRest = () =>
  richText([
    rich`There is more than fits here. To see everything, open the Messages tab above and send ${code('home')}.`,
  ]);
