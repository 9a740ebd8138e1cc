import { inheritedEnvironment } from '../config/config.ts';
import type { Environment } from '../config/variables.ts';

/** How this command line was called, for commands that someone is to copy: by npx, by a script of a clone, or by its name. */
export function calledAs(environment: Environment = inheritedEnvironment()): string {
  const script = environment['npm_lifecycle_event'];
  if (script === 'latchkey' || script === 'demo') return 'npm run -s latchkey --';
  return environment['npm_command'] === 'exec' ? 'npx latchkey' : 'latchkey';
}
