// Shows and hides what is typed. Without this script everything else works the same.
for (const input of document.querySelectorAll('input[type="password"]')) {
  const label = document.querySelector(`label[for="${input.id}"]`)?.firstChild?.textContent ?? '';
  const toggle = document.createElement('button');
  toggle.type = 'button';
  toggle.className = 'plain';
  toggle.setAttribute('aria-controls', input.id);
  const draw = () => {
    const hidden = input.type === 'password';
    toggle.textContent = hidden ? 'Show' : 'Hide';
    toggle.setAttribute('aria-label', `${hidden ? 'Show' : 'Hide'} ${label.trim()}`);
  };
  toggle.addEventListener('click', () => {
    input.type = input.type === 'password' ? 'text' : 'password';
    draw();
  });
  draw();
  input.after(toggle);
  // A browser remembers what was in a text field, so it is one only while it is looked at.
  input.form?.addEventListener('submit', () => {
    input.type = 'password';
  });
}
