/**
 * Microsoft Teams' limits, and ours. Renderers split, page or switch control at these numbers. They never cut text
 * silently.
 */

/** The version of Adaptive Cards that Teams renders on desktop and phone (Teams docs, "Cards reference": up to 1.5 for bots). */
export const CARD_VERSION = '1.5';
/** Below a link (Teams docs, "Link unfurling": 1.3 and earlier). */
export const LINK_CARD_VERSION = '1.3';

/** A whole message, as UTF-8 JSON (Teams docs, "Limits and specifications": about 28 KB to be safe). */
const MESSAGE_BYTES = 28 * 1024;
/** For the activity around a card: conversation, sender, summary. */
const ENVELOPE_BYTES = 2048;
/** One Adaptive Card, as UTF-8 JSON. */
export const CARD_BYTES = MESSAGE_BYTES - ENVELOPE_BYTES;

/** Actions in one set; Teams puts more behind "…" (Teams docs, "Adaptive Card actions"). */
export const ACTIONS_PER_SET = 6;

/** Teams wants the answer to an invoke (dialog, search) within 5 s (Bot Framework). Half a second remains for the network. */
export const INVOKE_MS = 4500;

/** Teams wants the acknowledgement of a message within 15 s (Bot Framework). The rest is for the network. */
export const ACKNOWLEDGE_MS = 12_000;

/** For a file of a message. We have acknowledged the message, but the person still waits for the answer. */
export const FILE_MS = 20_000;

/** Options in one list; a longer list is searched. `suggestions` gives no more, and nobody reads more. */
export const CHOICES_SHOWN = 100;

/** UTF-16 units in one text run. Even at six bytes a unit (a JSON escape) a run fits a card. */
export const RUN_UNITS = 1000;
/** A longer button label also stands above the button, which shows its beginning. */
export const BUTTON_LABEL_UNITS = 60;
/** What is heard of a button. Each of a row's buttons repeats the row's name, so longer ones would fill the card. */
export const TOOLTIP_UNITS = 100;
/** So many buttons stand beside a row's text, and their labels together are so long: the text keeps most of the width. */
export const BESIDE_BUTTONS = 2;
export const BESIDE_LABEL_UNITS = 17;
/** Beside two buttons, or one and its menu, a longer text would be a narrow column of many lines. */
export const BESIDE_TEXT_UNITS = 80;
/** Longer labels and values become paragraphs and not two columns. */
export const FACT_COLUMN_UNITS = 200;
/** A longer title becomes a paragraph, and continuation cards don't repeat it. */
export const TITLE_UNITS = 200;
/** A longer address is shown as text beside the link's text, since no browser opens it. */
export const URL_UNITS = 2000;

/** Of a message's notification, which is one line. */
export const SUMMARY_UNITS = 100;

/** A dialog's title bar (Teams docs, dialogs: "appears below the app name", no wrap). */
export const DIALOG_TITLE_UNITS = 64;

/** The largest activity that we read. Teams sends a few KB, and our cards return at most `MESSAGE_BYTES`. */
export const ACTIVITY_BYTES = 256 * 1024;

/** Teams wants a bot to back off after these statuses (Teams docs, "Rate limiting"). We treat 503 like 502. */
export const BACK_OFF_STATUSES: ReadonlySet<number> = new Set([412, 429, 502, 503, 504]);
