/**
 * What Slack allows, each number beside the page that says so (under https://docs.slack.dev). Renderers keep to
 * these by splitting, paging or switching control; a property test over random cards and forms shows that they do.
 */

// reference/block-kit/blocks
export const MESSAGE_BLOCKS = 50;
export const MODAL_BLOCKS = 100;
// reference/views/home-tab-views
export const HOME_BLOCKS = 100;
// reference/block-kit/blocks/header-block
export const HEADER_TEXT = 150;
// reference/block-kit/blocks/context-block; reference/block-kit/composition-objects/text-object
export const CONTEXT_ELEMENTS = 10;
export const TEXT_OBJECT = 3000;
// reference/block-kit/blocks/actions-block; reference/block-kit/block-elements/button-element
export const ACTIONS_ELEMENTS = 25;
export const BUTTON_TEXT = 75;
export const BUTTON_VALUE = 2000;
export const ACCESSIBILITY_LABEL = 75;
// Every `action_id`, `block_id` and `callback_id`.
export const IDENTIFIER = 255;

/**
 * Bytes of a message's blocks. Undocumented: `chat.postMessage` answers `msg_blocks_too_long` above some 13,200
 * characters, block containers included (github.com/slackapi/bolt-js issues 2509 and 2867), so we stay well below.
 */
export const MESSAGE_WEIGHT = 10_000;
/** Bytes of one block of ours, so that any two parts of a card can be told apart into messages. */
export const BLOCK_WEIGHT = 8000;

// reference/block-kit/composition-objects/option-object; reference/block-kit/block-elements/select-menu-element
export const SELECT_OPTIONS = 100;
export const OPTION_TEXT = 75;
// reference/block-kit/block-elements/checkboxes-element
export const CHECKBOX_OPTIONS = 10;
// reference/block-kit/block-elements/plain-text-input-element
export const INPUT_TEXT = 3000;
/**
 * reference/block-kit/block-elements/file-input-element: 1 to 10 files, and none over 10 MB. It checks names against
 * `filetypes` for convenience only.
 */
export const FILES_IN_INPUT = 1;
// reference/block-kit/blocks/input-block
export const INPUT_LABEL = 2000;
export const INPUT_HINT = 2000;

/** reference/app-manifest (slash commands): people read it while they type. */
export const USAGE_HINT = 1000;
// reference/views/modal-views
export const MODAL_TITLE = 24;
export const MODAL_BUTTON = 24;
export const PRIVATE_METADATA = 3000;
/** reference/methods/views.open: `view_too_large` above 250 kB; the rest is for what Slack adds. */
export const VIEW_BYTES = 200_000;

/** reference/block-kit/block-elements/button-element: the longest URL; links in rich text name no limit of their own. */
export const LINK_URL = 3000;

/** interactivity/handling-user-interaction: an interaction must be acknowledged within 3 s; the rest is for the way. */
export const SUBMIT_PATIENCE_MS = 2500;
/** A form's file is fetched before the form is acknowledged; half a second of `SUBMIT_PATIENCE_MS` is for the rest. */
export const FORM_FILE_MS = 2000;
/** A message is acknowledged before its files are looked at; somebody waits for the answer, though. */
export const MESSAGE_FILE_MS = 20_000;
/** interactivity/handling-user-interaction: a `response_url` takes 5 messages in 30 minutes. */
export const RESPONSE_URL_USES = 5;

/**
 * apis/web-api/rate-limits: `chat.update` is tier 3, some 50 a minute for the whole workspace. We plan with 40, and
 * worker processes, which follow what changes, have most of them; main processes, which edit at clicks only, the rest.
 * Where several share a database each has the same part, by how many have said within half a minute that they live. In the
 * minute in which one comes they may plan with more than there is; then Slack's own answer makes the one that gets it wait.
 */
export const WORKER_EDITS_PER_MINUTE = 30;
export const MAIN_EDITS_PER_MINUTE = 10;
/**
 * apis/web-api/rate-limits: about one message a second and conversation. A wait this short is waited out, once: a
 * card of several messages must not be left half sent.
 */
export const SHORT_WAIT_MS = 5000;
/** One message is not edited more often than somebody can read it, and Slack asks for about one call a second. */
export const EDIT_PAUSE_MS = 3000;
/** A call that takes longer is given up; Slack's own answers come within a second or two. */
export const API_TIMEOUT_MS = 10_000;

/**
 * Of a request that comes from Slack: a form of 250 KB with its answers, percent-encoded. Read before its signature can be
 * checked, so it is bounded.
 */
export const MAX_BODY_BYTES = 2 * 1024 * 1024;
