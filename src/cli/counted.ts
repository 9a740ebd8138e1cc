import { plural, sayNumber } from '../core/translate.ts';

/** In place of a page that there isn't. */
export const noSuchPage = (page: number, pages: number): string =>
  `There is no page ${page}; the last one is page ${pages}.`;

/** Beside a page of several; empty where there is nothing to say. @param all how many there are, such as `120 people` */
export const whichPage = (page: number, pages: number, all: string): string =>
  pages > 1 && page <= pages ? `Page ${page} of ${pages}, ${all}; see more with --page.` : '';

/** `1 run`, `1,234 runs`. */
export const counted = (count: number, one: string, other = `${one}s`): string =>
  `${sayNumber(count)} ${plural(count, { one, other })}`;
