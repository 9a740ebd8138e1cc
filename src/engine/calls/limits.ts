/** How long and how large an exchange with a third party may be. */

/** One request of a run: 120 s in all. */
export const REQUEST_TIMEOUT_MS = 120_000;
/** A response that is parsed: up to 10 MiB. */
export const RESPONSE_BYTES = 10 * 1024 * 1024;
/** How long a form field's options are taken from the cache. One that would be kept for longer was put there by a clock that was ahead. */
export const OPTIONS_CACHE_MS = 5 * 60 * 1000;
/** When to ask again where the other side, or this process, is too busy and doesn't say when. */
export const BUSY_PAUSE_MS = 1000;
