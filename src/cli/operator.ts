import { userInfo } from 'node:os';
import type { Actor } from '../engine/people/directory.ts';

/** Who does what a command does, in the audit log. */
export const operator = (): Actor => ({ kind: 'operator', user: userName() });

/** The name of this process's user. A container's user may be only a number without a name. */
export function userName(lookUp: () => { readonly username: string } = userInfo): string {
  try {
    return lookUp().username;
  } catch {
    return `user ${process.getuid?.() ?? 'unknown'}`;
  }
}
