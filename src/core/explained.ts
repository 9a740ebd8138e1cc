/**
 * A reason in two parts, stored as one text: a sentence for everyone, and on a second line what the app answered, such as a
 * status, and what to change in the manifest. Only admins read that.
 */

export const explained = (sentence: string, detail: string): string => `${sentence}\n${detail}`;

/** What someone reads of it. */
export function readExplained(reason: string, reader: { readonly isAdmin: boolean }): string {
  const [sentence = '', ...detail] = reason.split('\n');
  return reader.isAdmin ? [sentence, ...detail].join(' ') : sentence;
}
