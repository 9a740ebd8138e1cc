/** Prints a try on a terminal. */
import type { Output } from '../../cli/output.ts';
import { type Json, stringifyJson } from '../../core/json.ts';
import { plural } from '../../core/translate.ts';
import { accountLines, type TryResult, type TryStep } from '../result.ts';

export function printResult(result: TryResult, output: Output): void {
  for (const [index, step] of result.steps.entries()) {
    output.verbatim(`${index + 1}. ${step.method} ${step.url}  ${outcome(step)}`);
    for (const line of requestLines(step)) output.verbatim(`   > ${line}`);
    for (const line of jsonLines(step.response)) output.verbatim(`   < ${line}`);
  }
  for (const [key, value] of Object.entries(result.stored))
    output.verbatim(`stored ${key} = ${stringifyJson(value)}`);
  for (const { type, to, subject, message } of result.deliveries) {
    output.verbatim(`${type} to ${to}${subject === null ? '' : `: ${subject}`}`);
    for (const line of message.split('\n')) output.verbatim(`   | ${line}`);
  }
  printPeople(result, output);
  printOptions(result, output);
  printAccounts(result, output);
  for (const warning of result.warnings) output.verbatim(`warning: ${warning}`);
  if (result.error) output.verbatim(`error (${result.error.code}): ${result.error.message}`);
  output.verbatim(result.status);
}

const outcome = ({ status, tries, ms }: TryStep): string => {
  const answer = status === null ? 'no answer' : String(status);
  return `→ ${answer} (${tries === 1 ? '' : `sent ${tries} times, `}${ms} ms)`;
};

function printPeople({ people }: TryResult, output: Output): void {
  for (const { email, first_name, last_name } of people.created)
    output.verbatim(`+ ${email} ${`${first_name} ${last_name}`.trim()}`.trimEnd());
  for (const { email, stored } of people.updated)
    output.verbatim(`~ ${email} ${stringifyJson(stored)}`);
  for (const [reason, count] of Object.entries(people.skipped))
    output.verbatim(`skipped, ${reason}: ${count}`);
}

/** Of each field. The whole list is in the JSON. */
const OPTIONS_SHOWN = 20;

function printOptions({ options = {} }: TryResult, output: Output): void {
  for (const [field, all] of Object.entries(options)) {
    const count = plural(all.length, { one: '1 option', other: `${all.length} options` });
    output.verbatim(`${field}: ${count}`);
    for (const { label, value } of all.slice(0, OPTIONS_SHOWN))
      output.verbatim(`   ${value}  ${label}`);
    if (all.length > OPTIONS_SHOWN) output.verbatim(`   … and ${all.length - OPTIONS_SHOWN} more`);
  }
}

/** The whole list is in the JSON. */
const ACCOUNTS_SHOWN = 50;

function printAccounts({ accounts }: TryResult, output: Output): void {
  if (!accounts) return;
  const { listed, skipped, unreadable, complete } = accounts;
  for (const line of accountLines(accounts).slice(0, ACCOUNTS_SHOWN)) output.verbatim(line);
  if (listed.length > ACCOUNTS_SHOWN)
    output.verbatim(`… and ${listed.length - ACCOUNTS_SHOWN} more`);
  const count = plural(listed.length, { one: '1 account', other: `${listed.length} accounts` });
  output.verbatim(
    `${count}, ${skipped} skipped, ${unreadable} unreadable; the list is ${complete ? 'complete' : 'not complete'}`,
  );
}

/** Prints each request like a patch: `+` is complete, `~` still waits for an earlier answer. */
export function printDryRun(result: TryResult, output: Output): void {
  for (const [index, step] of result.steps.entries()) {
    output.verbatim(`--- ${index + 1} of ${result.steps.length}`);
    for (const line of [`${step.method} ${step.url}`, ...requestLines(step)])
      output.verbatim(`${PLACEHOLDER.test(line) ? '~' : '+'} ${line}`.trimEnd());
  }
  for (const warning of result.warnings) output.verbatim(`warning: ${warning}`);
  if (result.error) {
    const { code, message, step } = result.error;
    output.verbatim(`error (${code}): ${step === null ? '' : `request ${step + 1}: `}${message}`);
  }
  output.verbatim('Nothing was sent.');
}

const PLACEHOLDER = /<[\w.-]+>/;

function requestLines({ request: { headers, body } }: TryStep): readonly string[] {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return body === null ? lines : [...lines, '', ...jsonLines(body)];
}

function jsonLines(value: Json): readonly string[] {
  if (value === null) return [];
  return (typeof value === 'string' ? value : stringifyJson(value, 2)).split('\n');
}
