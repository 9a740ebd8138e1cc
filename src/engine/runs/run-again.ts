/** A grant that came to nothing, and what of it another try keeps. */
import type { Manifest } from '../manifest/schema.ts';
import type { Run, RunInputs } from './run.ts';

/** Whether the run is a grant that ended without success, so that it can be tried again. */
export const cameToNothing = ({ kind, state }: Run): boolean =>
  kind === 'execute' && (state === 'failed' || state === 'blocked' || state === 'cancelled');

export type KeptInputs = Omit<RunInputs, 'generated' | 'answers'> &
  Required<Pick<RunInputs, 'answers'>>;

/** The inputs of the run that the form still has. */
export function keptInputs(
  { form: fields, extraUserInfo }: Manifest,
  { form, answers = [], hours }: RunInputs,
): KeptInputs {
  const labels = new Set([...fields, ...extraUserInfo].map(({ name }) => name));
  const ids = new Set(fields.map(({ id }) => id));
  return {
    form: Object.fromEntries(Object.entries(form).filter(([id]) => ids.has(id))),
    answers: answers.filter(({ label }) => labels.has(label)),
    hours,
  };
}
