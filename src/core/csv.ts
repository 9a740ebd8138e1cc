/** Writing CSV as RFC 4180 has it. */

/** What a spreadsheet takes for the beginning of a formula, in the full width of East Asian keyboards too. */
const FORMULA = '=+\\-@\uFF1D\uFF0B\uFF0D\uFF20';
/** Where a spreadsheet may begin a cell: some take `;` or a tab between cells, and then our quotes mean nothing to them. */
const SEPARATOR = /[;\t\r\n]/;
const FIRST_OF_CELL = new RegExp(`^(?=[${FORMULA}\\t\\r\\n])`);
/**
 * What a spreadsheet may skip before a formula. Each run of these is looked at once, from its first character on, so that
 * a long text takes no longer than its length.
 */
const BEFORE_FORMULA = new RegExp(`(?<![;\\s"'])[;\\s"']+(?=[${FORMULA}])`, 'g');

/**
 * An apostrophe goes before whatever a spreadsheet would take for a formula, at the beginning of the cell and wherever
 * another separator could begin one, so that nothing anybody typed is run by whoever opens the file (OWASP, "CSV injection").
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

/** Spreadsheets take a file without it for another encoding. */
export const CSV_BOM = '\uFEFF';
