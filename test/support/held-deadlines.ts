/** Deadlines that pass when the test says so: one of milliseconds may pass on a busy machine before what it is to cut off. */
import { onTestFinished, vi } from 'vitest';

/** Until the test ends, each `AbortSignal.timeout` is one of these. */
export function heldDeadlines(): { readonly ms: readonly number[]; readonly pass: () => void } {
  const begun: AbortController[] = [];
  const ms: number[] = [];
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockImplementation((after) => {
    const deadline = new AbortController();
    begun.push(deadline);
    ms.push(after);
    return deadline.signal;
  });
  onTestFinished(() => timeout.mockRestore());
  return {
    /** After how many milliseconds each of them would pass. */
    ms,
    pass() {
      for (const deadline of begun) deadline.abort(new DOMException('Time is up', 'TimeoutError'));
    },
  };
}
