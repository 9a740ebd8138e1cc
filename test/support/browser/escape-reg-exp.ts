/** A text as a pattern that matches it. */
export const escapeRegExp = (text: string): string =>
  text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
