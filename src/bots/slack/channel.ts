import type { Address } from '../../core/message.ts';

/** A channel by its name or id: Slack takes a name in place of an id. Undefined for what can be neither. */
export const channelNamed = (name: string): Address | undefined =>
  /^(#[^\s#:,]+|[CG][A-Z0-9]{6,})$/.test(name) ? { platform: 'slack', key: name } : undefined;
