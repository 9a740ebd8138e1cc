/** What another admin does about someone's authenticator, for an installation without another admin. */
import { unreachable } from '../core/unreachable.ts';
import { fullName } from '../engine/people/directory.ts';
import type { Transaction } from '../engine/ports/unit-of-work.ts';
import { type Authenticator, isPending } from '../engine/step-up/authenticator.ts';
import {
  type Confirmed,
  confirmAuthenticator,
  removeAuthenticator,
  unlockAuthenticator,
  type Witness,
} from '../engine/step-up/enrol.ts';
import { CommandError } from './command-error.ts';
import { inSession, personNamed } from './session.ts';

type Answer = 'confirm' | 'unlock' | 'remove';

const states = { confirm: 'proven', unlock: 'locked', remove: undefined } as const;
const done = { confirm: 'counts now', unlock: 'is unlocked', remove: 'is removed' } as const;

/** `latchkey authenticator confirm PERSON CHARACTERS` */
export const confirmAuthenticatorCommand = (who: string, check: string): Promise<void> =>
  answer('confirm', who, (tx, id, witness) => confirmAuthenticator(tx, id, { ...witness, check }));
/** `latchkey authenticator unlock PERSON` */
export const unlockAuthenticatorCommand = (who: string): Promise<void> =>
  answer('unlock', who, unlockAuthenticator);
/** `latchkey authenticator remove PERSON` */
export const removeAuthenticatorCommand = (who: string): Promise<void> =>
  answer('remove', who, removeAuthenticator);

const answer = (
  wanted: Answer,
  who: string,
  how: (tx: Transaction, id: string, witness: Witness) => Promise<Confirmed>,
): Promise<void> =>
  inSession(async (session) => {
    const person = await personNamed(who, session);
    const state = states[wanted];
    const isMeant = (each: Authenticator): boolean =>
      state === undefined ? !isPending(each) : each.state === state;
    const witness = { kind: 'operator', actor: session.actor } as const;
    const said = await session.transact(async (tx) => {
      const found = (await tx.authenticators.of(person.id)).find(isMeant);
      return found && how(tx, found.id, witness);
    });
    const name = fullName(person);
    if (said?.kind === 'wrong-check')
      throw new CommandError(
        `The page of ${name} showed other characters. If they are sure of what they read, have them set up a new authenticator: this one may be someone else's.`,
      );
    if (said?.kind !== 'done')
      throw new CommandError(`${name} has no authenticator ${whatIsMissing(wanted)}`);
    session.output.line(`The authenticator of ${name} <${person.email}> ${done[wanted]}.`);
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
