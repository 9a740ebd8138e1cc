/** What a screen reader or a keyboard would stumble over, by axe-core's rules for WCAG 2.1, levels A and AA. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import axe from 'axe-core';
import type { Page } from 'playwright-core';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'];
/** A third of `axe.source`, which each page reads. */
const SOURCE = readFileSync(resolve('node_modules/axe-core/axe.min.js'), 'utf8');
/** Those of colours. */
const COLOURS: readonly string[] = axe
  .getRules(RULES)
  .filter(({ tags }) => tags.includes('cat.color'))
  .map(({ ruleId }) => ruleId);

/**
 * @param within a selector of what is looked at; the whole page where it is left out
 * @param without rules that don't apply there, by axe's names
 * @returns a line for everything that is amiss: the rule, what it asks, and where; empty where nothing is
 */
export const accessibilityProblems = (
  page: Page,
  within = 'html',
  without: readonly string[] = [],
): Promise<string[]> =>
  problemsOf(page, within, {
    runOnly: { type: 'tag', values: RULES },
    rules: Object.fromEntries(without.map((rule) => [rule, { enabled: false }])),
  });

/** The same in dark and in light. @param look what the page has afterwards; left out: its browser's own */
export async function problemsInBothLooks(
  page: Page,
  look: 'dark' | 'light' | null = null,
): Promise<string[]> {
  await page.emulateMedia({ colorScheme: 'dark' });
  const inDark = await accessibilityProblems(page);
  await page.emulateMedia({ colorScheme: 'light' });
  // The looks differ by their colours alone.
  const inLight = await problemsOf(page, 'html', {
    runOnly: { type: 'rule', values: [...COLOURS] },
  });
  await page.emulateMedia({ colorScheme: look });
  return [
    ...inDark.map((problem) => `dark: ${problem}`),
    ...inLight.map((problem) => `light: ${problem}`),
  ];
}

/** The same on a phone, in one look, with what is cut off there, and what stands below the name of its column. */
export async function problemsOnPhone(page: Page): Promise<string[]> {
  const desk = page.viewportSize();
  await page.setViewportSize({ width: 360, height: 760 });
  const cut = await page
    .locator('html, .scroll, select')
    .evaluateAll((all) =>
      all
        .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
        .map(({ outerHTML }) => `cut off: ${outerHTML.slice(0, 80)}`),
    );
  const astray = await page.evaluate<string[]>(CELLS_ASTRAY);
  const problems = [...cut, ...astray, ...(await accessibilityProblems(page))];
  if (desk) await page.setViewportSize(desk);
  return problems;
}

/** Of a cell, the column's name is on the left, and all that it says beside that. */
const CELLS_ASTRAY = `[...document.querySelectorAll('.stacked td')].flatMap((cell) => {
  const said = document.createRange();
  said.selectNodeContents(cell);
  const beside = cell.getBoundingClientRect().left + 100;
  return [...said.getClientRects()].every(({ left }) => left >= beside)
    ? []
    : ['below the name of its column: ' + cell.outerHTML.slice(0, 80)];
})`;

/** What its script has there. */
type WithAxe = { axe?: typeof axe };

async function problemsOf(page: Page, within: string, how: axe.RunOptions): Promise<string[]> {
  await page.waitForLoadState(); // A press is over when the next page begins to come.
  // A document keeps it, and takes as long to read it as to be looked at.
  const isThere = await page.evaluate(() => (globalThis as WithAxe).axe !== undefined);
  if (!isThere) await page.evaluate(SOURCE);
  return page.evaluate(
    async ([selector, options]) => {
      const there = (globalThis as WithAxe).axe;
      if (!there) throw new Error('The page has no axe');
      const { violations } = await there.run(selector, { ...options, resultTypes: ['violations'] });
      return violations.flatMap(({ id, help, nodes }) =>
        nodes.map(({ target }) => `${id} (${help}) at ${target.join(' ')}`),
      );
    },
    [within, how] as const,
  );
}
