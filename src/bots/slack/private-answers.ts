/**
 * Answers that only the person who acted can see, through the `response_url` of the interaction. They need neither a
 * scope nor a membership, so they work where the bot can't post. But Slack takes only a few, for half an hour, and they
 * can't be edited.
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

  /** @throws {PlatformError} `gone` when Slack takes no more */
  say({ blocks, text }: SlackMessage): Promise<void> {
    return this.#respond({ blocks, text, response_type: 'ephemeral', replace_original: false });
  }

  /** Replaces the clicked message. @throws {PlatformError} as `say` */
  replace({ blocks, text }: SlackMessage): Promise<void> {
    return this.#respond({ blocks, text, replace_original: true });
  }

  /** Replaces a direct message that Slack refused. @throws {PlatformError} as `say` */
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

/** reference/methods/chat.postMessage: errors about the conversation. Errors about the message would occur here too. */
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

/** Whether Slack refuses every message from us in that conversation. */
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
