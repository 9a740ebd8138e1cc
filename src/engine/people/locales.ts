/** In what language somebody reads, and how their dates and numbers are written. Locales are BCP 47: `de-AT`. */
import { inLocale } from '../../core/translate.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { WorkspaceSettings } from '../settings/settings.ts';
import { workspaceSettings } from '../settings/workspace-settings.ts';
import type { Person } from './directory.ts';

/**
 * What they chose; else what their chat client says; else the workspace's. Clients come set to American English, which few
 * have chosen: where theirs is the workspace's language, the workspace says how that is written.
 */
export function localeOf(
  { locale, chatLocale }: Pick<Person, 'locale' | 'chatLocale'>,
  { dateLanguage }: Pick<WorkspaceSettings, 'dateLanguage'>,
): string {
  if (locale) return locale;
  return chatLocale && !sameLanguage(chatLocale, dateLanguage) ? chatLocale : dateLanguage;
}

/** What is kept or posted for everybody is in the language of the workspace. */
export async function inWorkspaceLocale<T>(
  stores: Pick<Stores, 'settings'>,
  work: () => Promise<T>,
): Promise<T> {
  const { dateLanguage } = await workspaceSettings(stores);
  return inLocale(dateLanguage, work);
}

const sameLanguage = (a: string, b: string): boolean =>
  new Intl.Locale(a).language === new Intl.Locale(b).language;
