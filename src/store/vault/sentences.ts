/** Sentences for people that decide nothing. One that is damaged, or whose key is lost, stops nothing else. */
import { explained } from '../../core/stored-sentence.ts';
import { inLocale, languages, t } from '../../core/translate.ts';
import { type Identity, type Vault, VaultError } from './vault.ts';

export const openSentence = (vault: Vault, identity: Identity, sealed: string): Promise<string> =>
  vault.open(identity, sealed).catch((error: unknown) => {
    if (error instanceof VaultError) return unreadable(identity, error);
    throw error;
  });

/** Admins read which row it is. */
export const unreadable = ({ table, row, column }: Identity, { message }: Error): string =>
  explained(cannotBeRead(), `${table}/${row}/${column}: ${message}.`);

export const cannotBeRead = (): string => t`What was stored about this can't be read.`;

/** Whether this text only says so. It is stored only where what it stands for is deleted: elsewhere its key may come back. */
export const saysCannotBeRead = (text: string): boolean =>
  languages.some((language) => text === inLocale(language, cannotBeRead));
