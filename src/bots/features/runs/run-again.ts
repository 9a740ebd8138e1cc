/** Try again…: starts an unsuccessful grant again with the same answers; the form only asks for what is missing now. */
import { t } from '../../../core/translate.ts';
import { unansweredOf } from '../../../engine/calls/run-context.ts';
import type { Manifest } from '../../../engine/manifest/schema.ts';
import type { Integration, Person } from '../../../engine/people/directory.ts';
import { cameToNothing, type KeptInputs, keptInputs } from '../../../engine/runs/run-again.ts';
import { policyOf } from '../../../engine/settings/settings.ts';
import type { Turn } from '../../live/context.ts';
import { formAction, type OrRefused, sayHere } from '../../view/action.ts';
import { note } from '../../view/card.ts';
import type { Fields } from '../../view/form.ts';
import { askLength, askReason, grantNow, lookUpGrant, reasonIn } from '../access/grant-access.ts';
import {
  answersInWords,
  answersTo,
  changedForm,
  FORM,
  factsIn,
  grantFields,
  grantTitle,
  keptWords,
  knownOf,
  optionsAt,
  whoGetsWhat,
} from '../access/grant-form.ts';
import { readLength } from '../access/length-fields.ts';
import { withApprovals } from '../requests/request-instead.ts';
import { CODE, codeFieldOf, refuseWithoutCode } from '../step-up/code-field.ts';
import { runPayload } from './run-ref.ts';

export const runAgain = formAction({
  id: 'run.again',
  payload: runPayload,
  admit: lookUp,
  title: () => t`Try it again`,
  submitLabel: () => t`Try again`,

  async fields(_payload, { person, integration, manifest, kept, ...turn }) {
    const known = await knownOf(person, turn.stores);
    const own = await grantFields(
      missingOf(manifest, kept),
      known,
      optionsAt(integration, person, turn),
    );
    const fields: Fields = {
      ...(await withApprovals(manifest.form, own, turn)),
      ...(await askLength({ person, integration }, turn, kept.hours)),
      ...(await askReason(person, integration, turn)),
      ...codeFieldOf(integration),
    };
    return {
      title: grantTitle(integration.name),
      intro: [
        whoGetsWhat(person, integration.name, Object.keys(fields).length),
        t`Everything runs again from the first step, including what succeeded last time.`,
        ...keptWords(kept.answers),
      ],
      fields,
    };
  },

  async submit(values, _payload, { person, integration, manifest, kept, shown, ...turn }) {
    const length = readLength(values, policyOf(integration).longestHours);
    if (!length.ok) return { kind: 'invalid', errors: length.errors };
    const { hours } = length;
    const reason = reasonIn(values);
    const form = { ...kept.form, ...answersTo(FORM, values) };
    if (unansweredOf(manifest, form).length > 0)
      return sayHere(changedForm(t`Nothing was granted`, integration));
    const refusal = await refuseWithoutCode({ integration, typed: values[CODE] }, turn);
    if (refusal) return refusal;
    const facts = factsIn(values);
    const answers = [...kept.answers, ...answersInWords(manifest, values, shown)];
    return grantNow({ person, integration, form, answers, hours, reason, facts }, shown, turn);
  },
});

type FoundRun = OrRefused<{
  readonly person: Person;
  readonly integration: Integration;
  readonly manifest: Manifest;
  /** The inputs of the run that the form still has. */
  readonly kept: KeptInputs;
}>;

async function lookUp({ runId }: { readonly runId: string }, turn: Turn): Promise<FoundRun> {
  const run = await turn.stores.runs.find(runId);
  if (!run)
    return { refused: note(t`This run no longer exists`, t`There is nothing to try again.`) };
  const asked = await lookUpGrant(run, turn);
  if (asked.refused) return asked;
  const { person, integration, manifest } = asked;
  if (!manifest || !cameToNothing(run))
    return {
      refused: note(t`There is nothing to try again`, t`Its card shows the current state.`),
    };
  return {
    person,
    integration,
    manifest,
    kept: keptInputs(manifest, await turn.stores.runs.inputs(run.id)),
  };
}

/** The fields without an answer, since the form may have changed. */
const missingOf = (
  { form, extraUserInfo }: Manifest,
  kept: Pick<KeptInputs, 'form'>,
): Pick<Manifest, 'form' | 'extraUserInfo'> => ({
  form: form.filter(({ id, required }) => required && !Object.hasOwn(kept.form, id)),
  extraUserInfo,
});
