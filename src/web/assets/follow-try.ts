/** Follows a try: asks for its page again while it runs, and takes over what has changed. */

/** Often enough to see each request come; a try is over in seconds, or waits for a poll. */
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
  const old = document.querySelector('#try');
  let html: string;
  try {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
    html = await answer.text();
  } catch {
    return; // The network is away for a moment; it is asked again.
  }
  const page = new DOMParser().parseFromString(html, 'text/html');
  const fresh = page.querySelector('#try');
  // No try on the page: the session has ended, and the page says so.
  if (!fresh) return location.reload();
  const open = [...(old?.querySelectorAll('details') ?? [])].map((each) => each.open);
  for (const [index, each] of [...fresh.querySelectorAll('details')].entries())
    each.open = open[index] ?? each.open;
  old?.replaceWith(fresh);
}
