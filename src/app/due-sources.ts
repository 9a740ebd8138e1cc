/** Everything that happens because its time has come, for the tick. */

import { notifyHold } from '../bots/features/access/hold-notice.ts';
import { homeDay } from '../bots/features/home/home-day.ts';
import { offboardingNews } from '../bots/features/offboarding/offboarding-news.ts';
import { requestNews, taskNews, taskReminders } from '../bots/features/requests/request-news.ts';
import { reviewNews } from '../bots/features/reviews/review-news.ts';
import { sequenceNews } from '../bots/features/sequences/sequence-news.ts';
import { accessSources } from '../engine/access/due-access.ts';
import { syncSources } from '../engine/imports/sync-schedules.ts';
import { deletionSource } from '../engine/integrations/delete-integration.ts';
import { offboardingSources } from '../engine/offboarding/offboard.ts';
import { factClaimSource } from '../engine/people/fact-claims.ts';
import { absenceSources } from '../engine/requests/absences.ts';
import type { Asking } from '../engine/requests/ask-access.ts';
import { undecidedSources } from '../engine/requests/undecided.ts';
import { reviewSources } from '../engine/reviews/reviews.ts';
import { sequenceSource } from '../engine/sequences/fire.ts';
import { taskSources } from '../engine/tasks/change-task.ts';
import type { Source } from '../engine/work/due.ts';
import { purging } from '../engine/work/purge.ts';

export function dueSources(
  parts: Pick<Asking, 'now' | 'newId' | 'randomBytes' | 'timeZone'>,
): readonly Source[] {
  const asking: Asking = { ...parts, news: requestNews, taskNews };
  return [
    purging,
    homeDay(parts.timeZone),
    ...syncSources(parts),
    ...undecidedSources(asking),
    ...absenceSources(asking),
    ...reviewSources({ ...asking, reviewNews }),
    ...accessSources({ ...asking, notifyHold }),
    deletionSource,
    factClaimSource(),
    ...taskSources({ ...asking, taskReminders }),
    sequenceSource({ ...asking, sequenceNews }),
    ...offboardingSources({ ...asking, offboardingNews }),
  ];
}
