/** Turn off… and Turn on. */
import { plural, t } from '../../../core/translate.ts';
import { turnOff, turnOn } from '../../../engine/integrations/change-integration.ts';
import { fullName } from '../../../engine/people/directory.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply } from '../../view/action.ts';
import { rich, strong } from '../../view/card.ts';
import { refuse } from '../admins.ts';
import { change } from '../change.ts';
import { someNames } from '../some-names.ts';
import { isBeingDeleted } from './being-deleted.ts';
import { targetOf, targetPayload } from './integration-target.ts';

/** How many people with cancelled grants are named; the others are counted. */
const NAMED = 10;

export const turnIntegrationOff = formAction({
  id: 'integration.turn-off',
  payload: targetPayload,
  admit: targetOf(() => t`turn integrations off`),
  title: () => t`Turn off`,
  submitLabel: () => t`Turn off`,
  tone: 'danger',

  fields: async (_payload, { integration, ...turn }) => ({
    intro: [
      rich`${strong(integration.name)} grants no access and imports no one until you turn it on again. Access, secrets and settings stay, and access can still be revoked.`,
      ...(await whatItCancels(integration.id, turn)),
    ],
  }),

  async submit(_values, _payload, { integration, ...turn }): Promise<Reply> {
    await change(turn, (tx, by) => turnOff(tx, integration, by));
    return { kind: 'nothing' }; // The integration's card shows it.
  },
});

export const turnIntegrationOn = buttonAction({
  id: 'integration.turn-on',
  payload: targetPayload,
  admit: targetOf(() => t`turn integrations on`),

  async handle(_payload, { integration, ...turn }): Promise<Reply> {
    if (integration.deletingSince) return refuse(isBeingDeleted(integration));
    await change(turn, (tx, by) => turnOn(tx, integration, by));
    return { kind: 'nothing' };
  },
});

/** The grants under way, which turning off and deleting cancel. Nothing where there are none. */
export async function whatItCancels(
  integrationId: string,
  { stores }: Turn,
): Promise<readonly string[]> {
  const grants = (await stores.runs.unfinishedAt(integrationId)).filter(
    ({ kind }) => kind === 'execute',
  );
  if (grants.length === 0) return [];
  const people = await stores.people.findMany(grants.map(({ personId }) => personId));
  const whom = someNames(people.map(fullName), NAMED);
  const cancelled = plural(grants.length, {
    one: t`This cancels 1 unfinished grant: ${whom}. If it has already set something up, Latchkey removes that.`,
    other: t`This cancels ${grants.length} unfinished grants: ${whom}. If they have already set something up, Latchkey removes that.`,
  });
  return [cancelled];
}
