/** What changed of a person, and how far each app of that change is, in words. */
import { sentences, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { endOfHolds } from '../../../engine/access/hold.ts';
import {
  fullName,
  nameOrDeleted,
  type Person,
  type Role,
} from '../../../engine/people/directory.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import { type RuleField, storedName } from '../../../engine/rules/condition.ts';
import type { ReportRow } from '../../../engine/transitions/report.ts';
import type { ChangedField, Transition } from '../../../engine/transitions/transition.ts';
import type { Reader } from '../../live/context.ts';
import { type Fact, rich, strong } from '../../view/card.ts';
import { showDay, showEnd, showTime } from '../../view/dates.ts';
import { describeRow } from '../access/access-row.ts';
import { type HoldStyle, holdsInWords } from '../access/hold-words.ts';
import { removalLine } from '../access/removal-words.ts';
import { roleWords } from '../people/person-words.ts';

export const titleOf = ({ kind }: Pick<Transition, 'kind'>, person: Person): string =>
  kind === 'mover' ? t`Move of ${fullName(person)}` : t`Onboarding of ${fullName(person)}`;

export function standingOf(transition: Transition, person: Person, style: Reader): string {
  const { kind, state, endedAt } = transition;
  switch (state) {
    case 'noted':
    case 'open':
      return kind === 'mover'
        ? t`Rules grant ${fullName(person)} other apps now. This card shows what they gain, keep and lose, and when.`
        : startSentence(person);
    case 'done': {
      const at = showTime(endedAt ?? transition.followedAt, style);
      return kind === 'mover'
        ? t`✓ Done on ${at}: everything new is granted, and everything they lost is removed.`
        : t`✓ Done on ${at}: everything new is granted.`;
    }
    case 'replaced':
      return t`${fullName(person)} has left. The card of their offboarding shows the rest.`;
    default:
      return unreachable(state);
  }
}

/** Whose first day was taken back still gets what was planned for it. */
const startSentence = ({ startDate }: Person): string =>
  startDate === undefined
    ? t`Their first day isn't set any more. This card shows when they have what they need.`
    : t`Their first day: ${showDay(startDate)}. This card shows when they have what they need.`;

/** What a manager from before reads, so that they can hand over. */
const FOR_FORMER: readonly RuleField[] = ['department', 'position', 'manager'];

export const fieldsForFormer = ({ fields }: Transition): Transition['fields'] =>
  fields.filter(({ field }) => FOR_FORMER.includes(field));

/** A fact for each field that changed: `Department: Sales → Support`. */
export async function changedFacts(
  fields: Transition['fields'],
  stores: Pick<Stores, 'people'>,
): Promise<readonly Fact[]> {
  return Promise.all(
    fields.map(async (changed): Promise<Fact> => {
      const [from, to] = await Promise.all([
        valueWords(changed.field, changed.from, stores),
        valueWords(changed.field, changed.to, stores),
      ]);
      return [fieldLabel(changed.field), rich`${from} → ${strong(to)}`];
    }),
  );
}

function fieldLabel(field: RuleField): string {
  switch (field) {
    case 'department':
      return t`Department`;
    case 'position':
      return t`Position`;
    case 'manager':
      return t`Manager`;
    case 'email':
      return t`Email`;
    case 'role':
      return t`Role`;
    case 'time-zone':
      return t`Time zone`;
    default:
      return storedName(field);
  }
}

async function valueWords(
  field: RuleField,
  value: ChangedField['from'],
  { people }: Pick<Stores, 'people'>,
): Promise<string> {
  if (value === undefined) return t`none`;
  if (field === 'role') return roleWords()[value as Role];
  if (field !== 'manager') return value;
  const manager = await people.find(value);
  return nameOrDeleted(manager);
}

export interface RowStyle extends Reader, HoldStyle {
  /** Those who have tasks, by id. */
  readonly doers: ReadonlyMap<string, Person>;
}

/** For those who may see the person's access. */
export async function rowLine(row: ReportRow, style: RowStyle): Promise<string> {
  const { part, now, removal, item } = row;
  if (!now) return overLine(row, style);
  if (now.removal) return removalLine(now.removal, style);
  switch (part) {
    case 'gains': {
      const doer = style.doers.get(now.task?.assigneeId ?? '');
      return describeRow(now, { asked: { askedAt: 0 }, doer }, style).line;
    }
    case 'keeps':
      return now.holds.length > 0 ? holdsInWords(now.holds, style) : t`No access`;
    case 'loses': {
      if (now.holds.length === 0) return removal ? removalLine(removal, style) : t`No access`;
      const end = endOfHolds(now.holds);
      return sentences(
        end
          ? t`Until ${showEnd(end, style)}, then Latchkey removes it.`
          : holdsInWords(now.holds, style),
        item?.kept && (await keptWords(item.kept, style)),
      );
    }
    default:
      return unreachable(part);
  }
}

async function keptWords(
  { byId, reason }: { readonly byId: string; readonly reason: string },
  { stores }: Pick<Reader, 'stores'>,
): Promise<string> {
  const by = await stores.people.find(byId);
  return by ? t`Kept longer by ${fullName(by)}: ${reason}` : t`Kept longer: ${reason}`;
}

/** How it ended; or, of an app that is deleted or turned off, that nothing more comes of it now. */
async function overLine(
  { part, removal, integration, item }: ReportRow,
  style: Reader,
): Promise<string> {
  if (!integration || integration.deletedAt) return t`Deleted from Latchkey`;
  const isOver = item?.settledAt !== undefined;
  switch (part) {
    case 'gains':
      return isOver ? t`✓ Has access` : t`Not granted, since the app is turned off.`;
    case 'keeps':
      return isOver ? t`Keeps it` : t`No access`;
    case 'loses':
      return removal ? removalLine(removal, style) : t`No access`;
    default:
      return unreachable(part);
  }
}

/** For a manager from before, who may no longer see the person's access: only what becomes of it, and when. */
export function formerLine({ part, now }: ReportRow, style: Reader): string {
  switch (part) {
    case 'gains':
      return t`new`;
    case 'keeps':
      return t`stays`;
    case 'loses': {
      const end = now && endOfHolds(now.holds);
      return end ? t`until ${showEnd(end, style)}` : t`ended`;
    }
    default:
      return unreachable(part);
  }
}
