import { vi } from 'vitest';
import { startGrant } from '../../../src/engine/access/grant.ts';
import { ofKind } from '../given/outcomes.ts';
import type { TestCompany } from './company.ts';

const GRANTED_MS = 120_000;

/** Grants through the engine, as from chat, and waits until the access is there. @param name of the integration */
export async function grantAtCompany(
  company: TestCompany,
  email: string,
  name: string,
  form: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { stores, transact } = company.app.foundation;
  const person = await stores.people.findByEmail(email);
  const integration = await stores.integrations.findByName(name);
  if (!person || !integration) throw new Error(`There is no ${email}, or no ${name}`);
  const wanted = { actor: { kind: 'system' }, person, integration, form } as const;
  const started = ofKind('started', await transact((tx) => startGrant(tx, wanted)));
  const state = async () => (await stores.runs.find(started.run.id))?.state;
  await vi.waitUntil(async () => (await state()) === 'succeeded', { timeout: GRANTED_MS });
}

/**
 * Lodestone answers 404 for who isn't there, which proves nothing until another answer has worked there: someone else has access.
 */
export const letLodestoneVouch = (company: TestCompany, email: string): Promise<void> =>
  grantAtCompany(company, email, 'Lodestone', { HOME_GROUP: 'all-staff' });
