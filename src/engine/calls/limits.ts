/** Limits of time and size for requests to apps. */
import { MINUTE_MS } from '../../core/hours.ts';

/** One request of a run, redirects included. */
export const REQUEST_TIMEOUT_MS = 120_000;
/** The largest response that is parsed. */
export const RESPONSE_BYTES = 10 * 1024 * 1024;
/** How long the options of a form field are cached. An entry that would last longer was stored while the clock was ahead. */
export const OPTIONS_CACHE_MS = 5 * MINUTE_MS;
/** The pause when an app or this process is busy and names no time. */
export const BUSY_PAUSE_MS = 1000;
