/** `audit`: who did what, when and from where, newest first; with filters and an export. */
import type { z } from 'zod';
import { addDays, dayIn, startOfDay } from '../../../core/days.ts';
import { sayNumber, t } from '../../../core/translate.ts';
import { type AuditEntry, fullName, labelOf } from '../../../engine/people/directory.ts';
import { auditKinds, detailWords, viaWords, whatWords } from '../../../engine/work/audit-words.ts';
import { type AuditWanted, auditWanted, filterOf } from '../../../engine/work/exports.ts';
import type { Turn } from '../../live/context.ts';
import { formAction, type Reply } from '../../view/action.ts';
import type { Block } from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { asAdmin, refuse } from '../admins.ts';
import { type ListCard, listCard } from '../list-card.ts';
import { LONG_PAGE, pageShown } from '../paging.ts';
import { exportFile } from './export-file.ts';

const wanted = () => t`read the audit log`;

const payload = pageShown.extend({ filter: auditWanted });
type AuditLogPayload = z.infer<typeof payload>;

const audit: ListCard<AuditLogPayload> = listCard({
  id: 'audit.page',
  payload,
  size: LONG_PAGE,
  forAdmins: wanted,

  async read({ filter }, at, { stores }) {
    const narrowed = filterOf(filter);
    const total = await stores.auditLog.count(narrowed);
    return { items: await stores.auditLog.list(at, narrowed), total };
  },

  title: () => t`Audit log`,
  empty: () => t`No entries found.`,
  counted: ({ total }) => t`${sayNumber(total)} in all`,
  row: async (entry, _found, turn) => [await lineOf(entry, turn)],
  before: ({ shown: { filter } }) => [
    { label: t`Filter…`, does: filterAudit.with({ filter, page: 0 }) },
    { label: t`Export (CSV)`, does: exportFile.with({ of: 'audit', filter }) },
  ],
});
export const turnAuditPage = audit.turnPage;

export const filterAudit = formAction({
  id: 'audit.filter',
  payload,
  title: () => t`Which entries?`,
  submitLabel: () => t`Show`,

  async fields({ filter }, turn: Turn) {
    const { refused } = await asAdmin(wanted, turn);
    if (refused) return { refused };
    const integrations = await turn.stores.integrations.list();
    const person = filter.personId && (await turn.stores.people.find(filter.personId));
    const dayOf = (at: number) => dayIn(turn.timeZone, new Date(at));
    return {
      fields: {
        person: {
          kind: 'text',
          label: t`By or about`,
          hint: t`An email address.`,
          optional: true,
          ...(person && { initial: person.email }),
        },
        what: {
          kind: 'choice',
          label: t`What`,
          optional: true,
          options: Object.entries(auditKinds()).map(([value, label]) => ({ label, value })),
          ...(filter.what && { initial: filter.what }),
        },
        integration: {
          kind: 'choice',
          label: t`Integration`,
          optional: true,
          options: integrations.map(({ id, name }) => ({ label: name, value: id })),
          ...(filter.integrationId && { initial: filter.integrationId }),
        },
        from: {
          kind: 'date',
          label: t`From`,
          optional: true,
          ...(filter.from !== undefined && { initial: dayOf(filter.from) }),
        },
        until: {
          kind: 'date',
          label: t`Until`,
          optional: true,
          ...(filter.before !== undefined && { initial: dayOf(filter.before - 1) }),
        },
      },
    };
  },

  async submit({ person, what, integration, from, until }, _shown, turn) {
    const { refused } = await asAdmin(wanted, turn);
    if (refused) return refuse(refused);
    const found = person === undefined ? undefined : await turn.stores.people.findByEmail(person);
    if (person !== undefined && !found)
      return {
        kind: 'invalid',
        errors: { person: t`No one in the directory has this address.` },
      };
    const at = (day: string) => startOfDay(day, turn.timeZone).getTime();
    const filter: AuditWanted = {
      personId: found?.id,
      what,
      integrationId: integration,
      ...(from !== undefined && { from: at(from) }),
      ...(until !== undefined && { before: at(addDays(until, 1)) }),
    };
    return audit.reply({ filter, page: 0 }, turn);
  },
});

export const openAudit = (turn: Turn): Promise<Reply> => audit.reply({ filter: {}, page: 0 }, turn);

async function lineOf(entry: AuditEntry, turn: Turn): Promise<Block> {
  const { stores } = turn;
  const nameOf = async (id: string) => {
    const person = await stores.people.find(id);
    return person ? fullName(person) : t`a deleted person`;
  };
  const { actor } = entry;
  const who =
    actor.kind === 'person'
      ? await nameOf(actor.personId)
      : actor.kind === 'operator'
        ? actor.user
        : t`Latchkey`;
  const integration = entry.integrationId
    ? await stores.integrations.find(entry.integrationId)
    : undefined;
  const about = [
    integration && labelOf(integration),
    entry.personId && t`for ${await nameOf(entry.personId)}`,
    detailWords(entry),
  ].filter(Boolean);
  return {
    kind: 'text',
    text: [
      `${showTime(entry.at, turn)} · `,
      { kind: 'strong', text: who },
      ` ${whatWords(entry.what)}`,
      about.length > 0 ? ` · ${about.join(' · ')}` : '',
      ` · ${viaWords(actor)}`,
    ],
  };
}
