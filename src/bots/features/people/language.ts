/** `language`: the language in which a person reads Latchkey. */
import { z } from 'zod';
import { fold } from '../../../core/fold.ts';
import { inLocale, languageOf, locale, t } from '../../../core/translate.ts';
import type { Person } from '../../../engine/people/directory.ts';
import { isOfChat, localeOf } from '../../../engine/people/locales.ts';
import { dateLanguages } from '../../../engine/settings/settings.ts';
import { workspaceSettings } from '../../../engine/settings/workspace-settings.ts';
import { homeTopic, invalidate } from '../../../engine/work/topics.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply, sayToPerson } from '../../view/action.ts';
import { type Card, note, withButtons } from '../../view/card.ts';
import { showDate } from '../../view/dates.ts';
import { languageName } from '../settings/settings-words.ts';

/** The language of their chat client, which is used where none is chosen. */
const CHAT = 'chat';

export const chooseLanguage = formAction({
  id: 'language.choose',
  payload: z.object({}),
  title: () => t`Your language`,
  submitLabel: () => t`Save`,

  async fields(_payload, turn: Turn) {
    const { stores, actor, now, timeZone } = turn;
    const settings = await workspaceSettings(stores);
    const byChat = localeOf(withoutLocale(actor), settings);
    return {
      intro: [
        t`Sentences are in English or German; other languages only affect dates and numbers.`,
      ],
      fields: {
        language: {
          kind: 'choice',
          label: t`Language`,
          options: [
            {
              value: CHAT,
              label: isOfChat(actor, byChat, settings)
                ? t`Same as my chat app: ${languageName(byChat)}`
                : t`Same as the workspace: ${languageName(byChat)}`,
            },
            ...dateLanguages.map((value) => ({
              value,
              label: `${languageName(value)}: ${inLocale(value, () => showDate(now(), { timeZone }))}`,
            })),
          ],
          initial: dateLanguages.find((each) => each === actor.locale) ?? CHAT,
        },
      },
    };
  },

  submit: ({ language }, _payload, turn) => save(language, turn),
});

/** The language that they named, in one press: its button is in that language, and they may read no other. */
export const takeLanguage = buttonAction({
  id: 'language.take',
  payload: z.object({ language: z.enum(dateLanguages) }),
  handle: ({ language }, turn: Turn): Promise<Reply> => save(language, turn),
});

async function save(
  language: (typeof dateLanguages)[number] | typeof CHAT,
  turn: Turn,
): Promise<Reply> {
  const saved = await turn.transact(async (tx) => {
    const current = (await tx.people.find(turn.actor.id)) ?? turn.actor;
    const rest = withoutLocale(current);
    await invalidate(tx, homeTopic(current.id));
    return tx.people.save(language === CHAT ? rest : { ...rest, locale: language });
  });
  const settings = await workspaceSettings(turn.stores);
  return inLocale(localeOf(saved, settings), () => sayToPerson(changed(turn)));
}

const NAMES = { de: /^(?:german|deutsch)/, 'en-GB': /^(?:english|englisch)/ } as const;

/** @param name of a language, in English or German: what they asked for; else what is, with a way to change it */
export async function openLanguage(name: string, turn: Turn): Promise<Reply> {
  const named = (['de', 'en-GB'] as const).find((each) => NAMES[each].test(fold(name)));
  if (!named || languageOf(named) === languageOf(locale())) return currentLanguage(turn);
  const wished = await variantOf(named, turn);
  return inLocale(wished, () => {
    const offer = note(t`Read Latchkey in ${languageName(wished)}?`);
    const does = takeLanguage.with({ language: wished });
    return sayToPerson(withButtons(offer, { label: t`Yes, switch`, tone: 'primary', does }));
  });
}

/** The one that their chat client or the workspace has of that language: someone in Boston reads American dates. */
async function variantOf(
  named: keyof typeof NAMES,
  { actor, stores }: Turn,
): Promise<(typeof dateLanguages)[number]> {
  const byChat = localeOf(withoutLocale(actor), await workspaceSettings(stores));
  const known = dateLanguages.find((each) => each === byChat);
  return known && isIn(known, named) ? known : named;
}

const isIn = (read: string, language: string): boolean =>
  new Intl.Locale(read).language === new Intl.Locale(language).language;

async function currentLanguage({ actor, stores }: Turn): Promise<Reply> {
  const settings = await workspaceSettings(stores);
  const now = note(
    isSpoken() ? t`Your language: ${languageName(locale())}` : onlyDates(),
    actor.locale
      ? t`You chose it here. Cards that you already have switch with their next update.`
      : isOfChat(actor, locale(), settings)
        ? t`Your chat app says so. Cards that you already have switch with their next update.`
        : t`It's the language of the workspace. Cards that you already have switch with their next update.`,
  );
  return sayToPerson(withButtons(now, { label: t`Change…`, does: chooseLanguage.with({}) }));
}

const changed = ({ now, timeZone }: Turn): Card =>
  note(
    isSpoken() ? t`Your language is saved` : onlyDates(),
    t`Today is ${showDate(now(), { timeZone })}. Cards that you already have switch with their next update.`,
  );

function withoutLocale(person: Person): Person {
  const { locale: _chosen, ...rest } = person;
  return rest;
}

/** Whether texts are translated into it, and not only dates and numbers. */
const isSpoken = (): boolean => isIn(locale(), languageOf(locale()));

const onlyDates = (): string =>
  t`Your language: English, with dates and numbers in ${languageName(locale())}`;
