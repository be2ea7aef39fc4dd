// An inbox that stays as it is without script, and with it is live: the stream says that something happened, the page is
// asked for anew, and what changed in it takes the place of what stands here. What somebody types is never touched.

const one = (selector, inside = document) => inside.querySelector(selector);
const thread = one('#thread[data-chat]');
const chat = thread?.dataset.chat;
const composer = one('.composer');
const field = composer && one('textarea', composer);

const scroller = () => one('#thread [data-live=thread]');
const isAtEnd = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < 80;
const toEnd = () => { const box = scroller(); if (box) box.scrollTop = box.scrollHeight; };

// -- Live. One request at a time; what happens during it asks for one more.
let asking = false, again = false;
async function renew() {
  if (asking) { again = true; return; }
  asking = true;
  try {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
    if (answer.redirected) { location.reload(); return; }
    if (answer.ok) take(new DOMParser().parseFromString(await answer.text(), 'text/html'));
  } catch { /* The stream tells when the server is back. */ }
  asking = false;
  if (again) { again = false; renew(); }
}

function take(fresh) {
  const end = scroller(), stay = end && isAtEnd(end);
  for (const part of document.querySelectorAll('[data-live]')) {
    const next = one(`[data-live=${part.dataset.live}]`, fresh);
    if (!next || next.innerHTML === part.innerHTML || (part.contains(document.activeElement) && part.dataset.live === 'side')) continue;
    const focused = part.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
    const at = part.scrollTop;
    part.innerHTML = next.innerHTML;
    part.scrollTop = at;
    if (focused) one(`a[href="${CSS.escape(focused)}"]`, part)?.focus();
  }
  const next = one('#thread[data-chat]', fresh);
  if (thread && next) thread.dataset.unread = next.dataset.unread;
  if (stay) toEnd();
  markRead();
  title();
}

let lost;
function listen() {
  const stream = new EventSource(`/inbox/live?after=${one('#chats').dataset.seq}`);
  let timer;
  stream.onmessage = () => { clearTimeout(timer); timer = setTimeout(renew, 40); };
  stream.onopen = () => { if (lost) { lost.remove(); lost = null; renew(); } };
  stream.onerror = () => {
    if (stream.readyState === EventSource.CLOSED) { stream.close(); setTimeout(listen, 3000); }
    if (lost) return;
    lost = Object.assign(document.createElement('p'), { className: 'banner lost', textContent: 'The connection is lost. It comes back by itself; nothing is missed.' });
    lost.dataset.tone = 'warning';
    lost.setAttribute('role', 'status');
    one('#chats .pane-head')?.after(lost);
  };
}

// -- Read: what somebody looks at, once they look.
let marking = false;
async function markRead() {
  if (marking || !composer || document.hidden || !(Number(thread?.dataset.unread) > 0)) return;
  marking = true;
  try { await send(`/inbox/${chat}/read`, { read: 'true' }); thread.dataset.unread = '0'; } catch { /* It stays unread. */ }
  marking = false;
}
const plainTitle = document.title;
function title() {
  const unread = document.querySelectorAll('#chats .count').length;
  document.title = unread ? `(${unread}) ${plainTitle}` : plainTitle;
}

const send = (path, fields) => fetch(path, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });

// -- Composer: Enter sends, a draft outlives the page, the bubble is there at once.
const kept = `draft-${chat}`;
if (field) {
  field.value ||= localStorage.getItem(kept) ?? '';
  field.addEventListener('input', () => field.value ? localStorage.setItem(kept, field.value) : localStorage.removeItem(kept));
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    composer.requestSubmit();
  });
  composer.addEventListener('submit', async (event) => {
    event.preventDefault();
    const fields = new FormData(composer), text = field.value;
    if (!text.trim()) return;
    const bubble = going(text, fields.get('mode'));
    field.value = '';
    field.focus();
    try {
      const answer = await send(composer.action, fields);
      if (answer.type !== 'opaqueredirect' && !answer.ok) throw answer;
      localStorage.removeItem(kept);
      await renew();
    } catch (answer) {
      bubble.remove();
      field.value = text;
      // A refusal stored nothing, so the form may go again for the server's own words. What nobody knows must not be repeated.
      if (answer instanceof Response && answer.status < 500) composer.submit();
      else fault('No answer came: this may have gone or not. See whether it appears above before you send it again.');
    }
  });
}

function going(text, mode) {
  const article = document.createElement('article');
  article.className = 'msg';
  article.dataset.from = 'us';
  article.dataset.kind = mode === 'note' ? 'note' : 'going';
  const bubble = Object.assign(document.createElement('div'), { className: 'bubble', textContent: text, dir: 'auto' });
  article.append(bubble, Object.assign(document.createElement('p'), { className: 'msg-meta', textContent: 'On its way' }));
  one('.thread').append(article);
  toEnd();
  return article;
}

function fault(words) {
  const banner = Object.assign(document.createElement('p'), { className: 'banner composer-fault', textContent: words });
  banner.dataset.tone = 'danger';
  banner.setAttribute('role', 'alert');
  composer.before(banner);
  setTimeout(() => banner.remove(), 8000);
}

if (one('#chats')) {
  if (!location.hash) toEnd();
  listen();
  markRead();
  title();
  document.addEventListener('visibilitychange', () => { if (!document.hidden) { renew(); markRead(); } });
}
