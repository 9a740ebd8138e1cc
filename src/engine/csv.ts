/** Writing CSV as RFC 4180 has it. */

/**
 * A cell that a spreadsheet would take for a formula begins with an apostrophe, so that nothing anybody typed is run by
 * whoever opens the file (OWASP, "CSV injection").
 */
function cell(value: string): string {
  const harmless = /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** @returns one line, with its end */
export const csvLine = (values: readonly string[]): string => `${values.map(cell).join(',')}\r\n`;

/** Spreadsheets take a file without it for another encoding. */
export const CSV_BOM = '\uFEFF';
