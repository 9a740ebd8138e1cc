/** What someone meant by a misspelt word. */

/** Longer than any known word with its mistakes. */
const MAX_MISSPELLED = 60;

/** How many letters may differ: a third of them. */
const mistakesIn = (word: string): number => Math.max(1, Math.floor(word.length / 3));

/** The known word closest to `word`, if one is close enough. @param max how many letters may differ; a third of them by default */
export const didYouMean = (
  word: string,
  known: readonly string[],
  max = mistakesIn(word),
): string | undefined => nearWords(word, known, max)[0];

/** The known words that are close enough to `word`, the nearest first. */
export function nearWords(
  word: string,
  known: readonly string[],
  max = mistakesIn(word),
): readonly string[] {
  if (word.length > MAX_MISSPELLED) return [];
  const typed = word.toLowerCase();
  return known
    .filter((candidate) => Math.abs(candidate.length - word.length) <= max)
    .map((candidate) => ({ candidate, distance: editDistance(typed, candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= max)
    .toSorted((a, b) => a.distance - b.distance)
    .map(({ candidate }) => candidate);
}

/** How many letters must be added, removed, replaced or swapped with their neighbour. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
