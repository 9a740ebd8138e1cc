import type { FileProblem, Thing } from '../../engine/configuration/document.ts';

/** A name of a file or a thing can't end its line: what follows would read as another line of the plan. */
export const inLine = (text: string): string => text.replaceAll(/\s+/g, ' ');

/** `rules/engineering.json: conditions[0].field: …` */
export const fileLine = ({ file, place, message }: FileProblem): string =>
  inLine([file, place, message].filter((part) => part !== '').join(': '));

/** `the rule Engineering` */
export const nameOf = ({ kind, name }: Pick<Thing, 'kind' | 'name'>): string =>
  kind === 'settings' ? 'the settings' : inLine(`the ${kind} ${name}`);
