/** What another admin does about someone's authenticator, for an installation without another admin. */
import { fullName, type Person } from '../../engine/people/directory.ts';
import type { Transaction } from '../../engine/ports/unit-of-work.ts';
import { type Authenticator, isPending } from '../../engine/step-up/authenticator.ts';
import {
  type Confirmed,
  confirmAuthenticator,
  removeAuthenticator,
  unlockAuthenticator,
  type Witness,
} from '../../engine/step-up/enrol.ts';
import { CommandError } from '../command-error.ts';
import { type Session, withPerson } from '../session.ts';

type Answer = 'confirm' | 'unlock' | 'remove';

const states = { confirm: 'proven', unlock: 'locked', remove: undefined } as const;
const done = { confirm: 'counts now', unlock: 'is unlocked', remove: 'is removed' } as const;

/** `latchkey authenticator confirm PERSON CHARACTERS` */
export const confirmAuthenticatorCommand = (who: string, check: string): Promise<void> =>
  withPerson(who, (person, session) => confirmTheirs({ person, check }, session));
/** `latchkey authenticator unlock PERSON` */
export const unlockAuthenticatorCommand = (who: string): Promise<void> =>
  withPerson(who, (person, session) =>
    answerFor({ person, wanted: 'unlock', how: unlockAuthenticator }, session),
  );
/** `latchkey authenticator remove PERSON` */
export const removeAuthenticatorCommand = (who: string): Promise<void> =>
  withPerson(who, (person, session) =>
    answerFor({ person, wanted: 'remove', how: removeAuthenticator }, session),
  );

type Answering = Pick<Session, 'transact' | 'actor' | 'output'>;

/** `check` is what the person read out to the operator. */
export const confirmTheirs = (
  { person, check }: { readonly person: Person; readonly check: string },
  session: Answering,
): Promise<void> =>
  answerFor(
    {
      person,
      wanted: 'confirm',
      how: (tx, id, witness) => confirmAuthenticator(tx, id, { ...witness, check }),
    },
    session,
  );

async function answerFor(
  {
    person,
    wanted,
    how,
  }: {
    readonly person: Person;
    readonly wanted: Answer;
    readonly how: (tx: Transaction, id: string, witness: Witness) => Promise<Confirmed>;
  },
  { transact, actor, output }: Answering,
): Promise<void> {
  const state = states[wanted];
  const isMeant = (each: Authenticator): boolean =>
    state === undefined ? !isPending(each) : each.state === state;
  const said = await transact(async (tx) => {
    const found = (await tx.authenticators.of(person.id)).find(isMeant);
    return found && how(tx, found.id, { kind: 'operator', actor });
  });
  const name = fullName(person);
  if (said?.kind === 'wrong-check')
    throw new CommandError(
      `The page of ${name} showed other characters. If they are sure of what they read, have them set up a new authenticator: this one may be someone else's.`,
    );
  if (said?.kind === 'unread')
    throw new CommandError(
      `What is stored about the authenticator of ${name} can't be read any more. Have them set up a new one.`,
    );
  if (said?.kind !== 'done')
    throw new CommandError(`${name} has no authenticator ${whatIsMissing(wanted)}`);
  output.line(`The authenticator of ${name} <${person.email}> ${done[wanted]}.`);
}

function whatIsMissing(wanted: Answer): string {
  return {
    confirm: 'that waits to be confirmed. They set one up by writing "authenticator" to Latchkey.',
    unlock: 'that is locked.',
    remove: 'to remove.',
  }[wanted];
}
