/**
 * Enter secrets: the values of an integration's `initial_data_form`. A link opens a page for the secrets; this form has
 * the other values. Where the page can't be opened, the form has the secrets too. Slack and Teams don't store input of
 * their dialogs in messages, and the form session stores only the fields.
 */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import {
  type AskedValue,
  askedOf,
  type Entered,
  enterSecrets as saveSecrets,
} from '../../../engine/integrations/enter-secrets.ts';
import { stateOf } from '../../../engine/integrations/integration-state.ts';
import { nextStep } from '../../../engine/integrations/next-step.ts';
import type { Integration } from '../../../engine/people/directory.ts';
import type { Turn } from '../../live/context.ts';
import { sendLink } from '../../live/send-link.ts';
import { formAction, type Reply, sayToPerson } from '../../view/action.ts';
import { outdatedForm } from '../../view/answers.ts';
import { type Card, note } from '../../view/card.ts';
import type { Field, Fields } from '../../view/form.ts';
import { asAdmin, refuse } from '../admins.ts';
import { change } from '../change.ts';
import { wasDeleted } from './integration-target.ts';

const payload = z.object({ integrationId: z.string() });
type Target = z.infer<typeof payload>;

export const enterSecrets = formAction({
  id: 'secrets.enter',
  payload,
  right: 'set up',
  title: () => t`Enter values`,
  submitLabel: () => t`Save`,

  async instead(target, turn: Turn): Promise<Reply | undefined> {
    const plan = await planFor(target, turn);
    if ('refused' in plan) return refuse(plan.refused);
    if (plan.here.length > 0) return undefined;
    return plan.onPage.length > 0 ? linkTo(plan, turn) : refuse(elsewhere(plan));
  },

  async fields(target, turn) {
    const plan = await planFor(target, turn);
    if ('refused' in plan) return plan;
    return {
      title: t`Set up ${plan.integration.name}`,
      intro: introOf(plan),
      fields: Object.fromEntries(plan.here.map((value) => [value.id, fieldOf(value)])),
    };
  },

  async submit(values, target, { shown, ...turn }) {
    const plan = await planFor(target, turn);
    if ('refused' in plan) return refuse(plan.refused);
    if (plan.here.some(({ id, secret }) => !secret && isSecret(shown, id)))
      return refuse(outdatedForm());
    const { saved, problems } = await change(turn, (tx, by): Promise<Entered> => {
      return saveSecrets(tx, plan.integration, { ...by, asked: plan.here, typed: textsOf(values) });
    });
    if (Object.keys(problems).length > 0) return { kind: 'invalid', errors: problems };
    if (plan.onPage.length > 0) return linkTo(plan, turn);
    return sayToPerson(await savedCard(plan, saved.length, turn));
  },
});

/** Whether the form asked for it as a secret. The manifest may have changed since. */
const isSecret = (shown: Fields, id: string): boolean => {
  const field = Object.hasOwn(shown, id) ? shown[id] : undefined;
  return field?.kind === 'text' && field.secret === true;
};

/** Where each value is entered. */
interface Plan {
  readonly integration: Integration;
  /** In this form. */
  readonly here: readonly AskedValue[];
  /** On the page, by a link after this form. */
  readonly onPage: readonly AskedValue[];
  /** On the command line: the page can't be opened, and the installation doesn't allow secrets in chat. */
  readonly nowhere: readonly AskedValue[];
}

async function planFor(
  { integrationId }: Target,
  turn: Turn,
): Promise<Plan | { readonly refused: Card }> {
  const { refused } = await asAdmin(() => t`enter secrets`, turn, { integrationId });
  if (refused) return { refused };
  const integration = await turn.stores.integrations.find(integrationId);
  if (!integration || integration.deletedAt) return { refused: wasDeleted(integration?.name) };
  const asked = (await askedOf(turn.stores, integration))?.values;
  if (!asked) return { refused: unreadable(integration) };
  if (asked.length === 0) return { refused: nothingAsked(integration) };
  const plain = asked.filter(({ secret }) => !secret);
  const secrets = asked.filter(({ secret }) => secret);
  const plan = { integration, here: plain, onPage: [], nowhere: [] };
  if (turn.links.openFrom(turn.via)) return { ...plan, onPage: secrets };
  return turn.installation.secretsInChat ? { ...plan, here: asked } : { ...plan, nowhere: secrets };
}

const linkTo = ({ integration: { id, name }, onPage }: Plan, turn: Turn): Promise<Reply> =>
  sendLink(
    { purpose: 'secrets', subject: id },
    {
      title: t`Set up ${name}`,
      paragraphs: [
        t`Enter on a secure page: ${namesOf(onPage)}. Nothing you enter there is posted in chat.`,
      ],
    },
    turn,
  );

const namesOf = (values: readonly AskedValue[]): string =>
  values.map(({ name }) => name).join(', ');

function introOf(plan: Plan): readonly string[] {
  const { here, onPage } = plan;
  const keeps = here.some(({ isSet }) => isSet) ? [t`Leave a field blank to keep its value.`] : [];
  if (onPage.length > 0)
    return [t`After this, I'll send you a link to the page for ${namesOf(onPage)}.`, ...keeps];
  if (plan.nowhere.length > 0) return [onCommandLine(plan), ...keeps];
  return here.some(({ secret }) => secret)
    ? [
        t`What you enter isn't posted in chat and is never shown again. Make sure no one can see your screen.`,
        ...keeps,
      ]
    : keeps;
}

function fieldOf({
  name,
  description,
  isSet,
  secret,
}: AskedValue): Field & { readonly kind: 'text' } {
  const hint = [description, isSet ? t`Saved. Leave blank to keep it.` : undefined]
    .filter((text) => text !== undefined)
    .join(' ');
  return { kind: 'text', label: name, optional: isSet, secret, hint: hint || undefined };
}

const textsOf = (
  values: Readonly<Record<string, unknown>>,
): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(
    Object.entries(values).map(([id, value]) => [
      id,
      typeof value === 'string' ? value : undefined,
    ]),
  );

async function savedCard(
  { integration, nowhere, ...plan }: Plan,
  count: number,
  turn: Turn,
): Promise<Card> {
  const { name } = integration;
  const next =
    nowhere.length > 0
      ? onCommandLine({ integration, nowhere, ...plan })
      : nextStep(name, await stateOf(turn.stores, integration));
  return count > 0
    ? note(t`Saved for ${name}`, next)
    : note(t`Nothing changed for ${name}`, t`You left every field blank.`, next);
}

const onCommandLine = ({ integration: { name }, nowhere }: Plan): string =>
  t`You can't enter ${namesOf(nowhere)} here. Set PUBLIC_URL so that Latchkey can open a page for it, or put it in a file on the server and run there: latchkey integration secrets "${name}" FILE`;

const elsewhere = (plan: Plan): Card =>
  note(t`Secrets of ${plan.integration.name} can't be entered in chat`, onCommandLine(plan));
const unreadable = ({ name }: Integration): Card =>
  note(
    t`The manifest of ${name} can't be read`,
    t`So Latchkey doesn't know what it needs. Save the manifest again first.`,
  );
const nothingAsked = ({ name }: Integration): Card =>
  note(
    t`${name} needs no values`,
    t`The manifest has no initial_data_form, so there is nothing to enter.`,
  );
