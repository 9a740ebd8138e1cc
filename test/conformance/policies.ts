/** Plays `policies.txt` in a small company, which is in `test/support/policies/company.ts`. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { UnitOfWork } from '../../src/engine/ports/unit-of-work.ts';
import { type PolicyPlay, play, readRoute } from '../support/policies/company.ts';

interface PolicyCase extends PolicyPlay {
  readonly line: number;
  readonly text: string;
  readonly steps: readonly { readonly does: string; readonly becomes: string }[];
}

/** @param file its lines are `stages [| if conditions: stages]… :: step > what becomes of it; …`; `#` begins a comment */
function readCases(file: URL): readonly PolicyCase[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((text, index) => {
      if (text.trim() === '' || text.startsWith('#')) return [];
      const [rules = '', played = ''] = text.split(' :: ');
      const steps = played.split('; ').map((step) => {
        const [does = '', becomes = ''] = step.split(' > ');
        return { does: does.trim(), becomes: becomes.trim() };
      });
      return [{ line: index + 1, text, route: readRoute(rules), steps }];
    });
}

interface OpenedDatabase {
  readonly transact: UnitOfWork;
  cleanup(): Promise<void>;
}

/** Everyone and everything that a policy can name, and that can happen, at least once: cases with a word that no case before has. */
export function eachWordOnce(cases: readonly PolicyCase[]): readonly PolicyCase[] {
  const known = new Set<string>();
  return cases.filter(({ text }) => {
    const before = known.size;
    for (const [word] of text.matchAll(/[\w-]+/g)) known.add(word);
    return known.size > before;
  });
}

/** @param choose left out: all cases */
export function policiesContract(
  open: () => Promise<OpenedDatabase>,
  choose = (all: readonly PolicyCase[]) => all,
): void {
  const all = readCases(new URL('./policies.txt', import.meta.url));
  const cases = choose(all);
  let database: OpenedDatabase;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(() => database.cleanup());

  test('there are at least 120, each once', () => {
    expect(new Set(all.map(({ text }) => text)).size).toBeGreaterThanOrEqual(120);
  });

  test.each(cases.map((each) => [`${each.line}: ${each.text}`, each] as const))(
    '%s',
    async (_, each) => {
      expect(await play(each, database.transact)).toEqual(each.steps.map(({ becomes }) => becomes));
    },
  );
}
