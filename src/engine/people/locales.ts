/** The language that a person reads, and the format of their dates and numbers. Locales are BCP 47: `de-AT`. */
import { inLocale } from '../../core/translate.ts';
import type { Clock } from '../ports/time-and-chance.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { WorkspaceSettings } from '../settings/settings.ts';
import { workspaceSettings } from '../settings/workspace-settings.ts';
import type { Person } from './directory.ts';

/** Its dates can't be read wrong: 2 Dec 2026. */
const ENGLISH = 'en-GB';

/**
 * The locale that they chose; else their chat client's; else the workspace's. Clients come set to American English, which few
 * people have chosen. So unless their own time zone is American, too, that only says English. If the client has the workspace's
 * language, the workspace's variant of it applies.
 */
export function localeOf(
  { locale, chatLocale, timeZone }: Pick<Person, 'locale' | 'chatLocale' | 'timeZone'>,
  { dateLanguage }: Pick<WorkspaceSettings, 'dateLanguage'>,
): string {
  if (locale) return locale;
  if (chatLocale === 'en-US' && timeZone && AMERICAN.test(timeZone)) return chatLocale;
  if (!chatLocale || sameLanguage(chatLocale, dateLanguage)) return dateLanguage;
  return chatLocale === 'en-US' ? ENGLISH : chatLocale;
}

/** Whether it is their chat client that says so, where they chose none. @param read what `localeOf` gives */
export const isOfChat = (
  { chatLocale }: Pick<Person, 'chatLocale'>,
  read: string,
  { dateLanguage }: Pick<WorkspaceSettings, 'dateLanguage'>,
): boolean => chatLocale === read || read !== dateLanguage;

/** For texts that are stored or posted for everyone. */
export async function inWorkspaceLocale<T>(
  stores: Pick<Stores, 'settings'>,
  work: () => Promise<T>,
): Promise<T> {
  const { dateLanguage } = await workspaceSettings(stores);
  return inLocale(dateLanguage, work);
}

/** The setting changes once in years. Jobs begin hundreds of times a second, and each question would hold them up. */
const KNOWN_FOR_MS = 1000;

/** Like `inWorkspaceLocale`, for work that begins often: the workspace's language may be a second old. */
export function workspaceLocaleOf(
  stores: Pick<Stores, 'settings'>,
  now: Clock,
): <T>(work: () => Promise<T>) => Promise<T> {
  let known: { readonly language: Promise<string>; readonly at: number } | undefined;
  const read = async (): Promise<string> => (await workspaceSettings(stores)).dateLanguage;
  return async (work) => {
    const at = now().getTime();
    if (!known || Math.abs(at - known.at) >= KNOWN_FOR_MS) {
      const fresh = { language: read(), at };
      known = fresh;
      fresh.language.catch(() => {
        if (known === fresh) known = undefined;
      });
    }
    return inLocale(await known.language, work);
  };
}

const AMERICAN = /^(?:America|US)\/|^Pacific\/Honolulu$/;

const sameLanguage = (a: string, b: string): boolean =>
  new Intl.Locale(a).language === new Intl.Locale(b).language;
