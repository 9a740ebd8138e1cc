/** What changes of people and ends of runs mean for rules, and whom admins hear of. */
import { tellAdmins } from '../../../engine/messages/notices.ts';
import { noteFailedRun, notePeople } from '../../../engine/rules/note-people.ts';
import type { EventHandlers } from '../../../engine/work/on-event.ts';
import { ruleNotice } from './rule-notice.ts';

export const ruleEvents = {
  async 'person-changed'(tx, { person, fields }) {
    // Rules that compare managers compare their address.
    const reports = fields.includes('email') ? await tx.people.reportsOf(person.id) : [];
    await notePeople(tx, [person.id, ...reports.map(({ id }) => id)]);
  },

  'run-ended': (tx, { run }) => noteFailedRun(tx, run),

  'rule-trouble': (tx, { trouble: { personId, itemId, integrationId } }) =>
    tellAdmins(tx, ruleNotice.with({ personId, itemId, integrationId })),
} satisfies EventHandlers;
