/** Names that the app manifest registers and the adapter listens to, so both must use the same spelling. */
export const COMMAND = '/latchkey';
/** Slack has no shortcut for a person, only global ones and ones for a message. A message stands for its author. */
export const ACCESS_SHORTCUT = 'access';
export const AUTHOR_SHORTCUT = 'access-of-author';
/** The step of a workflow. Workflows that use it break when its name changes. */
export const REQUEST_STEP = 'request_access';
/** One address for commands, clicks, options and events. */
export const EVENTS_PATH = '/slack/events';
