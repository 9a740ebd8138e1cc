/** Labels of an app's options, shortened and redacted: an answer may contain secrets that were sent to the app. */
import { nextTurn } from '../../core/next-turn.ts';
import { sayNumber, t } from '../../core/translate.ts';
import type { Option, OptionsAnswer } from '../ports/chat-stores.ts';
import { LOOKED_AT_BEHIND } from '../templates/redact.ts';

/** Of one label. Longer than any form shows: Slack shows 75. */
const MAX_LABEL_CHARACTERS = 300;
/** Of all labels: 100 for each of 20,000 options. */
const MAX_LABELS_CHARACTERS = 2_000_000;
/** Between two turns of the event loop, as for any other text. */
const BATCH_CHARACTERS = 64 * 1024;

export async function labelsForDisplay(
  options: readonly Option[],
  redact: (text: string) => string,
): Promise<OptionsAnswer> {
  // Longer than what is shown: half a secret would not be found.
  const seen = options.map(({ label }) => label.slice(0, MAX_LABEL_CHARACTERS + LOOKED_AT_BEHIND));
  const characters = seen.reduce((sum, { length }) => sum + length, 0);
  if (characters > MAX_LABELS_CHARACTERS)
    return {
      kind: 'problem',
      message: t`The names in the list of options have ${sayNumber(characters)} characters, and at most ${sayNumber(MAX_LABELS_CHARACTERS)} are taken. Ask an admin to have the manifest ask for fewer.`,
    };
  const shown: Option[] = [];
  let sinceTurn = 0;
  for (const [at, option] of options.entries()) {
    const label = seen[at] ?? '';
    sinceTurn += label.length;
    if (sinceTurn > BATCH_CHARACTERS) {
      sinceTurn = label.length;
      await nextTurn();
    }
    shown.push({ ...option, label: cut(redact(label)) });
  }
  return { kind: 'options', options: shown };
}

const cut = (label: string): string =>
  label.length <= MAX_LABEL_CHARACTERS
    ? label
    : `${label.slice(0, MAX_LABEL_CHARACTERS - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
