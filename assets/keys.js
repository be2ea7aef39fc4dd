// Keys: j and k go through a list of chats, x ticks one, Escape leaves a field, "?" tells them all, and whatever names its key in
// data-key is reached by it. Single keys can be switched off in this browser. The focus is where it was after a form came back.

const one = (selector) => document.querySelector(selector);
const later = (name) => import(one(`meta[name="module:${name}"]`).content);
const OFF = 'keys-off', KEPT = 'focus';

document.addEventListener('keydown', (event) => {
  const typing = event.target.closest('input:not([type=checkbox], [type=radio]), textarea, select');
  if (event.key === 'Escape' && typing && !event.defaultPrevented) typing.blur();
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.key === '?') { event.preventDefault(); later('help').then(({ help }) => help()); return; }
  if (localStorage.getItem(OFF)) return;
  const rows = [...document.querySelectorAll('#chats .chat')];
  const at = rows.findIndex((row) => row.parentElement.contains(document.activeElement));
  if (event.key === 'j' || event.key === 'k') {
    const from = at < 0 ? rows.indexOf(one('#chats .chat[aria-current]')) : at;
    rows[from + (event.key === 'j' ? 1 : -1)]?.focus();
    return;
  }
  if (event.key === 'x' && at >= 0) { one(`#${rows[at].parentElement.id} [name=chat]`)?.click(); return; }
  // On a message, a reply quotes it.
  if (event.key === 'r' && document.activeElement.matches('[data-reply]')) { event.preventDefault(); document.activeElement.click(); return; }
  const target = /^[a-z/]$/.test(event.key) && one(`[data-key="${event.key}"]`);
  if (!target) return;
  event.preventDefault();
  if (target.matches('button')) target.click();
  else target.focus();
  if (target.type === 'radio') {
    target.checked = true;
    target.dispatchEvent(new Event('change', { bubbles: true }));
    one('#composer textarea')?.focus();
  }
});

// A form that was sent brings the page back; whoever works by keys goes on where they were.
document.addEventListener('submit', ({ target, submitter }) => sessionStorage.setItem(KEPT, JSON.stringify([target.getAttribute('action'), submitter?.name ?? document.activeElement.name ?? '', Date.now()])));
const [action, name, at] = JSON.parse(sessionStorage.getItem(KEPT) ?? '[]');
sessionStorage.removeItem(KEPT);
if (action && Date.now() - at < 10000 && document.activeElement === document.body) {
  const form = one(`form[action="${CSS.escape(action)}"]`);
  const field = form && (name && form.elements[name] || form.querySelector('button'));
  (field?.focus ? field : one('#chats .chat[aria-current]'))?.focus({ preventScroll: true });
}

// What can be undone is offered for ten seconds; a reload must not offer it again.
const toast = one('.toast');
if (toast) {
  const place = new URL(location.href);
  place.searchParams.delete('undo');
  history.replaceState(null, '', place);
  setTimeout(() => toast.remove(), Number(toast.dataset.lives) * 1000);
}

// Search or jump: what it needs is loaded when somebody asks for it.
const palette = (event) => { event.preventDefault(); later('palette').then(({ open }) => open()); };
document.addEventListener('keydown', (event) => {
  if (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) palette(event);
});
one('[data-palette]')?.addEventListener('click', palette);
