/** Values that several answers have. */
import { z } from 'zod';

export const MAX_SEARCH = 100;
/** Ids are shorter. */
export const MAX_ID = 100;

export const id = z.string();
export const idFilter = z.string().max(MAX_ID).optional();
export const time = z.iso.datetime().describe('ISO 8601, UTC');
