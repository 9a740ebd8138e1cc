/** What an auditor looks for. */
import type { Foundation } from '../../../src/app/foundation.ts';
import { newId } from '../../../src/core/ids.ts';
import { blank } from '../../../src/engine/people/people.ts';
import { present } from '../given/outcomes.ts';
import { accessSince } from '../has-access.ts';

/** This person becomes an auditor. Cy Vance has left, and Fernboard's list of accounts still has her. */
export async function leaveBehind(
  { stores, transact }: Pick<Foundation, 'stores' | 'transact'>,
  auditorEmail: string,
): Promise<void> {
  const fernboard = present(await stores.integrations.findByName('Fernboard'));
  const auditor = present(await stores.people.findByEmail(auditorEmail));
  await transact(async (tx) => {
    await tx.people.save({ ...auditor, role: 'auditor' });
    const cy = {
      ...blank(tx.newId(), 'cy.vance@harbour.example'),
      firstName: 'Cy',
      lastName: 'Vance',
    };
    await tx.people.insertMany([{ ...cy, department: 'Sales', active: false }]);
    const about = { personId: cy.id, integrationId: fernboard.id };
    const at = new Date(tx.now.getTime() - 1000);
    await tx.access.put(accessSince(at, { ...about, reason: 'Found.' }));
    await tx.holds.insert({
      ...about,
      id: tx.newId(),
      version: 1,
      source: 'by-hand',
      givenBy: { kind: 'system' },
      startedAt: at,
    });
    await tx.findings.insert({
      ...about,
      id: tx.newId(),
      version: 1,
      kind: 'left-behind',
      state: 'open',
      accountId: newId(),
      label: 'cy.vance@harbour.example',
      foundAt: at,
      seenAt: at,
      roundId: 'r',
    });
    await tx.audit('finding.opened', {
      ...about,
      actor: { kind: 'system' },
      detail: { kind: 'left-behind' },
    });
  });
}
