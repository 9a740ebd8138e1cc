/**
 * In a form, Enter presses the first submit button, and that is the search for a person: right in its own field, wrong in all
 * others. Without this script Enter in an answer searches, which keeps what was typed.
 */
export function enterStartsDryRun(form: HTMLFormElement): void {
  const dryRun = form.querySelector<HTMLButtonElement>('[data-on-enter]');
  form.addEventListener('keydown', (event) => {
    const { target, key, isComposing } = event; // With an input method, Enter chooses a word.
    if (key !== 'Enter' || isComposing || !(target instanceof HTMLInputElement)) return;
    if (!dryRun || target.type === 'search') return;
    event.preventDefault();
    dryRun.click();
  });
}
