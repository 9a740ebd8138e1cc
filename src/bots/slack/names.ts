/** What the Slack app is registered with and the adapter listens to: names that both sides must spell alike. */
export const COMMAND = '/latchkey';
/** Slack has shortcuts for everywhere and for a message, none for a person: a message stands for who wrote it. */
export const ACCESS_SHORTCUT = 'access';
export const AUTHOR_SHORTCUT = 'access-of-author';
/** One address for commands, clicks, options and events. */
export const EVENTS_PATH = '/slack/events';
