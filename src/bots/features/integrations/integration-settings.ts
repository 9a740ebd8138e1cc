/** Settings… of an integration: who may request it, who approves, for how long. */
import { t } from '../../../core/translate.ts';
import { changeSettings } from '../../../engine/integrations/change-integration.ts';
import { manifestOf } from '../../../engine/integrations/manifest-of.ts';
import type { Integration } from '../../../engine/people/directory.ts';
import { policyInWords } from '../../../engine/requests/policy-words.ts';
import { policyOf, settingsOf } from '../../../engine/settings/settings.ts';
import { asksForCodes } from '../../../engine/step-up/use-code.ts';
import type { Turn } from '../../live/context.ts';
import { formAction, type Reply, sayToPerson } from '../../view/action.ts';
import { note } from '../../view/card.ts';
import { errorsOf } from '../../view/form.ts';
import { asOfNow } from '../../view/left-alone.ts';
import { refuse } from '../admins.ts';
import { changedFrom } from '../change.ts';
import { CODE, refuseWithoutCode } from '../step-up/code-field.ts';
import { assigneeFields, readAssignee } from '../tasks/assignee-form.ts';
import { changeHeld, targetOf, targetPayload } from './integration-target.ts';
import { policyChangedBy, policyFields, readPolicy } from './policy-form.ts';

const wanted = () => t`change the settings of integrations`;

export const changePolicy = formAction({
  id: 'integration.settings',
  payload: targetPayload,
  admit: targetOf(wanted),
  title: () => t`Settings`,
  submitLabel: () => t`Save`,

  async fields(_payload, { integration, ...turn }) {
    if (await isAskedForByNobody(integration, turn)) return { refused: hasNone(integration) };
    const words = await policyInWords(policyOf(integration), turn.stores);
    return {
      title: t`Settings of ${integration.name}`,
      intro: [t`Now: ${words.join(' ')}`],
      fields: await fieldsOf(integration, turn),
    };
  },

  async submit(sent, _payload, { integration, shown, ...turn }) {
    if (await isAskedForByNobody(integration, turn)) return refuse(hasNone(integration));
    const now = await fieldsOf(integration, turn);
    const values = asOfNow(sent, shown, now);
    const before = policyOf(integration);
    const read = await readPolicy(values, turn, before);
    const does = isManual(integration) ? await readAssignee(values, turn, now) : undefined;
    if (!read.ok || (does && !does.ok))
      return { kind: 'invalid', errors: { ...errorsOf(read), ...errorsOf(does) } };
    const wantsCodes = values[CODES] === 'yes';
    const isAsked = wantsCodes || asksForCodes(integration);
    const refusal = await refuseWithoutCode({ integration, typed: values[CODE], isAsked }, turn);
    if (refusal) return refusal;
    const change = {
      ...(wantsCodes !== asksForCodes(integration) && { asksForCodes: wantsCodes }),
      ...(does && changedFrom(settingsOf(integration), { assignee: does.assignee })),
    };
    return changeHeld<Reply>(integration, turn, async (tx, held, by) => {
      const policy = policyChangedBy(read.policy, before, policyOf(held));
      await changeSettings(tx, held, { ...by, change: { ...change, policy } });
      const words = await policyInWords(policy, tx);
      return sayToPerson(note(t`Settings of ${held.name} are saved`, ...words));
    });
  },
});

const isManual = ({ manifestVersionId }: Integration): boolean => manifestVersionId === undefined;

const fieldsOf = async (integration: Integration, turn: Turn) => ({
  ...(await policyFields(policyOf(integration), turn)),
  ...(await whoDoesIt(integration, turn)),
  [CODES]: {
    kind: 'choice',
    label: t`Do approvals need a code from an authenticator app?`,
    hint: t`For sensitive apps. Grants by hand, and changes of these settings, then need one too.`,
    options: [
      { value: 'yes', label: t`Yes` },
      { value: 'no', label: t`No` },
    ],
    initial: asksForCodes(integration) ? 'yes' : 'no',
  } as const,
  [CODE]: {
    kind: 'text',
    label: t`Your own code`,
    hint: t`Needed to turn codes on, and to change anything while they are on.`,
    optional: true,
  } as const,
});

const CODES = 'asksForCodes';

/** Only a manual integration has an assignee; for others there is no field. */
async function whoDoesIt(integration: Integration, turn: Turn) {
  const fields = assigneeFields(settingsOf(integration).assignee, turn);
  return isManual(integration) ? fields : ({} as Awaited<typeof fields>);
}

/** Integrations that import people or send texts can't be requested. */
async function isAskedForByNobody(integration: Integration, { stores }: Turn): Promise<boolean> {
  const kind = (await manifestOf(stores, integration))?.kind;
  return kind === 'sync' || kind === 'text';
}

const hasNone = ({ name }: Integration) =>
  note(t`${name} has no such settings`, t`It grants no access, so no one requests it.`);
