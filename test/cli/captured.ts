import { createOutput, type Output } from '../../src/cli/output.ts';

/** An output whose texts a test can read. */
export function capturedOutput(): {
  readonly output: Output;
  readonly stdout: () => string;
  readonly stderr: () => string;
} {
  const written = { stdout: '', stderr: '' };
  const sink = (name: keyof typeof written) => ({
    write: (text: string) => {
      written[name] += text;
    },
  });
  return {
    output: createOutput(sink('stdout'), sink('stderr')),
    stdout: () => written.stdout,
    stderr: () => written.stderr,
  };
}
