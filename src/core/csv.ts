/** Writes CSV (RFC 4180). */

/** Characters that begin a formula in a spreadsheet, including the full-width ones of East Asian keyboards. */
const FORMULA = '=+\\-@\uFF1D\uFF0B\uFF0D\uFF20';
/** Characters after which a spreadsheet may begin a cell. Some split at `;` or a tab, and then ignore our quotes. */
const SEPARATOR = /[;\t\r\n]/;
const FIRST_OF_CELL = new RegExp(`^(?=[${FORMULA}\\t\\r\\n])`);
/**
 * What a spreadsheet may skip before a formula. The pattern matches each run of these only from its first character, so that
 * the time stays linear in the length of the text.
 */
const BEFORE_FORMULA = new RegExp(`(?<![;\\s"'])[;\\s"']+(?=[${FORMULA}])`, 'g');

/**
 * Puts an apostrophe before anything that a spreadsheet would run as a formula, at the beginning of the cell and after any other
 * separator. So a spreadsheet never runs what someone typed (OWASP, "CSV injection").
 */
function cell(value: string): string {
  const harmless = value
    .replaceAll(BEFORE_FORMULA, (run, at: number) =>
      at === 0 || SEPARATOR.test(run) ? `${run}'` : run,
    )
    .replace(FIRST_OF_CELL, "'");
  return /[",;\t\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** @returns one line, with its end */
export const csvLine = (values: readonly string[]): string => `${values.map(cell).join(',')}\r\n`;

/** Without it, spreadsheets assume another encoding. */
export const CSV_BOM = '\uFEFF';
