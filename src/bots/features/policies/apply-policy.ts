/** A policy's changes as a whole: try them with a person, apply or discard them; and the owners of the integration. */
import { listed } from '../../../core/listed.ts';
import { plural, sayNumber, sentences, t } from '../../../core/translate.ts';
import { changeSettings } from '../../../engine/integrations/change-integration.ts';
import {
  applyRoute,
  discardRoute,
  editedRoute,
} from '../../../engine/integrations/change-route.ts';
import { fullName, type Integration, type Person } from '../../../engine/people/directory.ts';
import { isAdmin } from '../../../engine/people/permission.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import { type Approvers, whyAdminsWords } from '../../../engine/requests/approvers.ts';
import { MAX_MEMBERS } from '../../../engine/requests/groups.ts';
import { namesIn } from '../../../engine/requests/policy-words.ts';
import { casesWords, stagesWords, whenWords } from '../../../engine/requests/route-words.ts';
import { hasLargeGroup, type TriedPath, tryRoute } from '../../../engine/requests/try-route.ts';
import { isMoreAutomatic, type Route } from '../../../engine/settings/route.ts';
import { policyOf, routeOf } from '../../../engine/settings/settings.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply } from '../../view/action.ts';
import { note, type Text } from '../../view/card.ts';
import type { Fields } from '../../view/form.ts';
import { refuse } from '../admins.ts';
import { change } from '../change.ts';
import { targetAt, targetOf, targetPayload } from '../integrations/integration-target.ts';
import {
  peopleAnswered,
  peopleFields,
  personAnswered,
  personFields,
} from '../people/person-fields.ts';
import { someNames } from '../some-names.ts';
import { CODE, codeFieldOf, refuseWithoutCode } from '../step-up/code-field.ts';
import { integrationFor, policyTarget, showPolicy } from './policy-ref.ts';

/** The route as sentences, one for each case. */
async function routeSentences(
  route: Route,
  stores: Pick<Stores, 'people' | 'integrations'>,
): Promise<readonly string[]> {
  const nameOf = await namesIn(route, stores);
  const cases = casesWords(route, nameOf);
  return cases.length > 0 ? cases : [`${stagesWords(route.stages, nameOf)}.`];
}

export const openPolicy = buttonAction({
  id: 'policy.open',
  payload: targetPayload,

  async handle(target, turn: Turn): Promise<Reply> {
    const what = () => t`see who approves`;
    const { integration, refused } = await targetAt(target, { right: 'see app', what }, turn);
    return refused ? refuse(refused) : showPolicy(integration.id);
  },
});

export const tryPolicy = formAction({
  id: 'policy.try',
  payload: targetPayload,
  title: () => t`Try with a person`,
  submitLabel: () => t`Try`,

  async fields(target, turn: Turn) {
    const { integration, refused } = await integrationFor(target, turn);
    if (refused) return { refused };
    const labels = { label: t`Person`, emailLabel: t`Person's email address` };
    return {
      intro: [
        [
          t`Who would approve if this person requested ${integration.name} now? Nothing is requested, and no one is notified.`,
        ],
      ],
      fields: (await personFields(labels, undefined, turn)) satisfies Fields,
    };
  },

  async submit({ picked, email }, target, turn) {
    const { integration, refused } = await integrationFor(target, turn);
    if (refused) return refuse(refused);
    const read = await personAnswered({ picked, email }, turn);
    if (!read.ok) return { kind: 'invalid', errors: { [read.field]: read.why } };
    const words = await triedWords({ person: read.person, integration }, turn);
    return {
      kind: 'say',
      to: 'person',
      card: note(t`If ${fullName(read.person)} requests ${integration.name}`, ...words),
    };
  },
});

async function triedWords(
  { person, integration }: { readonly person: Person; readonly integration: Integration },
  { stores, now, installation }: Turn,
): Promise<readonly string[]> {
  const route = editedRoute(integration);
  const at = { now: now(), timeZone: installation.timeZone };
  const paths = await tryRoute({ route, person, integration }, stores, at);
  const nameOf = await namesIn(route, stores);
  return paths.map((path) => {
    const goes = goesTo(path);
    if (path.when.length > 0) return t`If ${whenWords(path, nameOf)}: ${goes}`;
    return paths.length === 1 ? goes : t`Else: ${goes}`;
  });
}

/** How many approvers of a stage are named. */
const NAMED = 5;

function goesTo({ stages }: TriedPath): string {
  if (stages.length === 0) return t`It's approved automatically.`;
  const stuck = stages.find(({ state }) => state === 'stuck');
  if (stuck) return t`It can't be requested: too few people could approve it.`;
  const who = stages.map(stageSeats);
  const [first = '', ...others] = who;
  const people = new Set(
    stages.flatMap(({ seats }) => seats.flatMap((seat) => seat.people.map(({ id }) => id))),
  ).size;
  const why = stages.map(({ whyAdmins }) => whyAdmins && whyAdminsWords(whyAdmins, false));
  return sentences(
    others.length === 0
      ? t`It goes to ${first}.`
      : t`It goes to ${first}, ${others.map((each) => t`then to ${each}`).join(', ')}.`,
    ...new Set(why),
    plural(people, {
      one: t`1 person is notified.`,
      other: t`${sayNumber(people)} people are notified.`,
    }),
  );
}

function stageSeats({ seats, needed }: Approvers): string {
  const names = seats.map(({ approver }) => fullName(approver));
  if (needed === 1 && names.length <= NAMED) return listed(names, 'or');
  const some = someNames(names, NAMED);
  return needed < names.length ? t`${needed} of these: ${some}` : some;
}

export const applyPolicy = formAction({
  id: 'policy.apply',
  payload: policyTarget,
  title: () => t`Apply changes`,
  submitLabel: () => t`Apply`,

  async fields(target, turn: Turn) {
    const { integration, refused } = await integrationFor(target, turn);
    if (refused) return { refused };
    const route = editedRoute(integration);
    if (await hasLargeGroup(route, turn.stores)) return { refused: tooMany() };
    if (asksForAdmin(integration, turn)) return { refused: onlyAdmins() };
    const before = await routeSentences(routeOf(policyOf(integration)), turn.stores);
    const after = await routeSentences(route, turn.stores);
    const intro: Text[] = [
      [t`Now: ${before.join(' ')}`],
      [t`After: ${after.join(' ')}`],
      [t`This applies to new requests. Open requests keep their approvers.`],
    ];
    return { intro, fields: codeFieldOf(integration) };
  },

  async submit(values, target, turn) {
    const { integration, refused } = await integrationFor(target, turn);
    if (refused) return refuse(refused);
    if (await hasLargeGroup(editedRoute(integration), turn.stores)) return refuse(tooMany());
    if (asksForAdmin(integration, turn)) return refuse(onlyAdmins());
    const refusal = await refuseWithoutCode({ integration, typed: values[CODE] }, turn);
    if (refusal) return refusal;
    const applied = await change(turn, (tx, by) =>
      applyRoute(tx, target.integrationId, { ...by, seen: target.version }),
    );
    return applied.ok
      ? showPolicy(target.integrationId)
      : refuse(note(t`Nothing changed`, applied.why));
  },
});

/** An owner who could do that would approve their own requests. */
const asksForAdmin = (integration: Integration, { actor }: Turn): boolean =>
  !isAdmin(actor) && isMoreAutomatic(routeOf(policyOf(integration)), editedRoute(integration));

const onlyAdmins = () =>
  note(
    t`An admin has to apply this`,
    t`It lets requests be approved automatically, your own as well. Your changes are kept: ask a Latchkey admin to apply them, or add a stage.`,
  );

const tooMany = () =>
  note(
    t`Too many people match`,
    t`A condition that names approvers may match at most ${MAX_MEMBERS} people. Edit that stage.`,
  );

export const discardPolicy = buttonAction({
  id: 'policy.discard',
  payload: targetPayload,

  async handle(target, turn: Turn): Promise<Reply> {
    const { integration, refused } = await integrationFor(target, turn);
    if (refused) return refuse(refused);
    await change(turn, (tx, by) => discardRoute(tx, integration, by));
    return { kind: 'nothing' };
  },
});

/** As many as the settings take. */
const MAX_OWNERS = 20;

const wanted = () => t`change the owners of integrations`;

export const setOwners = formAction({
  id: 'policy.owners',
  payload: targetPayload,
  title: () => t`Owners`,
  submitLabel: () => t`Save`,

  async fields(target, turn: Turn) {
    const { integration, refused } = await targetOf(target, wanted, turn);
    if (refused) return { refused };
    const owners = await turn.stores.people.findMany(integration.settings?.ownerIds ?? []);
    return {
      intro: [
        [
          t`Owners change who approves, and approve where a stage says so. They see who has access, start reviews of it, and review break-glass.`,
        ],
      ],
      fields: {
        ...(await peopleFields(
          { label: t`Owners`, emailLabel: t`Owners (email addresses)` },
          owners,
          turn,
        )),
        ...codeFieldOf(integration),
      },
    };
  },

  async submit(values, target, turn) {
    const { integration, refused } = await targetOf(target, wanted, turn);
    if (refused) return refuse(refused);
    const read = await peopleAnswered(values, turn);
    if (!read.ok) return { kind: 'invalid', errors: { [read.field]: read.why } };
    if (read.people.length > MAX_OWNERS)
      return { kind: 'invalid', errors: { emails: t`At most ${MAX_OWNERS} people.` } };
    const refusal = await refuseWithoutCode({ integration, typed: values[CODE] }, turn);
    if (refusal) return refusal;
    const ownerIds = read.people.map(({ id }) => id);
    await change(turn, (tx, by) =>
      changeSettings(tx, integration, { ...by, change: { ownerIds } }),
    );
    return showPolicy(integration.id);
  },
});
