/** The parts of a manifest that can be tried. */

/** `options`: what the form's `data_from` brings. `accounts`: who has an account, by the app's list. */
export type Part = 'execute' | 'exists' | 'revoke' | 'sync' | 'options' | 'accounts';

export const PARTS: readonly Part[] = [
  'execute',
  'exists',
  'revoke',
  'sync',
  'options',
  'accounts',
];
