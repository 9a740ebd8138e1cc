/** XML and HTML as texts: nothing here reads their structure. */

/** XML or HTML; never JSON. */
export const isMarkup = (text: string): boolean => MARKUP.test(text);

const MARKUP = /^\s{0,100}</;
const REFERENCE = /&(?:amp|apos|quot|#\d{1,7}|#x[\da-f]{1,6});/gi;
const NAMED: Readonly<Record<string, string>> = { '&amp;': '&', '&apos;': "'", '&quot;': '"' };

/**
 * Markup may write any character as a reference: `o&apos;neil@x.io`. Its angle brackets stay as references, so that no value looks like an
 * element.
 */
export const withoutReferences = (text: string): string =>
  text.replaceAll(REFERENCE, (reference) => {
    const name = reference.toLowerCase();
    const code = name.startsWith('&#x')
      ? Number.parseInt(name.slice(3), 16)
      : Number.parseInt(name.slice(2), 10);
    const character = NAMED[name] ?? (code <= 0x10_ffff ? String.fromCodePoint(code) : reference);
    return character === '<' || character === '>' ? reference : character;
  });
