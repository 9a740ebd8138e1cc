import { inLocale, knownLocale, locale } from '../../../core/translate.ts';
import type { Inbound } from '../platform.ts';
import type { Step } from './pipeline.ts';

/** From here on, texts are in the person's language; until they are identified, in their client's. */
export const language =
  <Who extends { readonly locale?: string }>(): Step<Who> =>
  (interaction, next) => {
    const { who, inbound } = interaction;
    return who
      ? inLocale(who.locale ?? locale(), () => next(interaction))
      : inClientsLanguage(inbound, () => next(interaction));
  };

export const inClientsLanguage = <T>(inbound: Pick<Inbound, 'locale'>, work: () => T): T =>
  inLocale(knownLocale(inbound.locale) ?? locale(), work);
