/**
 * A grant by hand may start months after its click: may the person who granted it still do so? Grants from requests and
 * sequences need no such check, since someone else approved them.
 */
import { t } from '../../core/translate.ts';
import { type Actor, fullName, type Integration, type Person } from '../people/directory.ts';
import { isAdmin, mayGrant } from '../people/permission.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { chosenForApprovalAt } from '../requests/needs-approval.ts';
import type { Run } from '../runs/run.ts';

/** @returns a sentence for people: why it isn't granted any more, and what to do; undefined where it is granted */
export async function whyNoLonger(
  tx: Transaction,
  run: Run,
  about: { readonly person: Person; readonly integration: Integration },
): Promise<string | undefined> {
  const open = await tx.holds.openAt(run.personId, run.integrationId);
  const holds = open.filter(({ runId }) => runId === run.id);
  if (holds.some(({ source }) => source !== 'by-hand')) return undefined;
  const { form } = await tx.runs.inputs(run.id);
  const options = await chosenForApprovalAt(tx, about.integration, form);
  let why: string | undefined;
  // Several people may have granted the same: one of them is enough.
  for (const by of [run.startedBy, ...holds.map(({ givenBy }) => givenBy)]) {
    const whyNot = await whyNotBy(tx, by, { ...about, options });
    if (whyNot === undefined) return undefined;
    why ??= whyNot;
  }
  return why;
}

async function whyNotBy(
  tx: Transaction,
  by: Actor,
  {
    person,
    integration,
    options,
  }: {
    readonly person: Person;
    readonly integration: Integration;
    readonly options: readonly string[];
  },
): Promise<string | undefined> {
  if (by.kind !== 'person') return undefined;
  const granter = await tx.people.find(by.personId);
  if (!granter || !mayGrant(granter, person, integration))
    return t`${granter ? fullName(granter) : t`The person who granted it`} may no longer grant ${integration.name} to ${fullName(person)}. If it is still needed, ask a Latchkey admin to grant it.`;
  return options.length > 0 && !isAdmin(granter)
    ? t`It needs approval by now: ${options.join(', ')}. Grant it again: that makes a request, which someone else decides.`
    : undefined;
}
