/** Delete…: lists what is lost and what isn't, and asks for the name. */
import { compact } from '../../../core/compact.ts';
import { listed } from '../../../core/listed.ts';
import { plural, t } from '../../../core/translate.ts';
import { peopleWithAccess } from '../../../engine/access/removals/people-with-access.ts';
import { deleteIntegration as deleteIt } from '../../../engine/integrations/delete-integration.ts';
import { type Loss, whatIsLost } from '../../../engine/integrations/integration-state.ts';
import type { Integration } from '../../../engine/people/directory.ts';
import type { Rule } from '../../../engine/rules/rule.ts';
import { rulesThatNeed } from '../../../engine/rules/still-rules.ts';
import { settingsOf } from '../../../engine/settings/settings.ts';
import { formAction, sayToPerson, showCard } from '../../view/action.ts';
import { note, rich, strong, type Text } from '../../view/card.ts';
import { refuse } from '../admins.ts';
import { change } from '../change.ts';
import { confirmField, unlessConfirmed } from '../confirm-name.ts';
import { someNames } from '../some-names.ts';
import { isBeingDeleted } from './being-deleted.ts';
import { integrationCardRef } from './integration-ref.ts';
import { targetOf, targetPayload } from './integration-target.ts';
import { whatItCancels } from './turn-integration.ts';

const whatIsWanted = () => t`delete integrations`;

export const deleteIntegration = formAction({
  id: 'integration.delete',
  payload: targetPayload,
  admit: targetOf(whatIsWanted),
  title: () => t`Delete an integration`,
  submitLabel: () => t`Delete`,
  tone: 'danger',

  async fields(_payload, { integration, ...turn }) {
    if (integration.deletingSince) return { refused: isBeingDeleted(integration) };
    const loss = await whatIsLost(turn.stores, integration);
    const people = (await peopleWithAccess(turn.stores, integration.id)).length;
    return {
      intro: compact([
        ...lossWords(integration, loss, people),
        ...(loss.unfinished > 0 ? await whatItCancels(integration.id, turn) : []),
        ...stillWithout(await rulesThatNeed(turn.stores, integration.id)),
      ]),
      fields: {
        ...(people > 0 && {
          access: {
            kind: 'choice',
            label: t`What happens to their access?`,
            hint: t`Remove: the integration stays turned off until the last removal is done. Keep: you get a task that lists who still has access.`,
            options: [
              {
                label: plural(people, {
                  one: t`Remove the access of 1 person first`,
                  other: t`Remove the access of ${people} people first`,
                }),
                value: 'remove',
              },
              { label: t`Keep their access`, value: 'keep' },
            ],
          } as const,
        }),
        name: confirmField(t`Name of the integration`, integration.name),
      },
    };
  },

  async submit({ name, access }, _payload, { integration, ...turn }) {
    const wrong = unlessConfirmed(name, integration.name);
    if (wrong) return wrong;
    // The form has no access field where nobody had access. Then the integration is deleted at once, unless someone has
    // got access since.
    const people = (await peopleWithAccess(turn.stores, integration.id)).length;
    const wanted = access === 'keep' || people === 0 ? 'keep' : 'remove';
    const after = await change(turn, async (tx, by) => {
      // What another admin chose while this form was open stays.
      const now = await tx.integrations.hold(integration.id, 'alone');
      if (now?.deletingSince && !now.deletedAt) return undefined;
      return deleteIt(tx, integration, { ...by, access: wanted });
    });
    if (!after) return refuse(isBeingDeleted(integration));
    if (!after.deletedAt) return showCard(integrationCardRef(integration.id));
    return sayToPerson(
      note(
        t`${integration.name} is deleted`,
        (settingsOf(after).whenDeleted?.people ?? 0) > 0
          ? t`People still have their access. Your task "${integration.name} was deleted" lists them.`
          : t`As far as Latchkey knows, no one had access to it.`,
      ),
    );
  },
});

/** How many rules are named; the list of rules shows which of them stand still. */
const RULES_NAMED = 5;

function stillWithout(rules: readonly Rule[]): readonly Text[] {
  if (rules.length === 0) return [];
  const names = someNames(
    rules.map(({ name }) => name),
    RULES_NAMED,
  );
  return [
    [
      plural(rules.length, {
        one: t`The rule ${names} compares what it brings. It then stands still: it grants and removes nothing until another import brings that.`,
        other: t`The rules ${names} compare what it brings. They then stand still: they grant and remove nothing until another import brings that.`,
      }),
    ],
  ];
}

/** What is lost, and who has access. */
function lossWords({ name }: Integration, loss: Loss, people: number): readonly Text[] {
  const { secrets, connected, versions } = loss;
  const gone = compact([
    versions > 0 && manifestWords(versions),
    secrets.length > 0 && t`its saved secrets (${secrets.join(', ')})`,
    connected && t`its connection`,
    t`its settings`,
    people > 0 && t`the record of who has access`,
  ]);
  return [
    rich`Deleting ${strong(name)} also deletes ${listed(gone, 'and')}. What it did stays in the activity list.`,
    people === 0
      ? [t`As far as Latchkey knows, no one has access to it.`]
      : [
          strong(
            plural(people, {
              one: t`1 person has access or may have it.`,
              other: t`${people} people have access or may have it.`,
            }),
          ),
        ],
  ];
}

const manifestWords = (versions: number): string =>
  plural(versions, {
    one: t`its manifest with 1 version`,
    other: t`its manifest with ${versions} versions`,
  });
