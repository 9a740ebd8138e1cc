/** The parts of a manifest that can be tried. */
/** `options`: what the form's `data_from` brings. */
export type Part = 'execute' | 'exists' | 'revoke' | 'sync' | 'options';

export const PARTS: readonly Part[] = ['execute', 'exists', 'revoke', 'sync', 'options'];
