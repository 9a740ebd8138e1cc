/** What Slack shows below links to our pages, in the composer and in a conversation. */
import type { App, types } from '@slack/bolt';
import { z } from 'zod';
import { inLocale } from '../../core/translate.ts';
import type { Bot } from '../view/bot.ts';
import type { Block, Card } from '../view/card.ts';
import type { SessionUser } from '../view/form-sessions.ts';
import type { SlackBotDeps } from './interaction.ts';
import { drawBlocks } from './render-card.ts';
import { sectionText } from './text.ts';
import { api, slackSaid, waitingOnce } from './web-api.ts';

/** Someone wrote links to our domain. `unfurl_id` and `source` name the message also before it is sent. */
const shared = z.looseObject({
  user: z.string(),
  channel: z.string(),
  message_ts: z.string(),
  unfurl_id: z.string().optional(),
  source: z.enum(['composer', 'conversations_history']).optional(),
  links: z.array(z.looseObject({ url: z.string() })),
});

/** More in one message are no help to those who read it. */
const MAX_LINKS = 5;

/** Nobody waits for a preview, and each delivery makes the same one: nothing is stored before it is acknowledged. */
export function listenForLinks<Turn extends SessionUser>(
  app: App,
  bot: Bot<Turn>,
  { client, self, warn }: SlackBotDeps,
): void {
  let isScopeMissing = false;
  app.event('link_shared', async ({ event }) => {
    const { data: found } = shared.safeParse(event);
    if (!found) return;
    const { teamId: tenant } = await self();
    const user = { platform: 'slack', tenant, userId: found.user } as const;
    const urls = [...new Set(found.links.map(({ url }) => url))].slice(0, MAX_LINKS);
    const unfurls: types.LinkUnfurls = {};
    for (const url of urls) {
      const preview = await bot.preview({ user }, url);
      if (preview)
        unfurls[url] = { blocks: inLocale(preview.locale, () => drawPreview(preview.card)) };
    }
    if (Object.keys(unfurls).length === 0) return;
    const { channel, message_ts: ts, unfurl_id, source } = found;
    const at = unfurl_id && source ? { unfurl_id, source } : { channel, ts };
    try {
      await waitingOnce(() => api(client.chat.unfurl({ ...at, unfurls })));
      isScopeMissing = false;
    } catch (error) {
      if (slackSaid(error, 'missing_scope')) {
        if (!isScopeMissing) warn(WITHOUT_SCOPE);
        isScopeMissing = true;
      } else if (!slackSaid(error, ...OVER)) throw error;
    }
  });
}

/** An optional scope, so it is said once and is no error. The doctor says the same. */
const WITHOUT_SCOPE =
  'Links to pages of Latchkey have no preview, since the Slack app lacks the scope links:write. "latchkey doctor" says how to add it';

/** reference/methods/chat.unfurl: the message was deleted, or has the link no more, or the workspace wants no previews of it. */
const OVER = [
  'cannot_find_message',
  'cannot_find_channel',
  'cannot_unfurl_message',
  'cannot_unfurl_url',
];

/** Without rich text, which Slack refuses there (github.com/slackapi/java-slack-sdk issue 948). */
const drawPreview = ({ title, blocks }: Card): types.KnownBlock[] => [
  ...section({ kind: 'text', text: [{ kind: 'strong', text: title }] }),
  ...blocks.flatMap((block) => (block.kind === 'text' ? section(block) : drawBlocks([block]))),
];

function section({ text }: Extract<Block, { kind: 'text' }>): types.KnownBlock[] {
  const words = sectionText([text]);
  return words ? [{ type: 'section', text: words }] : [];
}
