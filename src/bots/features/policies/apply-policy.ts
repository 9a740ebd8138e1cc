/** A policy's changes as a whole: apply or discard them; and the owners of the integration. */
import { t } from '../../../core/translate.ts';
import { changeSettings } from '../../../engine/integrations/change-integration.ts';
import {
  applyRoute,
  discardRoute,
  editedRoute,
} from '../../../engine/integrations/change-route.ts';
import type { Integration } from '../../../engine/people/directory.ts';
import { isAdmin } from '../../../engine/people/permission.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import { MAX_MEMBERS } from '../../../engine/requests/groups.ts';
import { namesIn } from '../../../engine/requests/policy-words.ts';
import { casesWords, stagesWords } from '../../../engine/requests/route-words.ts';
import { hasLargeGroup } from '../../../engine/requests/try-route.ts';
import { isMoreAutomatic, type Route } from '../../../engine/settings/route.ts';
import { policyOf, routeOf, settingsOf } from '../../../engine/settings/settings.ts';
import { failed } from '../../../engine/work/change-result.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply } from '../../view/action.ts';
import { note } from '../../view/card.ts';
import { asOfNow } from '../../view/left-alone.ts';
import { refuse } from '../admins.ts';
import { change, unlessFailed } from '../change.ts';
import { targetAt, targetOf, targetPayload } from '../integrations/integration-target.ts';
import { peopleAnswered, peopleFields } from '../people/person-fields.ts';
import { CODE, codeFieldOf, refuseWithoutCode } from '../step-up/code-field.ts';
import { integrationFor, policyTarget, showPolicy } from './policy-ref.ts';

/** The route as sentences, one for each case. */
async function routeSentences(
  route: Route,
  stores: Pick<Stores, 'people' | 'integrations'>,
): Promise<readonly string[]> {
  const style = { nameOf: await namesIn(route, stores) };
  const cases = casesWords(route, style);
  return cases.length > 0 ? cases : [`${stagesWords(route.stages, style)}.`];
}

export const openPolicy = buttonAction({
  id: 'policy.open',
  payload: targetPayload,
  admit: targetAt({ right: 'see app', what: () => t`see who approves` }),
  handle: async (_target, { integration }) => showPolicy(integration.id),
});

export const applyPolicy = formAction({
  id: 'policy.apply',
  payload: policyTarget,
  admit: integrationFor,
  title: () => t`Apply changes`,
  submitLabel: () => t`Apply`,

  async fields(_payload, { integration, ...turn }) {
    const route = editedRoute(integration);
    if (await hasLargeGroup(route, turn.stores)) return { refused: tooMany() };
    if (asksForAdmin(integration, turn)) return { refused: onlyAdmins() };
    const before = await routeSentences(routeOf(policyOf(integration)), turn.stores);
    const after = await routeSentences(route, turn.stores);
    return {
      intro: [
        t`Now: ${before.join(' ')}`,
        t`After: ${after.join(' ')}`,
        t`This applies to new requests. Open requests keep their approvers.`,
      ],
      fields: codeFieldOf(integration),
    };
  },

  async submit(values, target, { integration, ...turn }) {
    if (await hasLargeGroup(editedRoute(integration), turn.stores)) return refuse(tooMany());
    if (asksForAdmin(integration, turn)) return refuse(onlyAdmins());
    const refusal = await refuseWithoutCode({ integration, typed: values[CODE] }, turn);
    if (refusal) return refusal;
    const applied = await change(turn, (tx, by) =>
      applyRoute(tx, target.integrationId, { ...by, seen: target.version }),
    );
    return unlessFailed(applied, t`Nothing changed`, showPolicy(target.integrationId));
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
  admit: integrationFor,

  async handle(_payload, { integration, ...turn }): Promise<Reply> {
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
  admit: targetOf(wanted),
  title: () => t`Owners`,
  submitLabel: () => t`Save`,

  fields: async (_payload, { integration, ...turn }) => ({
    intro: [
      t`Owners change who approves, and approve where a stage says so. They see who has access, start reviews of it, and review break-glass.`,
    ],
    fields: { ...(await ownerFields(integration, turn)), ...codeFieldOf(integration) },
  }),

  async submit(sent, _payload, { integration, shown, ...turn }) {
    const values = asOfNow(sent, shown, await ownerFields(integration, turn));
    const read = await peopleAnswered(values, turn);
    if (!read.ok) return { kind: 'invalid', errors: read.errors };
    if (read.people.length > MAX_OWNERS)
      return { kind: 'invalid', errors: { emails: t`At most ${MAX_OWNERS} people.` } };
    const refusal = await refuseWithoutCode({ integration, typed: values[CODE] }, turn);
    if (refusal) return refusal;
    const ownerIds = read.people.map(({ id }) => id);
    const saved = await change(turn, async (tx, by) => {
      const held = await tx.integrations.hold(integration.id, 'alone');
      // Chat was asked who they are: another admin may have saved owners meanwhile.
      return held && ownersOf(held) === ownersOf(integration)
        ? changeSettings(tx, held, { ...by, change: { ownerIds } })
        : failed(
            t`${integration.name} has just changed. Its card shows it as it is now; try again there.`,
          );
    });
    return unlessFailed(saved, t`Nothing changed`, showPolicy(integration.id));
  },
});

const ownersOf = (integration: Integration): string =>
  (settingsOf(integration).ownerIds ?? []).join(' ');

const ownerFields = async (integration: Integration, turn: Turn) =>
  peopleFields(
    { label: t`Owners`, emailLabel: t`Owners (email addresses)` },
    await turn.stores.people.findMany(settingsOf(integration).ownerIds ?? []),
    turn,
  );
