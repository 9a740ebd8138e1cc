/** The list of problems beside the text. Each is a button that goes to its place. */
import type { Checked, PlacedProblem } from '../editor/check.ts';

export function showProblems(
  place: HTMLElement,
  { errors, warnings }: Pick<Checked, 'errors' | 'warnings'>,
  goTo: (problem: PlacedProblem) => void,
): void {
  if (errors.length + warnings.length === 0) {
    const fine = document.createElement('p');
    fine.textContent = wordOf(place, 'none');
    return place.replaceChildren(fine);
  }
  place.replaceChildren(
    ...list(place, { severity: 'error', problems: errors }, goTo),
    ...list(place, { severity: 'warning', problems: warnings }, goTo),
  );
}

/** A text for the list, which the page provides in its reader's language. */
export const wordOf = (place: HTMLElement, name: string): string => place.dataset[name] ?? '';

function list(
  place: HTMLElement,
  {
    severity,
    problems,
  }: { readonly severity: 'error' | 'warning'; readonly problems: readonly PlacedProblem[] },
  goTo: (problem: PlacedProblem) => void,
): HTMLElement[] {
  if (problems.length === 0) return [];
  const heading = document.createElement('h3');
  heading.textContent = wordOf(place, `${severity}s`);
  const items = document.createElement('ul');
  items.className = `problems ${severity}s`;
  for (const problem of problems) {
    const item = document.createElement('li');
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'link';
    button.textContent = wordOf(place, severity).replace('LINE', String(problem.line));
    button.addEventListener('click', () => goTo(problem));
    item.append(button, `: ${problem.place === '' ? '' : `${problem.place}: `}${problem.message}`);
    items.append(item);
  }
  return [heading, items];
}
