import type { Integration, Person } from '../../../../src/engine/people/directory.ts';
import type { TestEngine } from '../../../support/engine.ts';

/**
 * An app at `/users` that lists who has access, which this person was granted.
 * @param more of its manifest
 */
export async function listedIn(
  engine: TestEngine,
  person: Person,
  more: object = {},
): Promise<Integration> {
  const url = `${engine.party.url}/users`;
  const exists = { method: 'GET', url, expected: '{{email}}' };
  const app = await engine.integration({ exists, execute: [{ url }], ...more });
  engine.party.on('POST /users', { json: {} });
  engine.party.on('GET /users', { json: [{ email: person.email }] });
  await engine.granted(person, app);
  return app;
}
