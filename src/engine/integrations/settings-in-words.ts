/** The settings of an integration in words, for the audit log. */
import { hoursWords } from '../../core/hours.ts';
import { t } from '../../core/translate.ts';
import { type Integration, nameOrDeleted } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { policyInWords, routeInWords } from '../requests/policy-words.ts';
import {
  type Assignee,
  type IntegrationSettings,
  policyOf,
  settingsOf,
} from '../settings/settings.ts';

type Worded = Exclude<keyof IntegrationSettings, 'routeDraft' | 'asksForCodes'> | 'draft' | 'codes';
type Named = Pick<Stores, 'people' | 'integrations'>;

/** Each of them, also where it has its default: the type leaves none out. */
export async function settingsInWords(
  of: Pick<Integration, 'settings'>,
  stores: Named,
): Promise<Readonly<Record<Worded, string>>> {
  const settings = settingsOf(of);
  return {
    policy: (await policyInWords(policyOf(of), stores)).join(' '),
    draft: settings.routeDraft ? await routeInWords(settings.routeDraft, stores) : t`none`,
    codes: settings.asksForCodes ? t`needed` : t`not needed`,
    notices: settings.notices?.name ?? t`not set`,
    // People as ids: who is erased is named by nothing.
    ownerIds: settings.ownerIds?.join(', ') ?? '',
    breakGlass: breakGlassWords(settings.breakGlass),
    assignee: await assigneeWords(settings.assignee, stores),
    schedule: settings.schedule?.isPaused ? t`paused` : t`active`,
    owns: settings.owns?.join(', ') || t`nothing`,
    whenDeleted: settings.whenDeleted?.access ?? '',
  };
}

function breakGlassWords(allowed: IntegrationSettings['breakGlass']): string {
  if (!allowed) return t`not allowed`;
  const most = t`at most ${hoursWords(allowed.longestHours)}`;
  return allowed.withApprovalOptions ? t`${most}, with options that need approval` : most;
}

async function assigneeWords(assignee: Assignee | undefined, { people }: Named): Promise<string> {
  if (!assignee) return t`not set`;
  if (assignee.kind === 'manager') return t`their manager`;
  if (assignee.kind === 'buddy') return t`their buddy`;
  return nameOrDeleted(await people.find(assignee.personId));
}
