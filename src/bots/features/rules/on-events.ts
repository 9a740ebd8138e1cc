/** What changes of people and ends of runs mean for rules, and whom admins hear of. */
import { tellAdmins } from '../../../engine/messages/notices.ts';
import { noteFailedRun } from '../../../engine/rules/note-failed-run.ts';
import { notePeople } from '../../../engine/rules/note-people.ts';
import type { EventHandlers } from '../../../engine/work/on-event.ts';
import { ruleNotice } from './rule-notice.ts';

export const ruleEvents = {
  'person-changed': (tx, { person }) => notePeople(tx, [person.id]),

  'run-ended': (tx, { run }) => noteFailedRun(tx, run),

  'rule-trouble': (tx, { trouble: { personId, itemId, integrationId } }) =>
    tellAdmins(tx, ruleNotice.with({ personId, itemId, integrationId })),
} satisfies EventHandlers;
