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
  const old = document.querySelector('#try');
  let html: string;
  try {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
    html = await answer.text();
  } catch {
    return; // The network is down for a moment. The next request tries again.
  }
  const page = new DOMParser().parseFromString(html, 'text/html');
  const fresh = page.querySelector('#try');
  // A page without a try means that the session has ended. The page says so.
  if (!fresh) return location.reload();
  const open = [...(old?.querySelectorAll('details') ?? [])].map((each) => each.open);
  for (const [index, each] of [...fresh.querySelectorAll('details')].entries())
    each.open = open[index] ?? each.open;
  old?.replaceWith(fresh);
}
