/** Channels of Slack. It stands apart from `messages.ts`, which loads Slack's SDK. */
import type { Address } from '../../core/message.ts';

/** Takes a channel's name or id, since Slack takes either. Undefined for a text that can be neither. */
export const channelNamed = (name: string): Address | undefined =>
  /^(#[^\s#:,]+|[CG][A-Z0-9]{6,})$/.test(name) ? { platform: 'slack', key: name } : undefined;

/** The channel that a message is in, by its id. */
export const channelOf = ({ key }: Address): Address => ({
  platform: 'slack',
  key: key.slice(0, key.indexOf(':')),
});
