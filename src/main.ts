/** `npm start`. It imports nothing else, since an older Node can't even read the rest. */
import './node-version.ts';

await import('./app/run.ts');
