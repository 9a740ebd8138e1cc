/** Tries a manifest's `exists`: one request, and the meaning of its answer. */
import { t } from '../core/translate.ts';
import { checkAccess } from '../engine/access/check-access.ts';
import { gather } from '../engine/calls/context.ts';
import { type Described, describeRequest } from '../engine/calls/request.ts';
import type { ProvisionManifest } from '../engine/manifest/schema.ts';
import type { Person } from '../engine/people/directory.ts';
import { missingFacts } from '../engine/people/needed-facts.ts';
import type { HttpAnswer } from '../engine/ports/http.ts';
import type { RunInputs } from '../engine/runs/run.ts';
import type { SpokenEnv } from './env.ts';
import type { Fixture } from './fixture.ts';
import { knownTo } from './known.ts';
import { nothingDone, notReady, refused, type TryResult } from './result.ts';
import { showAsked, watch } from './watch.ts';

interface ExistsWish {
  readonly manifest: ProvisionManifest;
  readonly person: Person;
  readonly form: RunInputs['form'];
}

export async function tryExists(
  { manifest, person, form }: ExistsWish,
  fixture: Fixture,
  env: SpokenEnv,
): Promise<TryResult> {
  const { stores, transact, integration } = fixture;
  const inputs = { form, generated: {} };
  const ids = { personId: person.id, integrationId: integration.id, inputs };
  const gathered = await gather(stores, ids);
  if (!gathered.ok) {
    const lacking = notReady(gathered, env.words);
    // Without a token the app can't be asked, so the access is unknown.
    return gathered.code === 'no-token' ? { ...lacking, status: 'unknown' } : lacking;
  }
  if (!manifest.exists)
    return refused(
      'no-exists',
      t`The manifest has no exists, so there is nothing to check. ${env.words.addPart}`,
    );

  const known = knownTo(gathered.context, fixture, env);
  const watched = watch(known.exchanges.http, env);
  const access = await checkAccess(person.id, integration.id, {
    stores,
    transact,
    now: env.now,
    http: watched.http,
    tokens: known.tokens,
    form,
  });
  if (!access) throw new Error('The integration that was tried is gone');
  const variables = gathered.context.variables([]);
  const described = describeRequest(manifest.exists, variables, { manifest });
  const redact = await known.redactNow();
  const { answer } = watched.asked().at(-1) ?? {};
  const lacksFacts = missingFacts(manifest, 'exists', variables).length > 0;
  return {
    ...nothingDone,
    status: access.state,
    error:
      access.state === 'unknown'
        ? {
            code: lacksFacts ? 'fact-missing' : codeOf(answer, described),
            message: access.reason,
            step: 0,
          }
        : null,
    warnings: described.warnings,
    steps: watched.asked().map((asked) => showAsked(asked, known.exchanges, redact)),
    oauth: { refreshed: await known.refreshed() },
  };
}

/** Why the access is unknown, from the answer if there was one. */
function codeOf(answer: HttpAnswer | undefined, described: Described): string {
  if (!answer) return described.ok ? 'no-token' : 'bad-request';
  if (answer.kind === 'failed') return 'no-answer';
  return answer.status >= 400 ? 'http-status' : 'not-matched';
}
