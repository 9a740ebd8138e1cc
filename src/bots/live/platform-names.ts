import type { PlatformName } from '../view/platform.ts';

/** As their people call them. */
export const platformNames: Readonly<Record<PlatformName, string>> = {
  slack: 'Slack',
  teams: 'Teams',
};
