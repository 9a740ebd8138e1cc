/** The few pages that Tidebook shows to people. */

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem; color: #17324d; }
h1 { font-size: 1.4rem; } h1::before { content: "≈ "; color: #1387a8; }
label, dt { display: block; font-weight: 600; margin-top: 1rem; } dd { margin: 0; }
input { font: inherit; padding: .4rem .6rem; width: 100%; box-sizing: border-box; }
button { font: inherit; padding: .4rem 1rem; margin: 1.2rem .6rem 0 0; } code { overflow-wrap: anywhere; }`;

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title} – Tidebook</title><style>${STYLE}</style></head>
<body><h1>${title}</h1>
${body}
</body></html>`;

export function appPage({
  clientId,
  clientSecret,
  callbacks,
  problem,
}: {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly callbacks: readonly string[];
  readonly problem: string | undefined;
}): string {
  const known = callbacks.map((each) => `<li><code>${escape(each)}</code></li>`).join('');
  return page(
    'Your app at Tidebook',
    `<p>Tidebook is a made-up calendar that comes with Latchkey's demo. An app works with it by OAuth2.</p>
<dl><dt>Client ID</dt><dd><code>${clientId}</code></dd>
<dt>Client secret</dt><dd><code>${clientSecret}</code></dd></dl>
<form method="post"><label for="callback">Callback address</label>
<input id="callback" name="callback" autocomplete="off" placeholder="http://localhost:3978/oauth/…/callback">
${problem === undefined ? '' : `<p role="alert">${problem}</p>`}<button>Register it</button></form>
${known === '' ? '<p>None is registered yet.</p>' : `<p>Registered:</p><ul>${known}</ul>`}`,
  );
}

export const loginPage = (action: string): string =>
  page(
    'Log in to Tidebook',
    `<form method="post" action="${action}">
<label for="email">Email</label><input id="email" name="email" type="email" required value="ada.okafor@harbour.example">
<label for="password">Password (any will do here)</label><input id="password" name="password" type="password" required>
<button>Log in</button></form>`,
  );

export const consentPage = (action: string): string =>
  page(
    'Latchkey asks to work with Tidebook',
    `<p>It wants to see the members of your calendars, add some and take some out.</p>
<form method="post" action="${action}"><button>Allow</button><button name="do" value="deny">Deny</button></form>`,
  );

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
