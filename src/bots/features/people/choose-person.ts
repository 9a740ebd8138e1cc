/** Several people match: the actor picks one, and the command continues with them. */
import { z } from 'zod';
import { sayNumber, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { fullName, type Person } from '../../../engine/people/directory.ts';
import type { PeopleCalled } from '../../../engine/people/people-called.ts';
import { maySee } from '../../../engine/people/permission.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, type Reply } from '../../view/action.ts';
import { note } from '../../view/card.ts';
import { openAccess } from '../access/access-card.ts';
import { pickIntegration } from '../access/pick-integration.ts';
import { auditRefusal } from '../admins.ts';
import { listRow } from '../list-card.ts';
import { openOffboarding } from '../offboarding/offboard.ts';

const purposes = ['access', 'grant', 'revoke', 'offboard'] as const;
export type Purpose = (typeof purposes)[number];

/** Nobody reads more than these; the card then asks for more of the name. */
const SHOWN = 8;

export const pickPerson = buttonAction({
  id: 'person.pick',
  payload: z.object({ personId: z.string(), purpose: z.enum(purposes) }),

  async handle({ personId, purpose }, turn: Turn) {
    const person = await turn.stores.people.find(personId);
    if (person && maySee(turn.actor, person)) return goOn(person, purpose, turn);
    await auditRefusal(() => t`see the access of this person`, turn, { personId });
    return refusal();
  },
});

/** Continues a command once its person is known. */
export function goOn(person: Person, purpose: Purpose, turn: Turn): Promise<Reply> {
  switch (purpose) {
    case 'access':
      return openAccess(person, turn);
    case 'grant':
    case 'revoke':
      return pickIntegration(person, purpose, turn);
    case 'offboard':
      return openOffboarding(person, turn);
    default:
      return unreachable(purpose);
  }
}

/** @param total how many match; `people` has the first of them */
export function choosePerson(
  typed: string,
  { people, total }: PeopleCalled,
  purpose: Purpose,
): Reply {
  const shown = people.slice(0, SHOWN);
  const more = total - shown.length;
  return {
    kind: 'say',
    to: 'person', // The card has names and addresses.
    card: {
      title: t`Which "${typed}" do you mean?`,
      blocks: [
        ...shown.flatMap((person) =>
          listRow(
            fullName(person),
            [
              person.email,
              ...(person.position ? [person.position] : []),
              ...(person.active ? [] : [t`has left`]),
            ].join(' · '),
            {
              label: t`Choose ${fullName(person)}`,
              about: t`Choose ${fullName(person)}: ${person.email}`, // Two people may have the same name.
              does: pickPerson.with({ personId: person.id, purpose }),
            },
          ),
        ),
        ...(more > 0
          ? [
              {
                kind: 'text' as const,
                text: [
                  t`${sayNumber(more)} more match. Type more of the name, or the email address.`,
                ],
                muted: true,
              },
            ]
          : []),
      ],
    },
  };
}

const refusal = (): Reply => ({
  kind: 'say',
  to: 'here',
  card: note(
    t`You can't see this person's access`,
    t`Only their manager and Latchkey admins can. Ask one of them.`,
  ),
});
