/**
 * Each lane has its own slots for jobs, so a full lane never blocks another one: a card never waits for a run, and a run never
 * waits for an import. `interactive`: someone waits at a screen. `chat`: outgoing messages. `imports`: pages of people.
 * `events`: events to other systems, with a slot for each endpoint, since one may hang. `background`: everything else.
 */
export const lanes = ['interactive', 'chat', 'imports', 'events', 'background'] as const;

export type Lane = (typeof lanes)[number];
