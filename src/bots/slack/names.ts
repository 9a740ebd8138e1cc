/** Names that the app manifest registers and the adapter listens to, so both must use the same spelling. */
export const COMMAND = '/latchkey';
/** Slack has no shortcut for a person, only global ones and ones for a message. A message stands for its author. */
export const ACCESS_SHORTCUT = 'access';
export const AUTHOR_SHORTCUT = 'access-of-author';
/** One address for commands, clicks, options and events. */
export const EVENTS_PATH = '/slack/events';
