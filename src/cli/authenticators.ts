/** What another admin does about someone's authenticator, for an installation without another admin. */
import { unreachable } from '../core/unreachable.ts';
import { fullName } from '../engine/people/directory.ts';
import type { Transaction } from '../engine/ports/unit-of-work.ts';
import { type Authenticator, isPending } from '../engine/step-up/authenticator.ts';
import {
  confirmAuthenticator,
  removeAuthenticator,
  unlockAuthenticator,
} from '../engine/step-up/enrol.ts';
import { CommandError } from './command-error.ts';
import { inSession, personNamed } from './session.ts';

type Answer = 'confirm' | 'unlock' | 'remove';

const answers = {
  confirm: { state: 'proven', how: confirmAuthenticator, done: 'counts now' },
  unlock: { state: 'locked', how: unlockAuthenticator, done: 'is unlocked' },
  remove: { state: undefined, how: removeAuthenticator, done: 'is removed' },
} as const;

/** `latchkey authenticator confirm PERSON` */
export const confirmAuthenticatorCommand = (who: string): Promise<void> => answer('confirm', who);
/** `latchkey authenticator unlock PERSON` */
export const unlockAuthenticatorCommand = (who: string): Promise<void> => answer('unlock', who);
/** `latchkey authenticator remove PERSON` */
export const removeAuthenticatorCommand = (who: string): Promise<void> => answer('remove', who);

const answer = (wanted: Answer, who: string): Promise<void> =>
  inSession(async (session) => {
    const person = await personNamed(who, session);
    const { state, how, done } = answers[wanted];
    const isMeant = (each: Authenticator): boolean =>
      state === undefined ? !isPending(each) : each.state === state;
    const witness = { kind: 'operator', actor: session.actor } as const;
    const work = async (tx: Transaction): Promise<boolean> => {
      const found = (await tx.authenticators.of(person.id)).find(isMeant);
      return found !== undefined && (await how(tx, found.id, witness)).kind === 'done';
    };
    if (!(await session.transact(work)))
      throw new CommandError(`${fullName(person)} has no authenticator ${whatIsMissing(wanted)}`);
    session.output.line(`The authenticator of ${fullName(person)} <${person.email}> ${done}.`);
  });

function whatIsMissing(wanted: Answer): string {
  switch (wanted) {
    case 'confirm':
      return 'that waits to be confirmed. They set one up by writing "authenticator" to Latchkey.';
    case 'unlock':
      return 'that is locked.';
    case 'remove':
      return 'to remove.';
    default:
      return unreachable(wanted);
  }
}
