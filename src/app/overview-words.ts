/** The words of the overview's pages: those of chat. */
import { holdStyle, holdsInWords } from '../bots/features/access/hold-words.ts';
import { removalLine } from '../bots/features/access/removal-words.ts';
import {
  kindWords,
  standingWords,
  stateSentence,
  troubleOf,
  uncheckedSentence,
} from '../bots/features/findings/finding-words.ts';
import { stateWords } from '../bots/features/integrations/integration-words.ts';
import { requestStandings } from '../bots/features/requests/request-list.ts';
import { showDay, showTime } from '../bots/view/dates.ts';
import type { Clock } from '../engine/ports/time-and-chance.ts';
import type { Stores } from '../engine/ports/unit-of-work.ts';
import type { OverviewWords } from '../web/overview/turn.ts';

export const overviewWords = (deps: {
  readonly stores: Stores;
  readonly now: Clock;
}): OverviewWords => ({
  async why(holds, timeZone) {
    const style = await holdStyle(holds, { ...deps, timeZone, dated: true }); // Pages are saved as files.
    return (some) => holdsInWords(some, style);
  },
  removal: (removal, timeZone) => removalLine(removal, { ...deps, timeZone }),
  app: stateWords,
  requests: (requests) => requestStandings(requests, deps.stores),
  findingKinds: kindWords,
  standings: standingWords,
  finding: stateSentence,
  unchecked: uncheckedSentence,
  list: (round, integration, timeZone) => troubleOf(round, integration, { timeZone }),
  time: (at, timeZone) => showTime(at, { timeZone }),
  day: showDay,
});
