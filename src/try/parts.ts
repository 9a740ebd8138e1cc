/** What a manifest can be tried for. */
export type Part = 'execute' | 'exists' | 'revoke' | 'sync';

export const PARTS: readonly Part[] = ['execute', 'exists', 'revoke', 'sync'];
