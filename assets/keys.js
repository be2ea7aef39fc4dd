// Keys: j and k go through a list of chats, Escape leaves a field, and whatever names its key in data-key is reached by it.

const one = (selector) => document.querySelector(selector);

document.addEventListener('keydown', (event) => {
  const typing = event.target.closest('input, textarea, select');
  if (event.key === 'Escape' && typing) typing.blur();
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === 'j' || event.key === 'k') {
    const rows = [...document.querySelectorAll('.chat')];
    const from = rows.indexOf(document.activeElement.closest('.chat') ?? one('.chat[aria-current]'));
    rows[from + (event.key === 'j' ? 1 : -1)]?.focus();
    return;
  }
  const target = /^[a-z/]$/.test(event.key) && one(`[data-key="${event.key}"]`);
  if (!target) return;
  event.preventDefault();
  if (target.matches('button')) target.click();
  else target.focus();
  if (target.type === 'radio') {
    target.checked = true;
    one('#composer textarea')?.focus();
  }
});
