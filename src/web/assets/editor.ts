/** The script of the editor's pages. Each page works without it; the script makes it react while people type. */
import { enterStartsDryRun } from './enter-starts-dry-run.ts';
import { followTry } from './follow-try.ts';
import { startEditor } from './manifest-editor.ts';

const form = document.querySelector<HTMLFormElement>('#editor');
if (form) startEditor(form);
if (document.querySelector('#try')) followTry();
const tryForm = document.querySelector<HTMLFormElement>('#try-form');
if (tryForm) enterStartsDryRun(tryForm);
