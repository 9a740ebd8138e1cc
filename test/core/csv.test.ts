/** Files that leave are opened in spreadsheets, of which each has its own idea of where a cell begins. */
import { parse } from 'csv-parse/sync';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvLine } from '../../src/core/csv.ts';

/** What a spreadsheet takes for a formula, whatever quotes and blanks it skips before. */
const isFormula = (cell: string): boolean => /^[\s"]*[=+\-@＝＋－＠]/.test(cell);

const typed = fc.string({
  unit: fc.constantFrom(
    '=',
    '+',
    '-',
    '@',
    '＝',
    ';',
    ',',
    '\t',
    '\r',
    '\n',
    '"',
    "'",
    ' ',
    'a',
    '1',
  ),
  maxLength: 12,
});

test.each(['=1+1', '+1', '-1', '@SUM(1)', '\t=1', '\r=1', '\n=1', '＝1', ' =1', '"=1'])(
  'a cell that begins with %j is no formula',
  (value) => {
    const [cells = []] = parse(csvLine([value, 'b']));
    expect(cells[0]).toMatch(/^[\s"]*'/);
  },
);

describe.each([';', '\t', '\r', '\n'])('a spreadsheet that begins cells at %j', (separator) => {
  test('finds no formula, whatever was typed', () => {
    fc.assert(
      fc.property(fc.array(typed, { minLength: 1, maxLength: 3 }), (values) => {
        expect(csvLine(values).split(separator).filter(isFormula)).toEqual([]);
      }),
      { seed: 29 },
    );
  });

  test('finds none in an innocent cell that one stands in', () => {
    const cells = csvLine(['Ann', `A project${separator}=HYPERLINK("https://evil.example")`, 'x']);
    expect(cells.split(separator).filter(isFormula)).toEqual([]);
  });
});

test('one that reads it as RFC 4180 has it finds none, and every other character as it was typed', () => {
  fc.assert(
    fc.property(fc.array(typed, { minLength: 2, maxLength: 3 }), (values) => {
      const [cells = []] = parse(csvLine(values), { relax_column_count: true });
      expect(cells.filter(isFormula)).toEqual([]);
      expect(cells.map((cell) => cell.replaceAll("'", ''))).toEqual(
        values.map((value) => value.replaceAll("'", '')),
      );
    }),
    { seed: 29 },
  );
});

test('names, dates and sentences stay as they are', () => {
  const values = [
    'Ann-Marie Lee',
    'ann+work@example.com',
    '2026-11-24',
    'for 5 - 10 days; then = no',
  ];
  const [cells] = parse(csvLine(values));
  expect(cells).toEqual(values);
});
