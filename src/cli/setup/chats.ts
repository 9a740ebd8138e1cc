/** The answers to "which chat do people use?". In a file of its own, since every start of the command line reads it. */
export const CHATS = ['slack', 'teams', 'none'] as const;
export type Chat = (typeof CHATS)[number];
