/**
 * In the place of a value that is damaged, or whose key is lost. Each reader decides what holds then, and a save leaves what is stored as
 * it is.
 */
export type Unread = 'unread';
