import type { FileProblem, Thing } from '../../engine/configuration/document.ts';

/** `rules/engineering.json: conditions[0].field: …` */
export const fileLine = ({ file, place, message }: FileProblem): string =>
  [file, place, message].filter((part) => part !== '').join(': ');

/** `the rule Engineering` */
export const nameOf = ({ kind, name }: Pick<Thing, 'kind' | 'name'>): string =>
  kind === 'settings' ? 'the settings' : `the ${kind} ${name}`;
