/** `audit`: who did what, when and from where, newest first; narrowed, and taken out as a file. */
import { z } from 'zod';
import { addDays, dayIn, startOfDay } from '../../../core/days.ts';
import { say, sayNumber } from '../../../core/say.ts';
import { type AuditEntry, fullName, labelOf } from '../../../engine/people/directory.ts';
import { auditKinds, detailWords, viaWords, whatWords } from '../../../engine/work/audit-words.ts';
import { type AuditWanted, auditWanted, filterOf } from '../../../engine/work/exports.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply } from '../../view/action.ts';
import type { Block, Button, Card } from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { asAdmin, refuse } from '../admins.ts';
import { pageButtons, pageWords } from '../paging.ts';
import { exportFile } from './export-file.ts';

/** A row is one block, and a Slack message has fifty. */
const PAGE = 15;
const wanted = () => say`read the audit log`;

const payload = z.object({ filter: auditWanted, page: z.number().int().nonnegative() });
type Shown = z.infer<typeof payload>;

export const turnAuditPage = buttonAction({
  id: 'audit.page',
  payload,

  async handle(shown, turn: Turn): Promise<Reply> {
    const { refused } = await asAdmin(wanted, turn);
    return { kind: 'replace', card: refused ?? (await auditCard(shown, turn)) };
  },
});

export const filterAudit = formAction({
  id: 'audit.filter',
  payload,
  title: () => say`Which entries?`,
  submitLabel: () => say`Show`,

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
          label: say`By or about`,
          hint: say`An email address.`,
          optional: true,
          ...(person && { initial: person.email }),
        },
        what: {
          kind: 'choice',
          label: say`What`,
          optional: true,
          options: Object.entries(auditKinds()).map(([value, label]) => ({ label, value })),
          ...(filter.what && { initial: filter.what }),
        },
        integration: {
          kind: 'choice',
          label: say`Integration`,
          optional: true,
          options: integrations.map(({ id, name }) => ({ label: name, value: id })),
          ...(filter.integrationId && { initial: filter.integrationId }),
        },
        from: {
          kind: 'date',
          label: say`From`,
          optional: true,
          ...(filter.from !== undefined && { initial: dayOf(filter.from) }),
        },
        until: {
          kind: 'date',
          label: say`Until`,
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
        errors: { person: say`Nobody in the directory has this address.` },
      };
    const at = (day: string) => startOfDay(day, turn.timeZone).getTime();
    const filter: AuditWanted = {
      ...(found && { personId: found.id }),
      ...(what !== undefined && { what }),
      ...(integration !== undefined && { integrationId: integration }),
      ...(from !== undefined && { from: at(from) }),
      ...(until !== undefined && { before: at(addDays(until, 1)) }),
    };
    return { kind: 'say', to: 'person', card: await auditCard({ filter, page: 0 }, turn) };
  },
});

export async function openAudit(turn: Turn): Promise<Reply> {
  const { refused } = await asAdmin(wanted, turn);
  if (refused) return refuse(refused);
  return { kind: 'say', to: 'person', card: await auditCard({ filter: {}, page: 0 }, turn) };
}

async function auditCard({ filter, page }: Shown, turn: Turn): Promise<Card> {
  const { auditLog } = turn.stores;
  const total = await auditLog.count(filterOf(filter));
  const pages = Math.max(1, Math.ceil(total / PAGE));
  const list = { page: Math.min(page, pages - 1), pages };
  const entries = await auditLog.list({ offset: list.page * PAGE, limit: PAGE }, filterOf(filter));
  const lines = await Promise.all(entries.map((entry) => lineOf(entry, turn)));
  const buttons: Button[] = [
    { label: say`Filter…`, does: filterAudit.with({ filter, page: 0 }) },
    { label: say`Export (CSV)`, does: exportFile.with({ of: 'audit', filter }) },
    ...pageButtons(list, (to) => turnAuditPage.with({ filter, page: to })),
  ];
  return {
    title: say`Audit log`,
    blocks: [
      {
        kind: 'text',
        muted: true,
        text: [
          total === 0
            ? say`Nothing is noted there.`
            : say`${sayNumber(total)} in all${pageWords(list)}`,
        ],
      },
      ...lines,
      { kind: 'buttons', buttons },
    ],
  };
}

async function lineOf(entry: AuditEntry, turn: Turn): Promise<Block> {
  const { stores } = turn;
  const nameOf = async (id: string) => {
    const person = await stores.people.find(id);
    return person ? fullName(person) : say`somebody who is gone`;
  };
  const { actor } = entry;
  const who =
    actor.kind === 'person'
      ? await nameOf(actor.personId)
      : actor.kind === 'operator'
        ? actor.user
        : say`Latchkey`;
  const integration = entry.integrationId
    ? await stores.integrations.find(entry.integrationId)
    : undefined;
  const about = [
    integration && labelOf(integration),
    entry.personId && say`for ${await nameOf(entry.personId)}`,
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
