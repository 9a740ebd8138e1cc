/**
 * What Microsoft Teams allows, and what we keep to. Renderers split, page or switch control at these numbers and
 * never cut text silently.
 */

/** Adaptive Cards version that Teams renders on desktop and phone (Teams docs, "Cards reference": up to 1.5 for bots). */
export const CARD_VERSION = '1.5';

/** A whole message, as UTF-8 JSON (Teams docs, "Limits and specifications": about 28 KB a message to be safe). */
export const MESSAGE_BYTES = 28 * 1024;
/** What the activity around a card takes: conversation, sender, summary. */
const ENVELOPE_BYTES = 2048;
/** One Adaptive Card, as UTF-8 JSON. */
export const CARD_BYTES = MESSAGE_BYTES - ENVELOPE_BYTES;

/** Actions shown in one set; more go behind "…" (Teams docs, "Adaptive Card actions"). */
export const ACTIONS_PER_SET = 6;

/** An invoke (dialog, search) must be answered within 5 s (Bot Framework); half a second is left for the way. */
export const INVOKE_MS = 4500;

/** A file that came with a message; the message is acknowledged by then, but somebody waits for the answer. */
export const FILE_MS = 20_000;

/** Choices in one list before it is searched instead: what `suggestions` gives at most, and nobody reads more. */
export const CHOICES_SHOWN = 100;

/** UTF-16 units in one text run: at six bytes a unit (a JSON escape) a run always fits a card, and can be packed. */
export const RUN_UNITS = 1000;
/** Longer button labels are written out above the button, which then shows their beginning. */
export const BUTTON_LABEL_UNITS = 60;
/** Longer labels and values are set as paragraphs and not in two columns. */
export const FACT_COLUMN_UNITS = 200;
/** Longer titles are set as a paragraph, and not repeated on continuation cards. */
export const TITLE_UNITS = 200;
/** A longer address is shown as text beside the link's words: no browser opens it anyway. */
export const URL_UNITS = 2000;

/** A dialog's title bar (Teams docs, dialogs: "appears below the app name", no wrap). */
export const DIALOG_TITLE_UNITS = 64;

/** A posted activity that the receiver reads at most; Teams sends a few KB, our cards echo at most `MESSAGE_BYTES`. */
export const ACTIVITY_BYTES = 256 * 1024;

/** Statuses after which Teams wants a bot to wait (Teams docs, "Rate limiting"); 503 is treated as 502. */
export const BACK_OFF_STATUSES: ReadonlySet<number> = new Set([412, 429, 502, 503, 504]);
