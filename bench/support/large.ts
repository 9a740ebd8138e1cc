/** Texts that are small to send and large to work on, shown to a Latchkey that runs: to its editor, and in imports. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '../../src/core/ids.ts';
import { bringFile } from '../../src/engine/imports/import-people.ts';
import { startSync } from '../../src/engine/imports/start-sync.ts';
import { hasEnded } from '../../src/engine/imports/sync-run.ts';
import { addIntegration } from '../../src/engine/integrations/integrations.ts';
import { keepDraft } from '../../src/engine/links/drafts.ts';
import { csrfToken, openSession } from '../../src/engine/links/web-sessions.ts';
import type { Lab } from '../../test/hostile/lab.ts';
import { type Large, largeFiles, largeManifests, largePages } from '../../test/hostile/large.ts';
import { interactions } from '../../test/hostile/templates.ts';
import { LOCAL_MESSAGES } from '../../test/support/local-teams.ts';

const OPERATOR = { kind: 'operator', user: 'bench' } as const;
/** An answer that takes longer counts as none. */
const ANSWER_MS = 60_000;
const POLL_MS = 100;

interface Attacked {
  readonly inputs: number;
  readonly problems: readonly string[];
  /** Milliseconds of the slowest answer, with what it was to. */
  readonly slowest: { readonly ms: number; readonly name: string };
  /** By process: milliseconds. */
  readonly still: Readonly<Record<string, number>>;
  /** By process: bytes, the most of each round; all inputs are shown in each. */
  readonly memory: Readonly<Record<string, readonly number[]>>;
}

/** What the inputs need at most, is there after the second; what they leave behind, is more in the third. */
const ROUNDS = 3;

export async function attackLarge(lab: Lab): Promise<Attacked> {
  const watch = await watchProcesses(lab);
  const problems: string[] = [];
  let slowest = { ms: 0, name: '' };
  type Door = (text: string) => Promise<string | undefined>;
  /** @param waiting milliseconds of each answer that pass before anybody looks at the text */
  const show = async (inputs: readonly Large[], door: Door, waiting = 0) => {
    for (const { name, text } of inputs) {
      const { ms, problem } = await timed(door, text());
      if (problem !== undefined) problems.push(`${name}: ${problem}`);
      const worked = Math.max(0, ms - waiting);
      if (worked > slowest.ms) slowest = { ms: worked, name };
      const stood = await watch.since();
      process.stdout.write(
        `  ${name}: ${worked.toFixed(0)} ms (${stood})${problem ? `, ${problem}` : ''}\n`,
      );
    }
  };
  const editor = await openEditorPage(lab);
  const importer = await openImports(lab);
  const people: Door = (text) => fileOfPeople(text, lab);
  const untilLooked = async (door: Door, text: string) => {
    const times = [await timed(door, text), await timed(door, text), await timed(door, text)];
    return Math.min(...times.map(({ ms }) => ms));
  };
  try {
    for (let round = 0; round < ROUNDS; round++) {
      watch.begin(round);
      await show(largeManifests, editor);
      await show(nested, (text) => platforms(text, lab));
      await show(largeFiles, people, await untilLooked(people, ''));
      await show(largePages, importer.imports, await untilLooked(importer.imports, '{}'));
    }
  } finally {
    importer.close();
  }
  return {
    inputs: ROUNDS * [largeManifests, nested, largeFiles, largePages].flat().length,
    problems,
    slowest,
    ...(await watch.end()),
  };
}

async function timed(door: (text: string) => Promise<string | undefined>, text: string) {
  const begun = performance.now();
  const problem = await door(text);
  return { ms: performance.now() - begun, problem };
}

// ---------------------------------------------------------------- the editor

/** Checks a text as the page does while someone types. @returns what was wrong with the answer */
async function openEditorPage(lab: Lab) {
  const { foundation } = lab;
  const { stores, transact, vault } = foundation;
  const keyedHash = (text: string) => vault.keyedHash(text);
  const admin = await stores.people.findByEmail('ada@example.com');
  if (!admin) throw new Error('Nobody is an admin');
  const personId = admin.id;
  const { session, cookie } = await transact(async (tx) => {
    const draft = await keepDraft(tx, { personId, kind: 'manifest', name: 'Large', text: '{}' });
    const wanted = { id: 'large', purpose: 'manifest', subject: draft.id, personId } as const;
    return openSession(tx, wanted, keyedHash);
  });
  const headers = {
    'content-type': 'application/json',
    cookie: `latchkey-manifest=${cookie}`,
    'x-csrf-token': csrfToken(session, keyedHash),
  };
  return async (manifest: string): Promise<string | undefined> => {
    const body = JSON.stringify({ manifest, name: 'Large' });
    const answer = await lab.send(`/editor/${session.id}/check`, { method: 'POST', headers, body });
    if (answer.status === 413) return undefined; // In words, as every page.
    return answer.status === 200 && answer.text.includes('"errors"')
      ? undefined
      : `status ${answer.status}: ${answer.text.slice(0, 200)}`;
  };
}

// ---------------------------------------------------------------- chat

const nested: readonly Large[] = [20_000, 400_000].map((depth) => ({
  name: `lists ${depth} deep, from Slack and Teams`,
  text: () => `${'['.repeat(depth)}${']'.repeat(depth)}`,
}));

/** Signed, and from this machine: whatever they answer, they answer. */
async function platforms(text: string, lab: Lab): Promise<string | undefined> {
  const headers = { 'content-type': 'application/json' };
  const press = `${JSON.stringify(interactions[0]).slice(0, -1)},"x":${text}}`;
  const answers = [
    await lab.fromSlack(new URLSearchParams({ payload: press }).toString()),
    await lab.fromSlack(
      `{"type":"event_callback","team_id":"T0","event":{"type":"app_home_opened","user":"U0","tab":"home","x":${text}}}`,
      'application/json',
    ),
    await lab.send(LOCAL_MESSAGES, {
      method: 'POST',
      headers,
      body: `{"type":"message","value":${text}}`,
    }),
  ];
  const lost = answers.find(({ status }) => status === 0);
  return lost && `no answer: ${lost.text}`;
}

/** As it comes from chat; the worker reads it. */
async function fileOfPeople(text: string, { foundation }: Lab): Promise<string | undefined> {
  const { stores, transact } = foundation;
  const admin = await stores.people.findByEmail('ada@example.com');
  const file = { name: 'large.csv', text, personId: admin?.id ?? '' };
  const { id } = await transact((tx) => bringFile(tx, file, { actor: OPERATOR }));
  for (const end = performance.now() + ANSWER_MS; performance.now() < end; ) {
    await sleep(POLL_MS);
    const { state } = (await stores.fileImports.find(id))?.progress ?? {};
    if (state === 'unreadable') return undefined;
    if (state !== 'reading') return `it is ${state}`;
  }
  return 'no answer in a minute';
}

// ---------------------------------------------------------------- imports

async function openImports({ foundation }: Lab) {
  const { stores, transact, now } = foundation;
  const deps = { now, newId, actor: OPERATOR };
  let page = '';
  const server = createServer((_, response) => response.end(page));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/people`;
  const manifest = JSON.stringify({
    execute: [{ url, method: 'GET' }],
    action: 'create',
    data_from: 'users',
    data_structure: { email: 'mail' },
  });
  const added = await transact((tx) =>
    addIntegration(tx, { name: 'Large', manifest, secrets: {} }, deps),
  );
  if (!added.ok) throw new Error(added.errors.map(({ message }) => message).join());
  return {
    imports: async (text: string): Promise<string | undefined> => {
      page = text;
      const started = await transact((tx) =>
        startSync(tx, added.integration, { mode: 'import', ...deps }),
      );
      if (started.kind !== 'started') return `the import was ${started.kind}`;
      for (const end = performance.now() + ANSWER_MS; performance.now() < end; ) {
        await sleep(POLL_MS);
        const run = await stores.syncRuns.find(started.run.id);
        if (!run || !hasEnded(run)) continue;
        if (run.state !== 'failed') return `the import is ${run.state}`;
        return run.error.code === 'internal' ? run.error.message : undefined;
      }
      return 'no answer in a minute';
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

// ---------------------------------------------------------------- both processes

/** What Prometheus would see: how long an event loop stood still since it was asked last, and the memory. */
async function watchProcesses(lab: Lab) {
  const still: Record<string, number> = {};
  let recent: Record<string, number> = {};
  const memory: Record<string, number[]> = {};
  let now = 0;
  const look = async (isFirst: boolean): Promise<void> => {
    const { text } = await lab.send('/metrics');
    for (const [, part = '', value] of text.matchAll(
      /^nodejs_eventloop_lag_max_seconds\{process="(\w+)"\} (\S+)$/gm,
    ))
      if (!isFirst) recent[part] = Math.max(recent[part] ?? 0, Number(value) * 1000);
    for (const [, part = '', value] of text.matchAll(
      /^process_resident_memory_bytes\{process="(\w+)"\} (\S+)$/gm,
    )) {
      const rounds = (memory[part] ??= []);
      rounds[now] = Math.max(rounds[now] ?? 0, Number(value));
    }
  };
  await look(true);
  const ending = new AbortController();
  const watching = (async () => {
    while (!ending.signal.aborted) {
      await sleep(POLL_MS);
      await look(false);
    }
  })();
  return {
    begin(round: number) {
      now = round;
    },
    /** How long each process stood still at most since this was asked last, in words. */
    async since() {
      await look(false);
      const words = Object.entries(recent).map(([part, ms]) => `${part} stood ${ms.toFixed(0)} ms`);
      for (const [part, ms] of Object.entries(recent)) still[part] = Math.max(still[part] ?? 0, ms);
      recent = {};
      return words.join(', ');
    },
    async end() {
      ending.abort();
      await watching;
      return { still, memory };
    },
  };
}
