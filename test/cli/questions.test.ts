import { expect, test } from 'vitest';
import { questionsInTerminal } from '../../src/cli/setup/questions.ts';

test('an input that ends in the middle of a question, as by Ctrl-D, stops the command with a sentence', async () => {
  const asked = questionsInTerminal.confirm('Go on?');
  process.emit('beforeExit', 0); // Nothing is left that this process waits for.
  await expect(asked).rejects.toThrow('stopped; nothing was written');
});
