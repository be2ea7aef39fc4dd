// What a script can add to pages that work without one: a click copies, tabs show one snippet, a made thing isn't made twice.

const found = (selector, inside = document) => [...inside.querySelectorAll(selector)];

// A secret: a click anywhere on it copies; where the browser doesn't allow that, the text is selected to be copied by hand.
for (const button of found('[data-copy] button')) button.hidden = false;
document.addEventListener('click', async ({ target }) => {
  const box = target.closest('[data-copy]');
  if (!box) return;
  const field = box.querySelector('input, code');
  const [button] = found('button', box);
  const [told] = found('[role=status]', box);
  if (field.select) { field.focus(); field.select(); }
  else getSelection().selectAllChildren(field);
  try {
    await navigator.clipboard.writeText(field.value ?? field.innerText);
    if (told) { told.hidden = false; if (button) button.hidden = true; }
    setTimeout(() => { if (told) told.hidden = true; if (button) button.hidden = false; }, 4000);
  } catch { /* It is selected; the reader copies it. */ }
});

// Radio buttons are tabs without script as well; with one they remember themselves.
for (const radio of found('.tabs:not(.modes) input[type=radio]')) {
  const kept = localStorage.getItem(radio.name);
  if (kept === radio.value) radio.checked = true;
  radio.addEventListener('change', () => localStorage.setItem(radio.name, radio.value));
}

// A page that answers a form is left for its own address: a reload must not make a second token.
if (document.querySelector('[data-settle]')) history.replaceState(null, '', document.querySelector('[data-settle]').dataset.settle);

// A page that waits for something looks again, but not while somebody types, or has unfolded or opened something.
const again = document.querySelector('meta[name=again]');
if (again) {
  setInterval(() => {
    if (!document.activeElement.matches('input, textarea, select') && !document.querySelector('main details[open], :popover-open')) location.reload();
  }, again.content * 1000);
}

// Without script these send their form by a button.
document.documentElement.dataset.script = '';
document.addEventListener('change', ({ target }) => {
  if (target.matches('select[data-submits]')) target.form.requestSubmit();
});
