/** Deadlines that pass when the test says so: one of milliseconds may pass on a busy machine before what it is to cut off. */
import { onTestFinished, vi } from 'vitest';

/** Until the test ends, each `AbortSignal.timeout` is one of these. */
export function heldDeadlines(): { readonly pass: () => void } {
  const begun: AbortController[] = [];
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => {
    const deadline = new AbortController();
    begun.push(deadline);
    return deadline.signal;
  });
  onTestFinished(() => timeout.mockRestore());
  return {
    pass() {
      for (const deadline of begun) deadline.abort(new DOMException('Time is up', 'TimeoutError'));
    },
  };
}
