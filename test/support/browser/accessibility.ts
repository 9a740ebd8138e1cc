/** What a screen reader or a keyboard would stumble over, by axe-core's rules for WCAG 2.1, levels A and AA. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'];

/**
 * @param within a selector of what is looked at; the whole page where it is left out
 * @param without rules that don't apply there, by axe's names
 * @returns a line for everything that is amiss: the rule, what it asks, and where; empty where nothing is
 */
export async function accessibilityProblems(
  page: Page,
  within = 'html',
  without: readonly string[] = [],
): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(
    async ([selector, tags, left]) => {
      const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run(
        selector,
        {
          runOnly: [...tags],
          rules: Object.fromEntries(left.map((rule) => [rule, { enabled: false }])),
        },
      );
      return violations.flatMap(({ id, help, nodes }) =>
        nodes.map(({ target }) => `${id} (${help}) at ${target.join(' ')}`),
      );
    },
    [within, RULES, without] as const,
  );
}

/** The same in dark and in light. @param look what the page has afterwards; left out: its browser's own */
export async function problemsInBothLooks(
  page: Page,
  look: 'dark' | 'light' | null = null,
): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    const problems = await accessibilityProblems(page);
    found.push(...problems.map((problem) => `${colorScheme}: ${problem}`));
  }
  await page.emulateMedia({ colorScheme: look });
  return found;
}
