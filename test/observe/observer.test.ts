import { expect, test } from 'vitest';
import { Observer } from '../../src/observe/observer.ts';
import type { Span, Tracer } from '../../src/observe/tracer.ts';

interface Recorded {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly parent: string | undefined;
  error?: string;
  ended?: true;
}

function recording(): { readonly tracer: Tracer; readonly spans: readonly Recorded[] } {
  const spans: Recorded[] = [];
  const names = new WeakMap<Span, string>();
  const tracer: Tracer = {
    start({ name, attributes, parent }) {
      const recorded: Recorded = { name, attributes, parent: parent && names.get(parent) };
      spans.push(recorded);
      const span: Span = {
        set() {},
        end: (error) => Object.assign(recorded, { error, ended: true }),
      };
      names.set(span, name);
      return span;
    },
    stop: () => Promise.resolve(),
  };
  return { tracer, spans };
}

test('ids hold for the work and what it leads to, and no longer', async () => {
  const observer = new Observer();
  const seen = await observer.within({ name: 'outer', ids: { requestId: 'r1' } }, async () => {
    const inner = await observer.within({ name: 'inner', ids: { runId: 'run1' } }, async () => {
      await Promise.resolve();
      return observer.ids();
    });
    return { inner, outer: observer.ids() };
  });
  expect(seen).toEqual({ inner: { requestId: 'r1', runId: 'run1' }, outer: { requestId: 'r1' } });
  expect(observer.ids()).toEqual({});
});

test('two pieces of work side by side know nothing of each other', async () => {
  const observer = new Observer();
  const work = (runId: string) =>
    observer.within({ name: 'run', ids: { runId } }, async () => {
      await Promise.resolve();
      return observer.id('runId');
    });
  expect(await Promise.all([work('a'), work('b')])).toEqual(['a', 'b']);
});

test('spans lie within each other and end', async () => {
  const { tracer, spans } = recording();
  const observer = new Observer(tracer);
  await observer.within({ name: 'outer' }, () => observer.within({ name: 'inner' }, async () => 1));
  expect(spans).toEqual([
    { name: 'outer', attributes: {}, parent: undefined, error: undefined, ended: true },
    { name: 'inner', attributes: {}, parent: 'outer', error: undefined, ended: true },
  ]);
});

test('of what went wrong a trace has the code and not the message', async () => {
  const { tracer, spans } = recording();
  const observer = new Observer(tracer);
  const broken = Object.assign(new Error('password is hunter2'), { code: 'refused' });
  const failing = observer.within({ name: 'work' }, () => Promise.reject(broken));
  await expect(failing).rejects.toBe(broken);
  expect(spans).toMatchObject([{ error: 'refused', ended: true }]);
});
