/** What people read of a grant that waits. */
import { say } from '../../core/say.ts';
import type { Run } from '../run.ts';

/** @param behind the active run; undefined where something else is in the way */
export function waitsFor(behind: Run | undefined, integration: string, person: string): string {
  if (!behind)
    return say`It waits until the removal of ${integration} from ${person} has ended, and starts then.`;
  return behind.kind === 'revoke' || behind.thenRevokeBy
    ? say`It waits until ${integration} has been revoked from ${person}, and starts then.`
    : say`It waits for another grant of ${integration} for ${person} to finish, and starts then.`;
}
