/** A Latchkey with a folder of files beside it, and the two commands. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type ApplyOptions, applyFolder } from '../../../src/cli/configuration-files/apply.ts';
import { exportFolder } from '../../../src/cli/configuration-files/export.ts';
import { type TestEngine, testEngine } from '../../support/engine.ts';
import { capturedOutput } from '../captured.ts';

export type Texts = Readonly<Record<string, unknown>>;

export interface Commands {
  readonly folder: string;
  /** JSON, or a text as it is; undefined removes it. */
  write(files: Texts): Promise<void>;
  files(): Promise<Readonly<Record<string, string>>>;
  export(options?: { readonly hardCoded?: boolean; readonly yaml?: boolean }): Promise<Said>;
  apply(
    options?: ApplyOptions & { readonly confirm?: (message: string) => Promise<boolean> },
  ): Promise<Said>;
}

export interface Installation extends Commands {
  readonly engine: TestEngine;
}

interface Said {
  /** Undefined: it ended with an error. */
  readonly code: number | undefined;
  readonly out: string;
  readonly err: string;
}

export async function installation(): Promise<Installation> {
  const engine = await testEngine();
  return { engine, ...(await commandsOn(engine)) };
}

/** The commands with a folder of their own. */
export async function commandsOn(
  engine: Pick<Session, 'db' | 'stores' | 'transact' | 'now'>,
): Promise<Commands> {
  const parent = await mkdtemp(join(tmpdir(), 'latchkey-folder-'));
  onTestFinished(() => rm(parent, { recursive: true }));
  const folder = join(parent, 'config');
  const said = async (work: (session: Session) => Promise<number | void>): Promise<Said> => {
    const { output, stdout, stderr } = capturedOutput();
    const session = { ...engine, output, config: { timeZone: 'UTC' } };
    let code: number | undefined;
    try {
      code = (await work(session)) ?? 0;
    } catch (error) {
      if (!(error instanceof Error && error.name === 'CommandError')) throw error;
      output.error(error.message);
    }
    return { code, out: stdout(), err: stderr() };
  };
  return {
    folder,
    async write(files) {
      for (const [path, content] of Object.entries(files)) {
        const file = join(folder, path);
        await mkdir(dirname(file), { recursive: true });
        if (content === undefined) await rm(file);
        else await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
      }
    },
    async files() {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      const paths = entries
        .filter((each) => each.isFile())
        .map((each) => join(each.parentPath, each.name));
      const texts = paths
        .toSorted()
        .map(
          async (path) => [path.slice(folder.length + 1), await readFile(path, 'utf8')] as const,
        );
      return Object.fromEntries(await Promise.all(texts));
    },
    export: (options = {}) => said((session) => exportFolder(folder, options, session)),
    apply: ({ confirm, ...options } = {}) =>
      said((session) => applyFolder(folder, { ...options, confirm }, session)),
  };
}

type Session = Parameters<typeof applyFolder>[2];

export const manifest = (url = 'https://figma.example.com/members') =>
  `${JSON.stringify(
    {
      form: [{ id: 'team', name: 'Team', type: 'choice', items: [{ id: 'd', name: 'Design' }] }],
      initial_data_form: [{ id: 'TOKEN', name: 'Token' }],
      headers: { Authorization: 'Bearer {{TOKEN}}' },
      execute: [{ url, data: { email: '{{email}}', team: '{{team}}' } }],
    },
    null,
    2,
  )}\n`;

/** Something of everything. Needs ann@ and bo@example.com. */
export const everything: Texts = {
  'latchkey.json': { format: 1 },
  'settings.json': {
    dateLanguage: 'de',
    weekend: [5, 6],
    holidays: ['2026-12-25'],
    quietHours: { from: '20:00', until: '07:00' },
  },
  'integrations/figma.json': {
    name: 'Figma',
    icon: '🎨',
    owners: ['ann@example.com'],
    policy: {
      requesters: { kind: 'departments', departments: ['Design'] },
      longestHours: 720,
      route: {
        cases: [{ when: [{ kind: 'check', integration: 'Badge' }], stages: [] }],
        stages: [
          {
            approvers: [{ kind: 'people', people: ['bo@example.com', 'ann@example.com'] }],
            approvals: 2,
            differentPerson: true,
          },
        ],
      },
    },
    breakGlass: { longestHours: 4, withApprovalOptions: false },
  },
  'integrations/figma.manifest.json': manifest(),
  'integrations/badge.json': {
    name: 'Badge',
    turnedOn: false,
    assignee: { kind: 'person', person: 'bo@example.com' },
    policy: { approvers: { kind: 'people', people: ['ann@example.com'] } },
  },
  'bundles/designer.json': {
    name: 'Designer',
    description: 'What designers need',
    tags: ['design'],
    apps: [{ integration: 'Figma', form: { team: 'd' }, hours: 240 }, { integration: 'Badge' }],
  },
  'rules/design.json': {
    name: 'Everyone in Design',
    turnedOn: true,
    conditions: [{ field: 'department', comparison: 'is', values: ['Design'] }],
    overlapDays: 7,
    grants: [
      { bundle: 'Designer' },
      { integration: 'Figma', form: { team: 'x' }, answers: [{ label: 'Team', value: 'Extra' }] },
    ],
  },
  'sequences/new-hire.json': {
    name: 'New hire',
    anchor: 'start-date',
    forEveryHire: true,
    startsOn: [
      { kind: 'access-granted', integration: 'Figma' },
      { kind: 'field-changed', field: 'department', to: 'Design' },
    ],
    items: [
      {
        when: { kind: 'before', days: 3, time: '09:00' },
        does: {
          kind: 'task',
          title: 'Order a laptop',
          assignee: { kind: 'person', person: 'bo@example.com' },
          dueInDays: 2,
        },
      },
      {
        when: { kind: 'on', time: '09:00' },
        does: { kind: 'grant', integration: 'Figma', form: { team: 'd' } },
        waitsFor: 1,
      },
      {
        when: { kind: 'after', workingDays: 2, time: '10:00' },
        does: {
          kind: 'message',
          channel: 'email',
          to: '{{email}}',
          subject: 'Hello',
          text: 'Hello {{first_name}}',
        },
      },
    ],
  },
};
