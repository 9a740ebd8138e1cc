/** One condition on a person of the directory: `department is Engineering`. Rules and the routes of policies have them. */
import { z } from 'zod';
import type { DeepReadonly } from '../../core/frozen.ts';

export const directoryFields = [
  'department',
  'position',
  'manager',
  'email',
  'role',
  'time-zone',
] as const;
type DirectoryField = (typeof directoryFields)[number];
/** Where a person has each of them. */
export const personFields = {
  department: 'department',
  position: 'position',
  manager: 'managerId',
  email: 'email',
  role: 'role',
  'time-zone': 'timeZone',
} as const satisfies Readonly<Record<DirectoryField, string>>;
/** `stored:office`: a value that an import brings. */
export type RuleField = DirectoryField | StoredField;

type StoredField = `stored:${string}`;

export const isStored = (field: RuleField): field is StoredField => field.startsWith('stored:');

export const storedName = (field: StoredField): string => field.slice('stored:'.length);

export const comparisons = ['is', 'one-of', 'contains', 'starts-with'] as const;
export type Comparison = (typeof comparisons)[number];

/** Case, accents and the space around don't count. */
export const condition = z.object({
  field: z.union([
    z.enum(directoryFields),
    z.custom<StoredField>((value) => typeof value === 'string' && value.startsWith('stored:')),
  ]),
  comparison: z.enum(comparisons),
  /** Turns it around: it then holds for an empty field, too. Not where no import brings that value. */
  not: z.boolean(),
  /** Several where the comparison is `one-of`, else one. A manager is an address. */
  values: z.array(z.string()),
});
export type Condition = DeepReadonly<z.output<typeof condition>>;
