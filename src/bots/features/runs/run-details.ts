/** Technical details of a run, for admins: its requests, their status, and what the app answered. */
import { compact } from '../../../core/compact.ts';
import { isWrite } from '../../../core/network/is-write.ts';
import { sayStored } from '../../../core/stored-sentence.ts';
import { locale, t } from '../../../core/translate.ts';
import { fullName } from '../../../engine/people/directory.ts';
import type { Run, Step } from '../../../engine/runs/run.ts';
import { buttonAction, sayToPerson } from '../../view/action.ts';
import {
  type Block,
  type Button,
  code,
  muted,
  note,
  paragraph,
  rich,
  type Text,
} from '../../view/card.ts';
import { readersTo, refuse } from '../admins.ts';
import { findRun, runIsGone } from './find-run.ts';
import { runPayload } from './run-ref.ts';

/** Enough of an answer to see the problem; the run has the rest. */
const RESPONSE_SHOWN = 600;

export const showRunDetails = buttonAction({
  id: 'run.details',
  payload: runPayload,
  admit: readersTo(() => t`see technical details`),

  async handle({ runId }, turn) {
    const { stores } = turn;
    const found = await findRun(runId, stores);
    if (!found) return refuse(runIsGone());
    const { run, person, integration } = found;
    const steps = await stores.runs.steps(run.id, run.attempt);
    const title = t`Technical details: ${integration.name} for ${fullName(person)}`;
    const detail = lacksToken(run)
      ? (await stores.oauth.find(integration.id))?.failure?.why
      : undefined;
    const blocks: readonly Block[] = compact([
      ...steps.map(renderStep),
      detail !== undefined && paragraph(sayStored(detail)),
      ...answerOf(run, steps),
    ]);
    if (blocks.length === 0) return refuse(note(title, t`No request was sent in this attempt.`));
    return sayToPerson({ title, blocks });
  },
});

export const detailsButton = (runId: string): Button => ({
  label: t`Technical details`,
  does: showRunDetails.with({ runId }),
});

/** Then no step says why: the app didn't renew the token. */
export const lacksToken = (run: Run): boolean => 'error' in run && run.error.code === 'no-token';

const marks = { sending: '…', waiting: '…', done: '✓', failed: '✗', unknown: '?' } as const;

function renderStep(step: Step): Block {
  const { index, method, url, state, status, tries, warnings, startedAt, finishedAt } = step;
  const ms = finishedAt && finishedAt.getTime() - startedAt.getTime();
  const again = isWrite({ method }) ? t`tried ${tries} times` : t`checked ${tries} times`;
  const details = compact([
    status !== undefined && t`status ${status}`,
    ms !== undefined && (ms < 1000 ? `${ms} ms` : `${secondsWords(ms)} s`),
    tries > 1 && again,
    ...warnings.map(sayStored),
  ]);
  const text: Text = [
    `${marks[state]} ${index + 1}. `,
    code(`${method} ${url}`),
    details.map((each) => ` · ${each}`).join(''),
  ];
  return muted(text);
}

/** `1.2` or `1,2` */
const secondsWords = (ms: number): string =>
  (ms / 1000).toLocaleString(locale(), { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** The app's response, where the run failed. */
function answerOf(run: Run, steps: readonly Step[]): Block[] {
  const said = steps.at(-1)?.responseText?.trim();
  const failed = run.state === 'failed' || run.state === 'retrying' || run.state === 'blocked';
  if (!failed || !said) return [];
  const more = said.length - RESPONSE_SHOWN;
  return [
    paragraph(
      compact([
        ...rich`Response: ${code(said.slice(0, RESPONSE_SHOWN))}`,
        more > 0 && ` ${t`… and ${more} more characters`}`,
      ]),
    ),
  ];
}
