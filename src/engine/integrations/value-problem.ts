/** What is wrong with a value of an `initial_data_form`, wherever it is entered: on a page, in chat or on the command line. */
import { t } from '../../core/translate.ts';
import { type AddressUse, addressProblem } from './address-values.ts';

/** A key file has about 2,000 characters. A longer text was pasted by mistake. */
export const MAX_CHARACTERS = 8000;

/** Undefined if the value is good. @param inAddresses how addresses use it */
export function valueProblem(
  value: string,
  inAddresses: ReadonlySet<AddressUse>,
): string | undefined {
  if (value.length > MAX_CHARACTERS)
    return t`This has ${value.length} characters; the limit is ${MAX_CHARACTERS}. Check that it's the right value.`;
  // One-line fields drop line breaks, and no program can read such a key.
  if (value.startsWith('-----BEGIN ') && !/\n|\\n/.test(value))
    return t`This key has lost its line breaks. Enter it where they fit: in the larger field on the web page, or in a file for "latchkey integration secrets".`;
  return addressProblem(value, inAddresses);
}
