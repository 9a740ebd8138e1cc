/** Follows a try: loads its page again while the try runs, and shows what changed. */

/** Often enough to show each request. A try takes seconds, or waits for a poll. */
const ASK_AGAIN_MS = 800;

export function followTry(): void {
  const stop = document.querySelector<HTMLElement>('[data-while-running]');
  const isRunning = () =>
    document.querySelector<HTMLElement>('#try')?.dataset['running'] === 'true';

  const look = async (): Promise<void> => {
    if (isRunning()) {
      setTimeout(() => void refresh().finally(look), ASK_AGAIN_MS);
    } else if (stop) {
      stop.hidden = true;
    }
  };
  void look();
}

async function refresh(): Promise<void> {
  const old = document.querySelector<HTMLElement>('#try');
  const page = await lookAgain();
  if (!old || !page) return;
  const fresh = page.querySelector<HTMLElement>('#try');
  // A page without a try means that the session has ended. The page says so.
  if (!fresh) return location.reload();
  const open = [...old.querySelectorAll('details')].map((each) => each.open);
  for (const [index, each] of [...fresh.querySelectorAll('details')].entries())
    each.open = open[index] ?? each.open;
  const focused = summariesIn(old).findIndex((each) => each === document.activeElement);
  old.dataset['running'] = fresh.dataset['running'] ?? '';
  for (const [index, each] of [...old.children].entries()) update(each, fresh.children[index]);
  summariesIn(old)[focused]?.focus({ preventScroll: true });
}

/** @returns undefined where the network or the server is down for a moment; the next request tries again */
async function lookAgain(): Promise<Document | undefined> {
  try {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
    if (answer.status === 429 || answer.status >= 500) return undefined;
    return new DOMParser().parseFromString(await answer.text(), 'text/html');
  } catch {
    return undefined;
  }
}

/** What is in an element changes, and the element stays: a screen reader says what changes in the outcome. */
function update(old: Element, fresh: Element | undefined): void {
  if (!fresh || old.isEqualNode(fresh)) return;
  if (old.className !== fresh.className) old.className = fresh.className;
  old.replaceChildren(...fresh.childNodes);
}

const summariesIn = (place: HTMLElement): readonly HTMLElement[] => [
  ...place.querySelectorAll('summary'),
];
