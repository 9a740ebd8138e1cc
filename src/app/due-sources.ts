/** Everything that starts at a due time, for the tick. */
import { homeDay } from '../bots/features/home/home-day.ts';
import { accessSources } from '../engine/access/due-access.ts';
import { waitingSource } from '../engine/access/set-up-first.ts';
import { findingSources } from '../engine/findings/due-rounds.ts';
import { mayMoveLastDays, syncSources } from '../engine/imports/sync-schedules.ts';
import { deletionSource } from '../engine/integrations/delete-integration.ts';
import { headSource } from '../engine/messages/send-head.ts';
import { offboardingSource } from '../engine/offboarding/offboard.ts';
import { factClaimSource } from '../engine/people/fact-claims.ts';
import { absenceSources } from '../engine/requests/absences.ts';
import { breakGlassSource } from '../engine/requests/break-glass.ts';
import { stuckSource, undecidedSources } from '../engine/requests/undecided.ts';
import { reviewSources } from '../engine/reviews/due-reviews.ts';
import { ruleSources } from '../engine/rules/due-rules.ts';
import { sequenceSource } from '../engine/sequences/fire.ts';
import { taskSources } from '../engine/tasks/change-task.ts';
import { tokenSource } from '../engine/tokens/end-tokens.ts';
import { transitionSources } from '../engine/transitions/due-transitions.ts';
import type { Source, Zoned } from '../engine/work/due.ts';
import { purging } from '../engine/work/purge.ts';

export const dueSources = (deps: Zoned): readonly Source[] => [
  purging,
  // After an outage an import that was missed comes before last days that it may move.
  ...syncSources(deps),
  // Before all that grants and reminds: after an outage nothing begins for someone whose last day is over.
  offboardingSource(deps, mayMoveLastDays),
  homeDay(deps.timeZone),
  headSource(deps.timeZone),
  ...undecidedSources,
  stuckSource,
  breakGlassSource,
  ...absenceSources(deps),
  ...reviewSources(deps),
  ...accessSources,
  waitingSource,
  deletionSource,
  ...findingSources(deps),
  factClaimSource,
  ...taskSources(deps),
  tokenSource,
  sequenceSource,
  ...ruleSources(deps),
  ...transitionSources(deps),
];
