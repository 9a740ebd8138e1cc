/** How Latchkey speaks: what it doesn't say, and how long its texts may be. */

/** Each has a plainer word, or needs a second reading. */
export const NOT_SAID = [
  /\b(whoever|somebody|nobody|everybody)\b/i,
  /\b(anew|meanwhile)\b/i,
  /\bby itself\b/i,
  /\bthird part(y|ies)\b/i,
  /\bother side\b/i,
  /\bfor as long as\b/i,
  /\bstand(s|ing)? in\b/i,
  /\b(look|run) again\b/i,
  /\basked? for\b/i,
  /\bdeciders?\b/i,
  /\b(take|takes|taken) away\b/i,
  /\b(is|are) told\b/i,
];
export const MAX_BUTTON = 24;
export const MAX_TITLE = 60;
export const MAX_PARAGRAPH = 200;

/** A template, an id, an ISO date, an address of this machine, a request, an error's code, a variable of the environment. */
export const PLUMBING =
  /\{\{|[\da-f]{8}-[\da-f]{4}-|\b20\d\d-\d\d-\d\d|127\.0\.0\.1|\b(?:GET|POST|PUT|DELETE) http|\bE[A-Z]{6,}\b|\b[A-Z]{3,}_[A-Z_]{3,}\b/;
