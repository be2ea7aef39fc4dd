// Parts of a page that renew themselves: the stream says that there is news, the page is asked for anew, and what changed in its
// live parts takes the place of what stands here. So what is shown is what the page would show, filters and all; what somebody
// has unfolded or is filling in is left alone.

import { hear } from './stream.js';

const place = document.querySelector('[data-stream]');
// Between two looks, however much happens.
const PAUSE_MS = 500;
let timer, asking = false, again = false;

async function renew() {
  timer = undefined;
  if (asking) { again = true; return; }
  asking = true;
  try {
    const answer = await fetch(location.pathname + location.search, { headers: { accept: 'text/html' } });
    if (answer.redirected) { location.reload(); return; }
    if (answer.ok) take(new DOMParser().parseFromString(await answer.text(), 'text/html'));
  } catch { /* The stream tells when the server is back. */ }
  asking = false;
  if (again) { again = false; soon(); }
}
const soon = () => { if (!document.hidden) timer ??= setTimeout(renew, PAUSE_MS); };

const named = (name, inside) => inside.querySelector(`[data-live="${CSS.escape(name)}"]`);
const isBusy = (part) => part.querySelector('details[open]') || (part.contains(document.activeElement) && document.activeElement.matches('input, textarea, select'));
const isSame = (part, next) => ('mark' in next.dataset ? next.dataset.mark === part.dataset.mark : next.innerHTML === part.innerHTML);

function take(fresh) {
  for (const part of document.querySelectorAll('[data-live]')) {
    const next = named(part.dataset.live, fresh);
    if (!next) part.remove();
    else if (!isSame(part, next) && !isBusy(part)) {
      const focused = part.contains(document.activeElement) && document.activeElement.getAttribute('href');
      part.replaceWith(next);
      if (focused) next.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
    }
  }
  // What wasn't there before.
  for (const next of fresh.querySelectorAll('[data-stream] > [data-live]')) if (!named(next.dataset.live, document)) place.append(next);
}

// Seconds that are left, counted down.
setInterval(() => {
  for (const left of document.querySelectorAll('[data-left]')) {
    left.dataset.left = Math.max(0, Number(left.dataset.left) - 1);
    left.textContent = left.dataset.left;
  }
}, 1000);

// A page with what is wrong in a form stands at the form's address, which can't be asked for; its own is where the menu leads.
const own = document.querySelector('main [aria-invalid=true]') && document.querySelector('.nav [aria-current=page]');
if (own) history.replaceState(null, '', own.href);

if (place) {
  hear(place.dataset.stream, { heard: soon, back: soon, place: document.querySelector('main .page-head') });
  document.addEventListener('visibilitychange', () => { if (!document.hidden) soon(); });
}
