/** The parts of a manifest that can be tried. */
export type Part = 'execute' | 'exists' | 'revoke' | 'sync';

export const PARTS: readonly Part[] = ['execute', 'exists', 'revoke', 'sync'];
