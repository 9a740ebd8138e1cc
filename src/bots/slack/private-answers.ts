/**
 * What only whoever asked sees, over the `response_url` of what they did. It needs neither a scope nor a membership, so it
 * works where nothing can be posted; but it takes a few messages only, for half an hour, and what it shows can't be edited.
 */
import { t } from '../../core/translate.ts';
import { type Block, type Card, note } from '../view/card.ts';
import { PlatformError } from '../view/platform.ts';
import { RESPONSE_URL_USES } from './limits.ts';
import { renderCard, type SlackMessage } from './render-card.ts';
import { respond, slackSaid } from './web-api.ts';

export class PrivateAnswers {
  readonly #url: string;
  #left = RESPONSE_URL_USES;

  constructor(url: string) {
    this.#url = url;
  }

  /** Whether a card of so many messages fits, with one more for a note after it. */
  takes(messages: number): boolean {
    return messages < this.#left;
  }

  /** @throws {PlatformError} `gone` where it takes no more */
  say({ blocks, text }: SlackMessage): Promise<void> {
    return this.#respond({ blocks, text, response_type: 'ephemeral', replace_original: false });
  }

  /** In place of the message that was clicked. @throws {PlatformError} as `say` */
  replace({ blocks, text }: SlackMessage): Promise<void> {
    return this.#respond({ blocks, text, replace_original: true });
  }

  /** In place of a direct message that Slack refused. @throws {PlatformError} as `say` */
  async sayInstead(card: Card): Promise<void> {
    const messages = renderCard({ ...card, blocks: [...card.blocks, why()] });
    for (const message of this.takes(messages.length) ? messages : renderCard(tooLong(card)))
      await this.say(message);
  }

  #respond(body: Readonly<Record<string, unknown>>): Promise<void> {
    this.#left -= 1;
    return respond(this.#url, body);
  }
}

/** reference/methods/chat.postMessage: who may not post there, whatever it is. What is wrong in a message is wrong here, too. */
const CLOSED = [
  'messages_tab_disabled',
  'restricted_action',
  'restricted_action_read_only_channel',
  'restricted_action_thread_only_channel',
  'channel_is_limited_access',
  'ekm_access_denied',
  'team_access_not_granted',
  'access_denied',
  'no_permission',
  'missing_scope',
  'invalid_auth',
  'account_inactive',
  'token_revoked',
  'token_expired',
];

/** Whether Slack takes no message of ours for that conversation. */
export const isClosed = (error: unknown): boolean =>
  error instanceof PlatformError && (error.code === 'gone' || slackSaid(error, ...CLOSED));

const why = (): Block => ({
  kind: 'text',
  muted: true,
  text: [
    t`Only you see this, and it doesn't change: I can't write to you directly. Open Latchkey under Apps, then ask again there.`,
  ],
});

const tooLong = ({ title }: Card): Card =>
  note(
    title,
    t`This is too long to be shown here, and I can't write to you directly. Open Latchkey under Apps, then ask again there.`,
  );
