import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import {
  PIGEON_POST_KEY,
  type SlowMailOptions,
  startSlowMail,
} from '../../demo/third-parties/slow-mail.ts';
import {
  LODESTONE_PASSWORD,
  LODESTONE_USER,
  startStaffDirectory,
} from '../../demo/third-parties/staff-directory.ts';
import type { ThirdParty } from '../../demo/third-parties/start-app.ts';
import { FERNBOARD_TOKEN, startTeamTool } from '../../demo/third-parties/team-tool.ts';
import { type Json, parseJson } from '../../src/core/json.ts';
import { judgeExists } from '../../src/engine/access/exists.ts';
import { isSuccess, matchesCondition, readStoreData } from '../../src/engine/calls/outcome.ts';
import { describeRequest } from '../../src/engine/calls/request.ts';
import { optionsFrom, staticOptions } from '../../src/engine/integrations/form.ts';
import { parseManifest } from '../../src/engine/manifest/parse.ts';
import type { ManifestRequest } from '../../src/engine/manifest/request-schema.ts';
import type { Manifest } from '../../src/engine/manifest/schema.ts';
import type { Person } from '../../src/engine/people/directory.ts';
import type { OptionsAnswer } from '../../src/engine/ports/chat-stores.ts';
import type { HttpAnswer } from '../../src/engine/ports/http.ts';
import { buildVariables, type Variables } from '../../src/engine/templates/variables.ts';
import { ok } from '../support/given/outcomes.ts';
import { localHttp } from '../support/given/worker.ts';

const LIMITS = { timeoutMs: 10_000, maxBytes: 1024 * 1024 };

const ANN: Person = {
  id: 'p1',
  version: 1,
  email: "ann.o'neil+new@acme.example",
  firstName: 'Ann "Annie"',
  lastName: "O'Neil & Söhne",
  role: 'new_hire',
  active: true,
  stored: {},
};

const http = localHttp();

function readManifest(name: string): Manifest {
  const text = readFileSync(new URL(`../../demo/manifests/${name}.json`, import.meta.url), 'utf8');
  const parsed = ok(parseManifest(text));
  expect(parsed).toMatchObject({ ok: true, warnings: [] });
  return parsed.manifest;
}

type Form = Readonly<Record<string, string | readonly string[]>>;

/** One integration for Ann, driven request by request with the engine's own parts and nothing stored. */
function integration(name: string, party: ThirdParty<unknown>, secrets: Record<string, string>) {
  onTestFinished(() => party.close());
  const manifest = readManifest(name);
  let stored: Readonly<Record<string, Json>> = {};

  const variablesFor = (form: Form, responses: readonly Json[]): Variables =>
    buildVariables({
      person: { ...ANN, stored },
      form,
      secrets: { BASE_URL: party.url, ...secrets },
      responses,
    });

  async function send(spec: ManifestRequest, variables: Variables) {
    const described = ok(describeRequest(spec, variables, { manifest }));
    expect(described).toMatchObject({ ok: true, warnings: [] });
    const answer = await http.send(described.request, LIMITS);
    if (answer.kind === 'failed') throw new Error(answer.message);
    return answer;
  }

  return {
    stored: () => stored,
    async options(fieldId: string): Promise<OptionsAnswer | undefined> {
      const field = manifest.form.find(({ id }) => id === fieldId);
      if (!field?.request) return field && staticOptions(field);
      const answer = await send(field.request, variablesFor({}, []));
      return optionsFrom(field, parseJson(answer.text), (text) => text);
    },
    async exists() {
      if (!manifest.exists) throw new Error('The manifest has no exists');
      const variables = variablesFor({}, []);
      const answer = await send(manifest.exists, variables);
      return judgeExists(manifest.exists, answer, { variables, app: 'The app' }).state;
    },
    async execute(form: Form): Promise<readonly number[]> {
      const responses: Json[] = [];
      const statuses: number[] = [];
      for (const step of manifest.execute) {
        for (let poll = step.polling?.amount ?? 1; poll > 0; poll -= 1) {
          const answer = await send(step, variablesFor(form, responses));
          statuses.push(answer.status);
          if (!isSuccess(step, answer.status)) return statuses;
          const response = jsonOf(answer);
          if (step.continueIf && !matchesCondition(step.continueIf, response)) continue;
          const values = ok(readStoreData(step.storeData ?? {}, response));
          stored = { ...stored, ...values.values };
          responses.push(response);
          break;
        }
      }
      return statuses;
    },
    async revoke(): Promise<readonly number[]> {
      const statuses: number[] = [];
      for (const step of manifest.revoke) {
        statuses.push((await send(step, variablesFor({}, []))).status);
      }
      return statuses;
    },
  };
}

function jsonOf({ text }: Extract<HttpAnswer, { kind: 'answer' }>): Json {
  try {
    return parseJson(text);
  } catch {
    return {};
  }
}

test('Fernboard: a team out of 240, granted, seen, revoked', async () => {
  const party = await startTeamTool();
  const fernboard = integration('fernboard', party, { TOKEN: FERNBOARD_TOKEN });

  const teams = await fernboard.options('TEAM_ID');
  expect(teams?.kind === 'options' && teams.options.length).toBe(240);
  expect(await fernboard.options('TEAM_ROLE')).toMatchObject({ options: { length: 3 } });
  expect(await fernboard.exists()).toBe('none');
  expect(await fernboard.execute({ TEAM_ID: 'team-7', TEAM_ROLE: 'editor' })).toEqual([201, 201]);
  expect(fernboard.stored()).toEqual({ FERNBOARD_ID: 'member-1001' });
  expect(party.state.members.get(ANN.email)).toMatchObject({ role: 'editor' });
  expect([...(party.state.teams[6]?.members ?? [])]).toEqual(['member-1001']);
  expect(await fernboard.exists()).toBe('has');
  expect(await fernboard.revoke()).toEqual([204]);
  expect(await fernboard.exists()).toBe('none');
});

test('Fernboard: a wrong token fails the first step', async () => {
  const fernboard = integration('fernboard', await startTeamTool(), { TOKEN: 'wrong' });

  expect(await fernboard.execute({ TEAM_ID: 'team-7', TEAM_ROLE: 'editor' })).toEqual([401]);
});

test('Lodestone: groups chosen from the third party, granted, seen, revoked', async () => {
  const party = await startStaffDirectory();
  const secrets = { USER: LODESTONE_USER, PASSWORD: LODESTONE_PASSWORD };
  const lodestone = integration('lodestone', party, secrets);

  expect(await lodestone.options('HOME_GROUP')).toMatchObject({ options: { length: 6 } });
  expect(await lodestone.options('GROUPS')).toMatchObject({ options: { length: 6 } });
  expect(await lodestone.exists()).toBe('none');
  const form = { HOME_GROUP: 'leads', GROUPS: ['wifi', 'builders'] };
  expect(await lodestone.execute(form)).toEqual([201, 200]);
  expect(lodestone.stored()).toEqual({ LODESTONE_NUMBER: 9_007_199_254_740_993n });
  expect(party.state.entries.get(ANN.email)).toMatchObject({
    name: 'Ann "Annie" O\'Neil & Söhne',
    homeGroup: 'leads',
    groups: ['wifi', 'builders'],
  });
  expect(await lodestone.exists()).toBe('has');
  expect(await lodestone.revoke()).toEqual([204]);
  expect(await lodestone.exists()).toBe('none');
});

test('Lodestone: no other groups are needed', async () => {
  const party = await startStaffDirectory();
  const secrets = { USER: LODESTONE_USER, PASSWORD: LODESTONE_PASSWORD };
  const lodestone = integration('lodestone', party, secrets);

  expect(await lodestone.execute({ HOME_GROUP: 'leads', GROUPS: [] })).toEqual([201, 200]);
  expect(party.state.entries.get(ANN.email)?.groups).toEqual([]);
});

async function pigeonPost(options: SlowMailOptions) {
  const party = await startSlowMail({ delay: async () => {}, ...options });
  return { party, mail: integration('pigeon-post', party, { KEY: PIGEON_POST_KEY }) };
}

test('Pigeon Post: a mailbox polled until it is ready, seen, revoked by its stored id', async () => {
  const { party, mail } = await pigeonPost({ looksUntilReady: 2 });

  expect(await mail.options('MAILBOX_SIZE')).toMatchObject({ options: { length: 2 } });
  expect(await mail.exists()).toBe('none');
  const form = { MAILBOX_NAME: 'Ann', MAILBOX_SIZE: 'large' };
  expect(await mail.execute(form)).toEqual([202, 200, 200, 200]);
  expect(mail.stored()).toEqual({ PIGEON_POST_ID: 'mbx-1' });
  expect(party.state.mailboxes.get('mbx-1')).toMatchObject({ email: ANN.email, size: 'large' });
  expect(await mail.exists()).toBe('has');
  expect(await mail.revoke()).toEqual([204]);
  expect(await mail.exists()).toBe('none');
});

test('Pigeon Post: too busy is a failed step', async () => {
  const { mail } = await pigeonPost({ failsWrite: () => true });

  expect(await mail.execute({ MAILBOX_NAME: 'Ann', MAILBOX_SIZE: 'large' })).toEqual([503]);
});
