/** The list of problems beside the text; each is a button that goes to its place. */
import type { Checked, PlacedProblem } from '../editor/check.ts';

export function showProblems(
  place: HTMLElement,
  { errors, warnings }: Pick<Checked, 'errors' | 'warnings'>,
  goTo: (problem: PlacedProblem) => void,
): void {
  if (errors.length + warnings.length === 0) {
    const fine = document.createElement('p');
    fine.textContent = 'There are none.';
    return place.replaceChildren(fine);
  }
  place.replaceChildren(
    ...list('Errors', 'Error', errors, goTo),
    ...list('Warnings', 'Warning', warnings, goTo),
  );
}

function list(
  title: string,
  word: string,
  problems: readonly PlacedProblem[],
  goTo: (problem: PlacedProblem) => void,
): HTMLElement[] {
  if (problems.length === 0) return [];
  const heading = document.createElement('h3');
  heading.textContent = title;
  const items = document.createElement('ul');
  items.className = `problems ${title.toLowerCase()}`;
  for (const problem of problems) {
    const item = document.createElement('li');
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'link';
    button.textContent = `${word} in line ${problem.line}`;
    button.addEventListener('click', () => goTo(problem));
    item.append(button, `: ${problem.place === '' ? '' : `${problem.place}: `}${problem.message}`);
    items.append(item);
  }
  return [heading, items];
}
