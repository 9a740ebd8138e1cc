/**
 * A reason in two parts, stored as one text: a sentence for everyone, and on a second line what the app answered, such as a
 * status, and what to change in the manifest. Only admins and auditors read that.
 */

export const explained = (sentence: string, detail: string): string => `${sentence}\n${detail}`;

/** What someone reads of it. */
export function readExplained(reason: string, reader: { readonly seesDetail: boolean }): string {
  const [sentence = '', ...detail] = reason.split('\n');
  return reader.seesDetail ? [sentence, ...detail].join(' ') : sentence;
}
