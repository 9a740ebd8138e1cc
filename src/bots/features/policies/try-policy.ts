/** Try with a person: the whole way that their request would go now, before the policy's changes count. */
import { compact } from '../../../core/compact.ts';
import { listed } from '../../../core/listed.ts';
import { plural, sayNumber, sentences, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { editedRoute } from '../../../engine/integrations/change-route.ts';
import { fullName, type Person, type PersonAtApp } from '../../../engine/people/directory.ts';
import type { Approvers } from '../../../engine/requests/approvers.ts';
import { namesIn, undecidedWords } from '../../../engine/requests/policy-words.ts';
import { type NameOf, whenWords } from '../../../engine/requests/route-words.ts';
import {
  peopleIn,
  type TriedPath,
  type TriedStep,
  tryRoute,
} from '../../../engine/requests/try-route.ts';
import { whyAdminsWords } from '../../../engine/requests/why-admins.ts';
import { policyOf } from '../../../engine/settings/settings.ts';
import type { Turn } from '../../live/context.ts';
import { formAction, sayToPerson } from '../../view/action.ts';
import { note } from '../../view/card.ts';
import type { Fields } from '../../view/form.ts';
import { targetPayload } from '../integrations/integration-target.ts';
import { personAnswered, personFields } from '../people/person-fields.ts';
import { whoFills } from '../requests/seat-words.ts';
import { someNames } from '../some-names.ts';
import { integrationFor } from './policy-ref.ts';

export const tryPolicy = formAction({
  id: 'policy.try',
  payload: targetPayload,
  admit: integrationFor,
  title: () => t`Try with a person`,
  submitLabel: () => t`Try`,

  async fields(_payload, { integration, ...turn }) {
    const labels = { label: t`Person`, emailLabel: t`Person's email address`, isNeeded: true };
    return {
      intro: [
        t`Who would approve if this person requested ${integration.name} now? Nothing is requested, and no one is notified.`,
      ],
      fields: (await personFields(labels, undefined, turn)) satisfies Fields,
    };
  },

  async submit({ picked, email }, _payload, { integration, ...turn }) {
    const read = await personAnswered({ picked, email }, turn);
    if (!read.ok) return { kind: 'invalid', errors: read.errors };
    const words = await triedWords({ person: read.person, integration }, turn);
    return sayToPerson(note(t`If ${fullName(read.person)} requests ${integration.name}`, ...words));
  },
});

/** More paragraphs are too many to read, and may not fit a message: then each way is one. */
const MAX_PARAGRAPHS = 24;

/** Each way that the request may go, stage by stage. */
async function triedWords(
  { person, integration }: PersonAtApp,
  { stores, now, installation }: Turn,
): Promise<readonly string[]> {
  const route = editedRoute(integration);
  const at = { now: now(), timeZone: installation.timeZone };
  const tried = await tryRoute({ route, person, integration }, stores, at);
  if (tried.kind === 'refused') return [tried.why];
  const { paths, isExtension, isOpen, notAsked } = tried;
  const nameOf = await namesIn(route, stores);
  const ways = paths.map((path) => pathWords(path, { isOnly: paths.length === 1, nameOf, person }));
  const isLong = ways.flat().length > MAX_PARAGRAPHS;
  const isWaiting = paths.some(({ steps }) => steps.length > 0);
  return compact([
    isOpen && t`A request of theirs is open, and keeps the approvers that it was made under.`,
    isExtension && t`They have it already, so this would request more time of it.`,
    ...notAsked.map(
      (id) =>
        t`${nameOf(id)} isn't asked about them, which counts as a no: it's off, or an admin has to enter what names them there.`,
    ),
    ...(isLong ? ways.map((way) => way.join(' ')) : ways.flat()),
    isWaiting && undecidedWords({ ...policyOf(integration), route }),
  ]);
}

interface Reading {
  readonly isOnly: boolean;
  readonly nameOf: NameOf;
  /** Who would request it, and nobody's approver then. */
  readonly person: Person;
}

function pathWords(path: TriedPath, { isOnly, nameOf, person }: Reading): readonly string[] {
  const { when, needsApproval } = path;
  const [goes = '', ...more] = wayWords(path, person);
  const ifs = compact([
    when.length > 0 && whenWords(path, nameOf),
    needsApproval && t`they choose an option that needs approval`,
  ]);
  const first = ifs.length > 0 ? t`If ${listed(ifs, 'and')}: ${goes}` : t`Else: ${goes}`;
  return [isOnly ? goes : first, ...more];
}

function wayWords({ end, steps }: TriedPath, person: Person): readonly string[] {
  switch (end) {
    case 'automatic':
      return [t`It's approved automatically.`];
    case 'stuck':
      return [t`It can't be requested: too few people could approve it.`];
    case 'stuck-later':
    case 'approved': {
      const words = compact([
        ...steps.map((step) => stepWords(step, steps.length, person)),
        end !== 'approved' &&
          t`Then too few people are left who could approve it, and it would end.`,
      ]);
      const notified = notifiedWords(steps);
      return words.length === 1 ? [sentences(...words, notified)] : [...words, notified];
    }
    default:
      return unreachable(end);
  }
}

function stepWords(step: TriedStep, stages: number, person: Person): string {
  if (step.kind === 'passed') {
    const by = listed(step.by.map(fullName), 'and');
    return t`Stage ${step.stage} falls away: the approval of ${by} counts there, too.`;
  }
  const { approvers, counting, differentPerson } = step;
  const who = seatsWords(approvers, person);
  return sentences(
    stages > 1 ? t`Stage ${approvers.stage}: it goes to ${who}.` : t`It goes to ${who}.`,
    approvers.whyAdmins && whyAdminsWords(approvers.whyAdmins, false),
    differentPerson && t`Who has approved before doesn't count there.`,
    countingWords(counting, approvers),
  );
}

function countingWords(counting: readonly Person[], { needed }: Approvers): string {
  if (counting.length === 0) return '';
  const names = counting.map(fullName);
  const who = names.length <= NAMED ? listed(names, 'or') : someNames(names, NAMED);
  return needed > 1
    ? t`An earlier approval by ${who} counts there, too.`
    : t`It falls away if ${who} approved before: one press counts in each stage.`;
}

/** How many approvers of a stage are named. */
const NAMED = 5;

function seatsWords({ seats, needed }: Approvers, person: Person): string {
  const names = seats.map((seat) => whoFills(seat, person));
  if (needed === 1 && names.length <= NAMED) return listed(names, 'or');
  const some = someNames(names, NAMED);
  if (needed < names.length) return t`${needed} of these: ${some}`;
  return names.length <= NAMED ? listed(names, 'and') : some;
}

/** How many get a message: of the first stage at once, of the others when it comes to them. */
function notifiedWords(steps: readonly TriedStep[]): string {
  const stages = steps.flatMap((step) => (step.kind === 'asked' ? [peopleIn(step.approvers)] : []));
  const idsOf = (some: readonly (readonly Person[])[]) =>
    new Set(some.flatMap((people) => people.map(({ id }) => id)));
  const first = idsOf(stages.slice(0, 1));
  const later = idsOf(stages).size - first.size;
  const atOnce = plural(first.size, {
    one: t`1 person is notified.`,
    other: t`${sayNumber(first.size)} people are notified.`,
  });
  return later === 0
    ? atOnce
    : sentences(
        atOnce,
        plural(later, {
          one: t`1 more is notified when it comes to them.`,
          other: t`${sayNumber(later)} more are notified when it comes to them.`,
        }),
      );
}
