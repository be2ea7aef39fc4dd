// An inbox that stays as it is without script, and with it is live: the stream says that something happened, the page is
// asked for anew, and what differs in it takes the place of what stands here. What somebody types is never touched.

import { hear } from './stream.js';
import { say } from './words.js';

const one = (selector, inside = document) => inside.querySelector(selector);
const thread = one('#thread[data-chat]');
const chat = thread?.dataset.chat;
const later = (name) => import(one(`meta[name="module:${name}"]`).content);
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

const scroller = () => one('#thread [data-live=thread]');
const isAtEnd = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < 80;
const logs = () => [...document.querySelectorAll('.pane-body:has(> .thread)')];
const toEnd = (boxes = logs()) => { for (const box of boxes) box.scrollTop = box.scrollHeight; };

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
  asking = false; if (again) { again = false; setTimeout(renew, 40); }
}

function take(fresh) {
  if (!thread && one('#thread[data-chat]', fresh)) { location.reload(); return; }
  const stay = logs().filter(isAtEnd), before = newest();
  for (const part of document.querySelectorAll('[data-live]')) {
    const next = one(`[data-live=${part.dataset.live}]`, fresh);
    const unfolded = part.querySelectorAll('details');
    next?.querySelectorAll('details').forEach((fresh, at) => { fresh.open = unfolded[at]?.open ?? false; });
    if (!next || next.isEqualNode(part) || (part.contains(document.activeElement) && part.dataset.live === 'side')) continue;
    const at = part.scrollTop;
    if (part.dataset.live === 'thread') cut || patch(one('.thread', part), one('.thread', next), loaded);
    else patch(part, next);
    part.scrollTop = at;
  }
  const next = one('#thread[data-chat]', fresh);
  if (thread && next) thread.dataset.unread = next.dataset.unread;
  one('#chats').dataset.unread = one('#chats', fresh).dataset.unread ?? 0;
  tell('inbox:fresh');
  toEnd(stay); if (thread && newest() !== before && !stay.includes(scroller())) pill();
  markRead(); title();
}

// Puts fresh children in the place of old ones and leaves those that say the same: what plays goes on, what has the focus keeps
// it. `keep`: pages of older messages stand before the first fresh one.
function patch(old, fresh, keep = false) {
  const known = new Map([...old.children].map((child) => [child.id || child.outerHTML, child]));
  const next = [...fresh.children];
  if (keep) {
    const first = next.findIndex((child) => child.matches('.msg') && known.has(child.id));
    if (first < 0) { loaded = false; } else { next.splice(0, first); }
    const stands = first < 0 ? null : known.get(next[0].id);
    for (let child = old.firstElementChild; stands && child !== stands; child = child.nextElementSibling) known.delete(child.id || child.outerHTML);
  }
  let last = keep && known.get(next[0]?.id)?.previousElementSibling || null;
  for (const child of next) {
    const key = child.id || child.outerHTML, same = known.get(key);
    known.delete(key); const use = same?.isEqualNode(child) ? same : document.importNode(child, true);
    const place = last ? last.nextElementSibling : old.firstElementChild;
    if (use !== place) {
      if (same && same !== use) {
        const link = same.contains(document.activeElement) && document.activeElement.getAttribute('href');
        const ticked = one('[name=chat]', same)?.checked;
        same.replaceWith(use);
        if (ticked) one('[name=chat]', use).checked = true;
        if (link) one(`a[href="${CSS.escape(link)}"]`, use)?.focus();
      } else old.insertBefore(use, place);
    }
    last = use;
  }
  for (const child of known.values()) if (child.parentNode === old) child.remove();
}

function listen() {
  let timer;
  hear(`/live?after=${one('[data-seq]').dataset.seq}&chat=${chat ?? ''}`, {
    heard: () => { clearTimeout(timer); timer = setTimeout(renew, 40); },
    back: renew,
    // On a phone only one of the panes is seen.
    place: one('#thread[data-chat] .pane-head') ?? one('[data-seq] .pane-head'),
    kinds: { here: (others) => tell('inbox:here', others), news: (news) => { if (news.is_mention && !news.is_mine && String(news.chat) !== chat) { name(String(news.chat), true); title(); } later('notices').then(({ notice }) => notice(news)); } },
  });
}

// -- Read: what somebody looks at, once they look.
let marking = false;
async function markRead() {
  if (marking || !one('#composer') || document.hidden || !(Number(thread?.dataset.unread) > 0)) return;
  marking = true;
  try {
    await fetch(`/inbox/${chat}/read`, { method: 'POST', body: new URLSearchParams({ read: 'true' }), redirect: 'manual' });
    thread.dataset.unread = '0';
  } catch { /* It stays unread. */ }
  marking = false;
}
// Chats of others in whose notes one is named, until one looks there.
const named = new Set(JSON.parse(sessionStorage.getItem('named') ?? '[]'));
const name = (id, isNamed) => { named[isNamed ? 'add' : 'delete'](id); sessionStorage.setItem('named', JSON.stringify([...named])); };
const plainTitle = document.title;
function title() {
  const unread = Number(one('#chats').dataset.unread ?? 0) + named.size;
  document.title = unread ? `(${unread}) ${plainTitle}` : plainTitle;
}

// -- Older messages come when one scrolls up; new ones below are told by a pill.
// Of many pages the newest go again, so that a thread of any length stays light; the pill leads back to them.
const SHOWN_MAX = 120;
let loaded = false, loading = false, cut = false;
async function older() {
  const box = scroller(), link = one('a[data-older]', box);
  if (!link || loading || box.scrollTop > 900) return;
  loading = loaded = true;
  try {
    if (await (await later('older')).bring(box, link, SHOWN_MAX)) { cut = true; pill(); }
  } catch { /* The link is still there. */ }
  loading = false;
}
const newest = () => one('#thread .msg:last-of-type')?.id;
function pill() {
  const button = one('.pill') ?? Object.assign(document.createElement('button'), { type: 'button', className: 'btn btn-small pill' });
  button.textContent = cut ? say('to-newest') : say('new-messages');
  button.onclick = async () => {
    if (cut) { cut = loaded = false; one('.thread', scroller()).replaceChildren(); await renew(); }
    toEnd(); button.remove();
  };
  scroller().after(button);
}

// A refused message stands at its form's address.
if (location.pathname === `/inbox/${chat}/send`) history.replaceState(null, '', `/inbox/${chat}`);
if (one('[data-seq]')) {
  if (!location.hash) toEnd();
  name(chat, false); listen(); markRead(); title();
  scroller()?.addEventListener('scroll', () => { older(); if (!cut && isAtEnd(scroller())) one('.pill')?.remove(); }, { passive: true });
  document.addEventListener('inbox:renew', renew);
  document.addEventListener('inbox:end', () => toEnd());
  document.addEventListener('visibilitychange', () => { if (!document.hidden) { renew(); markRead(); } });
}
