#!/usr/bin/env node
/** The program `latchkey`. It imports nothing else at first, since an older Node can't even read the rest. */
import { requireNode } from '../node-version.ts';

requireNode();
const { runCommandLine } = await import('./program.ts');

// The command still does all its work where its output can't be written: when the reader stops early, as with `| head`, or
// when a disk is full.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') sayLost(error);
  });

let isSaid = false;
function sayLost({ code, message }: NodeJS.ErrnoException): void {
  if (isSaid) return;
  isSaid = true;
  process.on('exit', (before) => (process.exitCode = before === 0 ? 1 : before));
  process.stderr.write(`Error: what this command says can't be written (${code ?? message})\n`);
}

await runCommandLine(process.argv.slice(2));
