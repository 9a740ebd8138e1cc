// Copies texts, shows when a page ends in the reader's own time zone, waits for a number to be pressed in chat, and sends a
// form once for two clicks. Without this script everything else works the same.
const SECOND_MS = 1000;
const HOUR_SECONDS = 60 * 60;

// A browser gives its clipboard to pages over https only, and to those of its own machine.
if (navigator.clipboard)
  for (const button of document.querySelectorAll('button[data-copy]')) {
    button.hidden = false;
    button.addEventListener('click', async () => {
      const source = document.getElementById(button.dataset.copy);
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      button.replaceChildren(button.dataset.copied);
    });
  }

for (const line of document.querySelectorAll('.ends')) {
  const time = line.querySelector('time');
  const left = line.querySelector('[data-left]');
  const end = new Date(time.dateTime);
  time.textContent = end.toLocaleTimeString(line.dataset.locale, { timeStyle: 'short' });
  const inMinutes = new Intl.NumberFormat(line.dataset.locale, {
    style: 'unit',
    unit: 'minute',
    unitDisplay: 'long',
  });
  const draw = () => {
    const seconds = Math.max(0, Math.round((end - Date.now()) / SECOND_MS));
    // "119:58" could be hours.
    const text =
      seconds >= HOUR_SECONDS
        ? inMinutes.format(Math.ceil(seconds / 60))
        : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
    left.replaceChildren(seconds > 0 ? left.dataset.left.replace('MINUTES', text) : '');
  };
  draw();
  setInterval(draw, SECOND_MS);
}

// The page with a number looks whether it is still the same one. Loading it again each time would make a screen reader start
// over before it has read the number.
const number = document.querySelector('.code');
const isOver = async () => {
  const answer = await fetch(location.href);
  if (answer.status === 429 || answer.status >= 500) return false;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  return page.querySelector('.code')?.textContent !== number.textContent;
};
const followNumber = async () => {
  // Of a busy or a silent server the next look may know more.
  if (await isOver().catch(() => false)) location.reload();
  else setTimeout(followNumber, SECOND_MS);
};
if (number) setTimeout(followNumber, SECOND_MS);

// The browser would show the answer to the last click only, and what is shown once is in the first.
const ANSWERED_WITHIN_MS = 10_000;
for (const form of document.forms) {
  let sentAt = Number.NEGATIVE_INFINITY;
  form.addEventListener('submit', (event) => {
    if (event.timeStamp - sentAt < ANSWERED_WITHIN_MS) event.preventDefault();
    else sentAt = event.timeStamp;
  });
  // Someone came back.
  addEventListener('pageshow', () => {
    sentAt = Number.NEGATIVE_INFINITY;
  });
}
