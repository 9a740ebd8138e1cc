import { beforeEach, describe, expect, test } from 'vitest';
import { type Card, note } from '../../../../src/bots/view/card.ts';
import { cardOf, type Interaction } from '../../../../src/bots/view/pipeline/interaction.ts';
import { pipeline } from '../../../../src/bots/view/pipeline/pipelines.ts';
import {
  begun,
  catchErrors,
  identified,
  inOrder,
  interrupted,
  language,
  measure,
  once,
  profiled,
  rateLimit,
  received,
  repeats,
  type Step,
  sayIfSlow,
} from '../../../../src/bots/view/pipeline/steps.ts';
import type { ChatProfile } from '../../../../src/bots/view/platform.ts';
import type { Receipt } from '../../../../src/bots/view/receipt.ts';
import { locale } from '../../../../src/core/translate.ts';
import { WorkQueue } from '../../../../src/core/work-queue.ts';
import { StaleWrite } from '../../../../src/engine/ports/store.ts';
import { textOf } from '../../../support/chat.ts';
import { present } from '../../../support/given/outcomes.ts';

interface Ann {
  readonly name: string;
  readonly locale?: string;
}
type Asking = Interaction<Ann, string>;

let errors: string[];
const onError = (error: unknown, where: string) => void errors.push(`${where}: ${String(error)}`);

beforeEach(() => {
  errors = [];
});

/** Answers with the name of who it is handled for, and with the refusal where it isn't. */
const asking = (more: Partial<Asking> = {}): Asking => ({
  kind: 'press',
  where: 'press grant',
  inbound: {
    user: { platform: 'slack', tenant: 'T1', userId: 'U1' },
    key: 'k1',
    place: 'direct',
    profileOf: async () => undefined,
  },
  who: { name: 'Ann' },
  handle: async ({ name }) => name,
  refuse: ({ kind }) => kind,
  ...more,
});
const through = (step: Step<Ann>, more: Partial<Asking> = {}): Promise<string> =>
  pipeline([step])(asking(more));

/** Something that is handled as soon as a test says so. */
function handling() {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { end, handle: () => ended.then(() => 'handled') };
}

describe('a pipeline', () => {
  const named =
    (name: string): Step<Ann> =>
    (interaction, next) =>
      next({ ...interaction, where: `${interaction.where} ${name}` });

  test('takes an interaction through its steps in their order, and hands on what each makes of it', async () => {
    let where = '';
    const last: Step<Ann> = (interaction, next) => {
      ({ where } = interaction);
      return next(interaction);
    };
    const run = pipeline([named('first'), named('second'), last]);
    expect([await run(asking({ where: '' })), where]).toEqual(['Ann', ' first second']);
  });

  test('in which no step finds out who it is refuses to handle anything for anyone', async () => {
    const { who: _, ...nobody } = asking();
    await expect(pipeline<Ann>([])(nobody)).rejects.toThrow(TypeError);
  });
});

describe('measure', () => {
  test('shows what is handled to an observer, once', async () => {
    const seen: string[] = [];
    const step = measure<Ann>((kind, { user }, handle) => {
      seen.push(`${kind} ${user.userId}`);
      return handle();
    });
    expect([await through(step), seen]).toEqual(['Ann', ['press U1']]);
  });

  test('leaves out what is a part of another interaction', async () => {
    const step = measure<Ann>(() => Promise.reject(new Error('It is not to be seen')));
    const { kind: _, ...part } = asking();
    expect(await pipeline([step])(part)).toBe('Ann');
  });
});

describe('language', () => {
  const spoken = (more: Partial<Asking>) => {
    const said: Step<Ann> = async () => locale() as never; // What is said from here on.
    return pipeline([language<Ann>(), said])(asking(more));
  };

  test('is that of their client until it is known who they are, and then their own', async () => {
    const inbound = { ...asking().inbound, locale: 'de-DE' };
    const { who: _, ...nobody } = asking({ inbound });
    const said: Step<Ann> = async () => locale() as never;
    expect(await pipeline([language<Ann>(), said])(nobody)).toMatch(/^de/);
    expect(await spoken({ inbound, who: { name: 'Ann', locale: 'en-GB' } })).toBe('en-GB');
  });
});

describe('catchErrors', () => {
  test('logs what is thrown, and refuses with that it failed', async () => {
    const handle = () => Promise.reject(new Error('a bug'));
    expect(await through(catchErrors(onError), { handle })).toBe('failed');
    expect(errors).toEqual(['press grant: Error: a bug']);
  });

  test('logs once that someone was faster where it never ends', async () => {
    const handle = () => Promise.reject(new StaleWrite('request', 'r1', 1));
    const step = catchErrors<Ann>(onError);
    const answers = [];
    for (let time = 0; time < 5; time += 1) answers.push(await through(step, { handle }));
    expect(answers).toEqual(Array(5).fill('overtaken'));
    expect(errors).toEqual(['press grant: StaleWrite: request r1 has changed since it was read']);
  });

  test('says where someone else was faster, which is no failure and not logged', async () => {
    const handle = () => Promise.reject(new StaleWrite('request', 'r1', 1));
    expect(await through(catchErrors(onError), { handle })).toBe('overtaken');
    expect(errors).toEqual([]);
    expect(textOf(present(cardOf({ kind: 'overtaken' })))).toBe(
      'This has just changed\nIt was changed or deleted at the same moment. Check how it is now, and try again if you still need to.',
    );
  });
});

describe('rateLimit', () => {
  test.each([true, false])(
    'refuses what is too much, and says that it is the first: %s',
    async (isFirst) => {
      const step = rateLimit<Ann>(() => ({ ok: false, afterMs: 100, isFirst }));
      let refused: unknown;
      await through(step, {
        refuse: (refusal) => {
          refused = refusal;
          return '';
        },
      });
      expect(refused).toEqual({ kind: 'rate-limited', isFirst });
    },
  );

  test('lets through what is not', async () => {
    expect(await through(rateLimit<Ann>(() => ({ ok: true })))).toBe('Ann');
  });
});

describe('repeats', () => {
  test('are refused while the first is under way, and not when it has failed', async () => {
    const run = pipeline([repeats<Ann>()]);
    const { end, handle } = handling();
    const first = run(asking({ handle }));
    expect(await run(asking())).toBe('repeated');
    end();
    expect(await first).toBe('handled');
    await expect(
      run(asking({ handle: () => Promise.reject(new Error('no connection')) })),
    ).rejects.toThrow('no connection');
    expect(await run(asking())).toBe('Ann');
  });
});

describe('inOrder', () => {
  test('handles the next when the one before has ended, and refuses what has to wait too long', async () => {
    const run = pipeline([inOrder<Ann>(new WorkQueue({ atOnce: 1, waiting: 1 }))]);
    const { end, handle } = handling();
    const first = run(asking({ handle }));
    const second = run(asking({ who: { name: 'Bo' } }));
    const third = run(asking({ who: { name: 'Cy' } }));
    expect(await second).toBe('busy');
    end();
    expect([await first, await third]).toEqual(['handled', 'Cy']);
  });

  test('handles everything at once without a queue', async () => {
    expect(await through(inOrder<Ann>(undefined))).toBe('Ann');
  });
});

describe('sayIfSlow', () => {
  let timer: (() => void) | undefined;
  const later = (_ms: number, work: () => void) => {
    timer = work;
    return () => {
      timer = undefined;
    };
  };

  test('says so once it is slow, and nothing after it has ended', async () => {
    const said: Card[] = [];
    const { end, handle } = handling();
    const slow = through(sayIfSlow({ later, onError }), {
      handle,
      say: async (card) => void said.push(card),
    });
    timer?.();
    end();
    expect([await slow, said.map(({ title }) => title), timer]).toEqual([
      'handled',
      ['This is taking longer than usual'],
      undefined,
    ]);
  });

  test('shows before that that an answer is on its way, where the platform shows it', async () => {
    const due: [number, () => void][] = [];
    const inTime = (ms: number, work: () => void) => {
      due.push([ms, work]);
      return () => undefined;
    };
    let shown = 0;
    const typing = async () => void shown++;
    const { end, handle } = handling();
    const { inbound } = asking();
    const slow = through(sayIfSlow({ later: inTime, onError }), {
      handle,
      inbound: { ...inbound, typing },
    });
    expect(due.map(([ms]) => ms)).toEqual([1000]);
    due[0]?.[1]();
    end();
    expect([await slow, shown]).toEqual(['handled', 1]);
  });

  test('logs that it could not be said', async () => {
    const { end, handle } = handling();
    const say = () => Promise.reject(new Error('gone'));
    const slow = through(sayIfSlow({ later, onError }), { handle, say });
    timer?.();
    end();
    expect([await slow, errors]).toEqual(['handled', ['press grant: Error: gone']]);
  });
});

describe('once', () => {
  test('refuses what was done before', async () => {
    expect(await through(once<Ann>(async (key) => key === 'k1'))).toBe('Ann');
    expect(await through(once<Ann>(async () => false))).toBe('repeated');
  });
});

describe('what was stored at its receipt', () => {
  const receiptOf = (about: Partial<Receipt> = {}): Partial<Asking> => ({
    inbound: {
      ...asking().inbound,
      receipt: {
        refusal: Promise.resolve(undefined),
        begin: async () => true,
        end: () => undefined,
        ...about,
      },
    },
  });
  const refused = (kind: 'unstored' | 'interrupted' | 'late') =>
    receiptOf({ refusal: Promise.resolve({ kind }) });

  test('is not counted again', async () => {
    const step = rateLimit<Ann>(() => ({ ok: false, afterMs: 1, isFirst: true }));
    expect(await through(step, receiptOf())).toBe('Ann');
  });

  test('is refused at once, unless a process died with it: that is said when it is known who they are', async () => {
    expect(await through(received<Ann>({ onError: () => undefined }), receiptOf())).toBe('Ann');
    expect(await through(received<Ann>({ onError: () => undefined }), refused('unstored'))).toBe(
      'unstored',
    );
    for (const kind of ['interrupted', 'late'] as const) {
      expect(await through(received<Ann>({ onError: () => undefined }), refused(kind))).toBe('Ann');
      expect(await through(interrupted<Ann>(), refused(kind))).toBe(kind);
    }
    expect(await through(interrupted<Ann>())).toBe('Ann');
  });

  test('is done again where nobody asked for it', async () => {
    const { inbound = asking().inbound } = refused('interrupted');
    expect(await through(interrupted<Ann>(), { inbound: { ...inbound, unasked: true } })).toBe(
      'Ann',
    );
  });

  test('begins, unless another process has it; anything else has its key stored', async () => {
    const never = () => Promise.reject(new Error('It was stored before'));
    expect(await through(begun<Ann>(never), receiptOf())).toBe('Ann');
    expect(await through(begun<Ann>(never), receiptOf({ begin: async () => false }))).toBe(
      'repeated',
    );
    expect(await through(begun<Ann>(async () => false))).toBe('repeated');
  });
});

describe('identified', () => {
  test('hands on who it is', async () => {
    expect(await through(identified<Ann>(async () => ({ name: 'Bo' })))).toBe('Bo');
  });

  test('refuses with the card that says why it is nobody', async () => {
    const refused = note('I know you not');
    const refusal = await pipeline([identified<Ann>(async () => ({ refused }))])({
      ...asking(),
      handle: async () => undefined,
      refuse: cardOf,
    });
    expect(refusal).toEqual(refused);
  });
});

describe('profiled', () => {
  const joining = (profile: ChatProfile | undefined): Interaction<ChatProfile, string> => ({
    where: 'joined',
    inbound: { ...asking().inbound, profileOf: async () => profile },
    handle: async ({ name }) => name,
    refuse: ({ kind }) => kind,
  });

  test('hands on what the platform says of them, and refuses without', async () => {
    const run = pipeline([profiled]);
    expect(await run(joining({ name: 'Ann', kind: 'guest' }))).toBe('Ann');
    expect(await run(joining(undefined))).toBe('unknown');
  });
});
