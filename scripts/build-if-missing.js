/** Builds a clone that was never built. All output goes to stderr: stdout belongs to the command that follows. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

if (!existsSync('dist/src/cli/latchkey.js')) {
  const { status } = spawnSync('npm run -s build', { shell: true, stdio: ['ignore', 2, 2] });
  process.exitCode = status ?? 1;
}
