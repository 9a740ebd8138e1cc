/** Reads the emoji that is an integration's icon. */
import { t } from '../../core/translate.ts';

export type ReadEmoji =
  | { readonly ok: true; readonly emoji: string }
  /** A sentence for people: what is wrong, and what to write instead. */
  | { readonly ok: false; readonly why: string };

/**
 * One that every client can show: of joined sequences, only those that Unicode lists. It is made when it is first used, since
 * V8 reads all of them to make it, which was a twentieth of a worker's start.
 */
let oneEmoji: RegExp | undefined;
/** Asks for the coloured picture of a character that is text by default: ✂ becomes ✂️. */
const AS_PICTURE = '\uFE0F';

/** @param text as typed; white space around it is ignored */
export function readEmoji(text: string): ReadEmoji {
  const typed = text.trim();
  oneEmoji ??= new RegExp(String.raw`^\p{RGI_Emoji}$`, 'v');
  for (const emoji of [typed, typed + AS_PICTURE])
    if (oneEmoji.test(emoji)) return { ok: true, emoji };
  if (/^:[\w+-]+:$/.test(typed))
    return {
      ok: false,
      why: t`${typed} is a Slack emoji name, which Teams can't show. Insert the emoji itself, such as 🧭.`,
    };
  return { ok: false, why: t`That isn't one emoji. Insert one, such as 🧭, or leave this blank.` };
}
