/** `exists` of a manifest: one request, and what its answer tells. */
import { checkAccess } from '../../engine/check-access.ts';
import { gather } from '../../engine/context.ts';
import type { Person } from '../../engine/directory.ts';
import type { ProvisionManifest } from '../../engine/manifest/schema.ts';
import type { Http, HttpAnswer, HttpRequest } from '../../engine/ports.ts';
import { repeating } from '../../engine/repeat.ts';
import { describeRequest } from '../../engine/request.ts';
import { noteExchanges, showAnswer } from './exchanges.ts';
import { nothingDone, refused, type TryResult, type TryStep } from './result.ts';
import type { Stage } from './stage.ts';
import type { World } from './world.ts';

interface Asked {
  readonly request: HttpRequest;
  readonly answer: HttpAnswer;
  readonly tries: number;
  readonly ms: number;
}

export async function tryExists(
  { manifest, person }: { readonly manifest: ProvisionManifest; readonly person: Person },
  stage: Stage,
  world: World,
): Promise<TryResult> {
  const { stores, transact, integration } = stage;
  const ids = { personId: person.id, integrationId: integration.id };
  const gathered = await gather(stores, ids);
  if (!gathered.ok) return refused('not-set-up', gathered.why);
  const { redact, variables } = gathered.context;
  if (!manifest.exists)
    return refused(
      'no-exists',
      'The manifest has no exists, so there is nothing to ask. Add one, or try another --part.',
    );

  const exchanges = noteExchanges(world.http, redact, world.progress);
  const watched = watch(exchanges.http, world);
  const access = await checkAccess(person.id, integration.id, {
    stores,
    transact,
    now: world.now,
    http: watched.http,
  });
  if (!access) throw new Error('The integration that was tried is gone');
  const { warnings } = describeRequest(manifest.exists, manifest.headers, variables([]));
  const asked = watched.last();
  return {
    ...nothingDone,
    status: access.state,
    error:
      access.state === 'unknown'
        ? { code: codeOf(asked?.answer), message: access.reason, step: 0 }
        : null,
    warnings,
    steps: asked ? [showAsked(asked, exchanges.take, redact)] : [],
  };
}

/** Why nothing is known: by what came back, where anything did. */
function codeOf(answer: HttpAnswer | undefined): string {
  if (!answer) return 'bad-request';
  if (answer.kind === 'failed') return 'no-answer';
  return answer.status >= 400 ? 'http-status' : 'not-matched';
}

/** Repeats what may be repeated, and remembers the last request with its answer. */
export function watch(
  http: Http,
  world: World,
): { readonly http: Http; readonly last: () => Asked | undefined } {
  let tries = 0;
  let last: Asked | undefined;
  const counting: Http = {
    send(request, limits) {
      tries += 1;
      return http.send(request, limits);
    },
  };
  const repeated = repeating(counting, world);
  return {
    last: () => last,
    http: {
      async send(request, limits) {
        tries = 0;
        const startedAt = world.now().getTime();
        const answer = await repeated.send(request, limits);
        last = { request, answer, tries, ms: world.now().getTime() - startedAt };
        return answer;
      },
    },
  };
}

export function showAsked(
  { request, answer, tries, ms }: Asked,
  take: (step: { method: string; url: string; tries: number }) => TryStep['request'],
  redact: (text: string) => string,
): TryStep {
  const shown = { method: request.method, url: redact(request.url), tries };
  return {
    ...shown,
    status: answer.kind === 'answer' ? answer.status : null,
    ms,
    request: take(shown),
    response: showAnswer(answer, redact),
  };
}
