/** The rows of settings: JSON by key. */
import type { z } from 'zod';
import { jsonIn } from '../../core/json.ts';

/**
 * @param instead counts where nothing is stored, and where what is stored is damaged: everyone's work would stop there otherwise.
 * `latchkey doctor` names such a row
 */
export function readSetting<T>(schema: z.ZodType<T>, value: string | undefined, instead: T): T {
  if (value === undefined) return instead;
  const read = schema.safeParse(jsonIn(value));
  return read.success ? read.data : instead;
}
