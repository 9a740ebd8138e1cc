// Shows and hides what is typed. Without this script everything else works the same.

const say = document.forms[0].dataset;

for (const input of document.querySelectorAll('input[type="password"]')) {
  addToggle(input, {
    isHidden: () => input.type === 'password',
    hide: (hidden) => {
      input.type = hidden ? 'password' : 'text';
    },
  });
  // A browser remembers what was in a text field, so it is one only while it is looked at.
  input.form?.addEventListener('submit', () => {
    input.type = 'password';
  });
}
for (const lines of document.querySelectorAll('textarea.masked'))
  addToggle(lines, {
    isHidden: () => lines.classList.contains('masked'),
    hide: (hidden) => lines.classList.toggle('masked', hidden),
  });

function addToggle(field, { isHidden, hide }) {
  const label = document.querySelector(`label[for="${field.id}"]`)?.firstChild?.textContent;
  const name = String(field.getAttribute('aria-label') ?? label ?? '');
  const toggle = document.createElement('button');
  toggle.type = 'button';
  toggle.className = 'plain';
  toggle.setAttribute('aria-controls', field.id);
  const draw = () => {
    toggle.textContent = isHidden() ? say.show : say.hide;
    const named = isHidden() ? say.showName : say.hideName;
    toggle.setAttribute(
      'aria-label',
      named.replace('NAME', () => name.trim()),
    );
  };
  toggle.addEventListener('click', () => {
    hide(!isHidden());
    draw();
  });
  draw();
  field.after(toggle);
}
