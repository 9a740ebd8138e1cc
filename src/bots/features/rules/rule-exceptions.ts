/** Who is excepted from a rule, why and until when. */
import { z } from 'zod';
import { byId } from '../../../core/ids.ts';
import { shorten } from '../../../core/shorten.ts';
import { t } from '../../../core/translate.ts';
import { fullName, type Integration, type Person } from '../../../engine/people/directory.ts';
import { endException as endIt } from '../../../engine/rules/exceptions.ts';
import type { RuleException } from '../../../engine/rules/rule.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, type Reply, replaceWith } from '../../view/action.ts';
import { note } from '../../view/card.ts';
import { showDate } from '../../view/dates.ts';
import { adminsTo, readersTo, refuse } from '../admins.ts';
import { change } from '../change.ts';
import { listCard, listRow } from '../list-card.ts';
import { pageShown } from '../paging.ts';
import { countPeople } from '../people/person-words.ts';
import { ruleTarget, ruleToRead } from './rule-ref.ts';

interface Listed {
  readonly items: readonly RuleException[];
  readonly total: number;
  readonly name: string;
  readonly people: ReadonlyMap<string, Person>;
  readonly integrations: ReadonlyMap<string, Integration>;
}

const whatIsWanted = () => t`see the exceptions of a rule`;
const MAX_SHOWN_REASON = 200;

const list = listCard({
  id: 'rule.exceptions-page',
  payload: pageShown.extend({ ruleId: z.string() }),
  admit: readersTo(whatIsWanted),

  async read({ ruleId }, at, { stores, now }): Promise<Listed> {
    const { exceptions, total } = await stores.ruleExceptions.ofRule(ruleId, now(), at);
    const [rule, people, integrations] = await Promise.all([
      stores.rules.find(ruleId),
      stores.people.findMany(exceptions.map(({ personId }) => personId)),
      stores.integrations.findMany(exceptions.map(({ integrationId }) => integrationId)),
    ]);
    return {
      items: exceptions,
      total,
      name: rule?.name ?? '',
      people: byId(people),
      integrations: byId(integrations),
    };
  },

  title: ({ name }) => t`Exceptions to ${name}`,
  empty: () => t`No exceptions. Revoking what a rule grants someone makes an exception for them.`,
  counted: ({ total }) => countPeople(total),
  row: (exception, { people, integrations, shown }, turn) => {
    const person = people.get(exception.personId);
    const name = person ? fullName(person) : '';
    return listRow(
      `${name}: ${integrations.get(exception.integrationId)?.name ?? ''}`,
      exceptionWords(exception, turn),
      {
        label: t`End the exception`,
        about: t`End the exception: ${name}`,
        does: endException.with({ exceptionId: exception.id, ...shown }),
      },
    );
  },
});
export const turnExceptionsPage = list.turnPage;

function exceptionWords({ reason, endsAt }: RuleException, turn: Turn): string {
  const why = shorten(reason, MAX_SHOWN_REASON);
  return endsAt ? t`Until ${showDate(endsAt, turn)}: ${why}` : why;
}

export const openExceptions = buttonAction({
  id: 'rule.exceptions',
  payload: ruleTarget.extend({ page: z.number().int().nonnegative() }),
  admit: ruleToRead(whatIsWanted),

  handle: async (shown, turn): Promise<Reply> => list.reply(shown, turn),
});

export const endException = buttonAction({
  id: 'rule.end-exception',
  payload: pageShown.extend({ ruleId: z.string(), exceptionId: z.string() }),
  admit: adminsTo(() => t`end exceptions from rules`),

  async handle({ exceptionId, ...shown }, turn): Promise<Reply> {
    const ended = await change(turn, (tx, by) => endIt(tx, exceptionId, by));
    return ended
      ? replaceWith(await list.card(shown, turn))
      : refuse(note(t`Nothing changed`, t`This exception had already ended.`));
  },
});
