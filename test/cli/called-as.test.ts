import { expect, test } from 'vitest';
import { calledAs } from '../../src/cli/called-as.ts';

test.each([
  ['by npx', { npm_command: 'exec', npm_lifecycle_event: 'npx' }, 'npx latchkey'],
  [
    'in a clone',
    { npm_command: 'run-script', npm_lifecycle_event: 'latchkey' },
    'npm run -s latchkey --',
  ],
  [
    'by the demo of a clone',
    { npm_command: 'run-script', npm_lifecycle_event: 'demo' },
    'npm run -s latchkey --',
  ],
  ['by its name, as in a container', {}, 'latchkey'],
])('commands to copy are as this one was called: %s', (_, environment, command) => {
  expect(calledAs(environment)).toBe(command);
});
