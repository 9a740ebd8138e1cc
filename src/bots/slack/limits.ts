/**
 * Slack's limits. The comment at each number names its page, under https://docs.slack.dev. Renderers keep to them: they
 * split, page or switch control. A property test with random cards and forms checks that.
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
// reference/block-kit/blocks/section-block; each up to 2,000 characters
export const FIELDS = 10;
/** Characters of a field, label included, that stand well in half of the width. Ours. */
export const FIELD_SHOWN = 90;
// reference/block-kit/blocks/actions-block; reference/block-kit/block-elements/button-element
export const ACTIONS_ELEMENTS = 25;
export const BUTTON_TEXT = 75;
export const BUTTON_VALUE = 2000;
export const ACCESSIBILITY_LABEL = 75;
// reference/block-kit/block-elements/overflow-menu-element; reference/block-kit/composition-objects/option-object
export const OVERFLOW_OPTIONS = 5;
export const OVERFLOW_VALUE = 150;
// Every `action_id`, `block_id` and `callback_id`.
export const IDENTIFIER = 255;

/**
 * In bytes of a message's blocks. Slack doesn't document it: `chat.postMessage` answers `msg_blocks_too_long` above some
 * 13,200 characters, block containers included (github.com/slackapi/bolt-js issues 2509 and 2867). We stay well below.
 */
export const MESSAGE_WEIGHT = 10_000;
/**
 * In bytes of a message's `text`, escaped. Slack's documentation names 40,000 characters, but `chat.update` answers
 * `msg_too_long` above this (gitlab-org/gitlab merge request 258898, pymc-labs/daimon pull request 106).
 */
export const MESSAGE_TEXT = 4000;
/** In bytes of one block. It is small enough that we can always split a card between two blocks. */
export const BLOCK_WEIGHT = 8000;

// reference/block-kit/composition-objects/option-object; reference/block-kit/block-elements/select-menu-element
export const SELECT_OPTIONS = 100;
export const OPTION_TEXT = 75;
// reference/block-kit/block-elements/checkboxes-element
export const CHECKBOX_OPTIONS = 10;
// reference/block-kit/block-elements/plain-text-input-element
export const INPUT_TEXT = 3000;
/**
 * reference/block-kit/block-elements/file-input-element: 1 to 10 files, and none over 10 MB. Its `filetypes` check is
 * only a convenience.
 */
export const FILES_IN_INPUT = 1;
// reference/block-kit/blocks/input-block
export const INPUT_LABEL = 2000;
export const INPUT_HINT = 2000;

/** reference/app-manifest (slash commands). People read it while they type. */
export const USAGE_HINT = 1000;
// reference/views/modal-views
export const MODAL_TITLE = 24;
export const MODAL_BUTTON = 24;
export const PRIVATE_METADATA = 3000;
/** reference/methods/views.open: Slack answers `view_too_large` above 250 kB. We leave a reserve for what Slack adds. */
export const VIEW_BYTES = 200_000;

/** reference/block-kit/block-elements/button-element: the longest URL. For links in rich text Slack names no limit. */
export const LINK_URL = 3000;

/** interactivity/handling-user-interaction: Slack wants the acknowledgement within 3 s. The rest is for the network. */
export const ACKNOWLEDGE_MS = 2500;
/** We fetch a form's file before we acknowledge the form. Half a second of `ACKNOWLEDGE_MS` remains. */
export const FORM_FILE_MS = 2000;
/** We acknowledge a message before we fetch its files, but the person still waits for the answer. */
export const MESSAGE_FILE_MS = 20_000;
/** interactivity/handling-user-interaction: a `response_url` takes 5 messages in 30 minutes. */
export const RESPONSE_URL_USES = 5;

/**
 * apis/web-api/rate-limits: `chat.update` is tier 3, some 50 a minute for the whole workspace. We plan with 40. Worker
 * processes get most of them, since they update cards after changes. Main processes edit only after clicks. Processes
 * that share a database get equal parts; those that reported within half a minute count. When a process starts, they may
 * exceed the limit for a minute. Slack then answers with a wait.
 */
export const WORKER_EDITS_PER_MINUTE = 30;
export const MAIN_EDITS_PER_MINUTE = 10;
/** apis/web-api/rate-limits: about one message a second in each conversation. We wait this long once. */
export const SHORT_WAIT_MS = 5000;
/**
 * The longest wait where giving up costs more: a modal would say "Loading…" until it is closed, and a card of several messages
 * would be sent again as a whole.
 */
export const LONG_WAIT_MS = 30_000;
/** A person can't read faster edits of one message for long, and Slack wants about one call a second. */
export const EDIT_PAUSE_MS = 3000;
/** A message that was left alone takes so many edits without that pause: a press and its answer. Slack welcomes sporadic bursts. */
export const EDITS_AT_ONCE = 2;
/** What changes together, such as what several apps answer, goes out in one edit. */
export const ONE_EDIT_MS = 250;
/** Slack usually answers within a second or two. */
export const API_TIMEOUT_MS = 10_000;

/** Of what Slack answers to a call. Its pages of 1,000 users have 2 MB. */
export const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/**
 * For a request from Slack: a form of 250 KB with its answers, percent-encoded. We read the body before we can check its
 * signature, so we limit it.
 */
export const MAX_BODY_BYTES = 2 * 1024 * 1024;
