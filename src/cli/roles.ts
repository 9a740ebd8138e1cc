import type { Role } from '../engine/people/directory.ts';

export const ROLES: readonly Role[] = ['admin', 'manager', 'new_hire', 'other'];
