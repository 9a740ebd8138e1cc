#!/usr/bin/env node
/** The program `latchkey`. */
import { runCommandLine } from './program.ts';

// The reader may stop early, as with `| head`. The command still does all its work.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

await runCommandLine(process.argv.slice(2));
