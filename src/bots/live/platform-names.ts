import type { PlatformName } from '../view/platform.ts';

/** The platforms' own names. */
export const platformNames: Readonly<Record<PlatformName, string>> = {
  slack: 'Slack',
  teams: 'Teams',
};
