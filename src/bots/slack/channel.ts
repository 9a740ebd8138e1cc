import type { Address } from '../../core/message.ts';

/**
 * Takes a channel's name or id, since Slack takes either. Undefined for a text that can be neither. It stands apart from
 * `messages.ts`, which loads Slack's SDK.
 */
export const channelNamed = (name: string): Address | undefined =>
  /^(#[^\s#:,]+|[CG][A-Z0-9]{6,})$/.test(name) ? { platform: 'slack', key: name } : undefined;
