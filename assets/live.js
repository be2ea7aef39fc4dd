// Parts of a page that renew themselves: a stream says that there is news, the page is asked for anew, and what changed in its
// live parts takes the place of what stands here. So what is shown is what the page would show, filters and all.

const place = document.querySelector('[data-stream]');
// Between two looks, however much happens.
const PAUSE_MS = 500;
let timer, asking = false, again = false, lost;

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
const soon = () => { timer ??= setTimeout(renew, PAUSE_MS); };

function take(fresh) {
  for (const part of document.querySelectorAll('[data-live]')) {
    const next = fresh.querySelector(`[data-live=${part.dataset.live}]`);
    if (!next || next.innerHTML === part.innerHTML) continue;
    const focused = part.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
    part.innerHTML = next.innerHTML;
    if (focused) part.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  }
}

function listen() {
  const stream = new EventSource(place.dataset.stream);
  stream.onmessage = soon;
  stream.onopen = () => { if (lost) { lost.remove(); lost = null; renew(); } };
  stream.onerror = () => {
    if (stream.readyState === EventSource.CLOSED) { stream.close(); setTimeout(listen, 3000); }
    if (lost) return;
    lost = Object.assign(document.createElement('p'), { className: 'banner', textContent: 'The connection is lost. It comes back by itself; nothing is missed.' });
    lost.dataset.tone = 'warning';
    lost.setAttribute('role', 'status');
    place.before(lost);
  };
}
if (place) listen();
