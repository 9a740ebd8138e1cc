import type { Role } from './directory.ts';

/** Every role. `permission.ts` says what each may do. */
export const ROLES = [
  'admin',
  'auditor',
  'helpdesk',
  'manager',
  'new_hire',
  'other',
] as const satisfies readonly Role[];
