// Pages that show what goes on: the page is asked for anew while somebody looks, and the parts whose mark has changed take the
// place of those that stand here. What somebody is filling in is left alone.

const every = () => Number(document.querySelector('[data-poll]')?.dataset.poll ?? 0);
let lost = false;

async function renew() {
  const answer = await fetch(location.pathname, { headers: { accept: 'text/html' } });
  if (answer.redirected) { location.reload(); return; }
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const part of document.querySelectorAll('[data-live]')) {
    const next = fresh.querySelector(`[data-live="${CSS.escape(part.dataset.live)}"]`);
    if (!next) { location.reload(); return; }
    if (next.dataset.mark === part.dataset.mark || part.querySelector('details[open]')) continue;
    part.replaceWith(next);
  }
  if (!fresh.querySelector('[data-poll]')) document.querySelector('[data-poll]')?.removeAttribute('data-poll');
}

async function look() {
  if (!document.hidden) {
    try { await renew(); if (lost) tell(false); } catch { if (!lost) tell(true); }
  }
  if (every()) setTimeout(look, every());
}

function tell(isLost) {
  lost = isLost;
  document.querySelector('.lost')?.remove();
  if (!isLost) return;
  const banner = Object.assign(document.createElement('p'), { className: 'banner lost', textContent: 'The connection is lost. The page goes on by itself once it is back.' });
  banner.dataset.tone = 'warning';
  banner.setAttribute('role', 'status');
  document.querySelector('main')?.prepend(banner);
}

setInterval(() => {
  for (const left of document.querySelectorAll('[data-left]')) {
    left.dataset.left = Math.max(0, Number(left.dataset.left) - 1);
    left.textContent = left.dataset.left;
  }
}, 1000);
if (every()) setTimeout(look, every());
