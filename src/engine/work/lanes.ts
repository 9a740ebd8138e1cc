/**
 * Jobs have slots per lane, so a saturated lane never makes another wait: a card never waits for a run, and no run for
 * an import. `interactive`: somebody looks at a screen. `chat`: messages out. `imports`: pages of people. `background`:
 * everything else.
 */
export const lanes = ['interactive', 'chat', 'imports', 'background'] as const;

export type Lane = (typeof lanes)[number];
