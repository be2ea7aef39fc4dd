// Keys: j and k go through a list of chats, x ticks one, Escape leaves a field, "?" tells them all, and whatever names its key in
// data-key is reached by it. Single keys can be switched off in this browser. The focus is where it was after a form came back.

const one = (selector) => document.querySelector(selector);
const OFF = 'keys-off', KEPT = 'focus';

document.addEventListener('keydown', (event) => {
  const typing = event.target.closest('input:not([type=checkbox], [type=radio]), textarea, select');
  if (event.key === 'Escape' && typing) typing.blur();
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.key === '?') { event.preventDefault(); help(); return; }
  if (localStorage.getItem(OFF)) return;
  const rows = [...document.querySelectorAll('#chats .chat')];
  const at = rows.findIndex((row) => row.parentElement.contains(document.activeElement));
  if (event.key === 'j' || event.key === 'k') {
    const from = at < 0 ? rows.indexOf(one('#chats .chat[aria-current]')) : at;
    rows[from + (event.key === 'j' ? 1 : -1)]?.focus();
    return;
  }
  if (event.key === 'x' && at >= 0) { one(`#${rows[at].parentElement.id} [name=chat]`)?.click(); return; }
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

const KEYS = [['Ctrl K', 'search or jump'], ['j k Enter', 'next, previous, open'], ['x', 'tick the chat'], ['r n', 'write a reply, a note'], ['e', 'close, or open again'], ['s', 'snooze'], ['a l', 'who is responsible, a label'], ['z', 'undo'], ['/', 'find'], ['Escape', 'leave a field'], ['?', 'this list']];
function help() {
  let box = one('#help-keys');
  if (!box) {
    box = document.createElement('div');
    Object.assign(box, { id: 'help-keys', className: 'over card help-keys', popover: 'auto' });
    box.setAttribute('role', 'dialog');
    box.setAttribute('aria-label', 'Keys');
    box.innerHTML = '<div class="card-body stack"><h2>Keys</h2><dl></dl><label class="choice"><input type="checkbox">Single keys work</label></div>';
    box.querySelector('dl').append(...KEYS.flatMap(([keys, what]) => [document.createElement('dt'), document.createElement('dd')].map((part, at) => { part.append(at ? what : Object.assign(document.createElement('kbd'), { textContent: keys })); return part; })));
    const choice = box.querySelector('input');
    choice.checked = !localStorage.getItem(OFF);
    choice.onchange = () => choice.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, '1');
    document.body.append(box);
  }
  box.showPopover();
  box.querySelector('input').focus();
}

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
