import { plural, sayNumber } from '../core/translate.ts';

/** `1 run`, `1,234 runs`. */
export const counted = (count: number, one: string, other = `${one}s`): string =>
  `${sayNumber(count)} ${plural(count, { one, other })}`;
