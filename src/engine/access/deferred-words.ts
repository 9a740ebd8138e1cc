/** Sentences for people about a grant that waits. */
import { t } from '../../core/translate.ts';
import type { WaitingFacts } from '../people/fact-questions.ts';
import type { Run } from '../runs/run.ts';

/** What blocks it; none of these where it is a removal. */
export interface Waiting {
  /** The active run. */
  readonly behind?: Run;
  readonly facts?: WaitingFacts;
  /** See `Deferred.notSetUp`. */
  readonly notSetUp?: string | undefined;
}

export function waitsFor(
  { behind, facts, notSetUp }: Waiting,
  integration: string,
  person: string,
): string {
  if (!behind && facts)
    return facts.inChat
      ? t`It starts when ${person} confirms this in chat: ${facts.labels.join(', ')}.`
      : t`It starts when an admin confirms this about ${person}: ${facts.labels.join(', ')}.`;
  if (!behind && notSetUp !== undefined) return t`${notSetUp} Then access is granted.`;
  if (!behind) return t`It starts when the removal of ${integration} from ${person} has ended.`;
  return isRevoke(behind)
    ? t`It starts when ${integration} has been revoked from ${person}.`
    : t`It starts when another grant of ${integration} for ${person} has finished.`;
}

/** The same for stored texts: it is still true after the grant has started. */
export function hadToWaitFor(
  { behind, facts, notSetUp }: Waiting,
  integration: string,
  person: string,
): string {
  if (!behind && facts)
    return t`It had to wait until this was confirmed about ${person}: ${facts.labels.join(', ')}.`;
  if (!behind && notSetUp !== undefined)
    return t`It had to wait until an admin had set up ${integration}.`;
  return behind && !isRevoke(behind)
    ? t`It had to wait for another grant of ${integration} for ${person} to finish.`
    : t`It had to wait until ${integration} was removed from ${person}.`;
}

const isRevoke = ({ kind, stoppedBy }: Run): boolean =>
  kind === 'revoke' || stoppedBy !== undefined;
