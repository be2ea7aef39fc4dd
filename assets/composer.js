// The composer: Enter sends, a draft outlives the page, the bubble is there at once. A form goes once, however often it is sent,
// so what got no answer may be sent again.

import { say } from './words.js';

const composer = document.querySelector('#composer');
const field = composer?.querySelector('textarea');
const [hint, verb] = ['.composer-hint', '[data-verb]'].map((name) => composer?.querySelector(name));
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
const kept = `draft-${document.querySelector('#thread')?.dataset.chat}`;
const isNote = () => composer.elements.mode.value === 'note';
const make = (tag, properties) => Object.assign(document.createElement(tag), properties);
const going = new Set();

function bubble(text) {
  const article = make('article', { className: 'msg' });
  article.dataset.from = 'us';
  article.dataset.kind = isNote() ? 'note' : 'going';
  article.append(make('div', { className: 'bubble', textContent: text, dir: 'auto' }), make('p', { className: 'msg-meta', textContent: say('going') }));
  document.querySelector('.thread').append(article);
  going.add(article);
  tell('inbox:end');
  return article;
}

function fault(words) {
  document.querySelector('.composer-fault')?.remove();
  const banner = make('p', { className: 'banner composer-fault', textContent: words });
  banner.dataset.tone = 'danger';
  banner.setAttribute('role', 'alert');
  composer.before(banner);
}

// The newest of ours that the writer has seen when they begin.
function see() {
  const ours = document.querySelectorAll('.msg[data-from=us][id]:not([data-kind=note])');
  composer.elements.seen.value = [...ours].at(-1)?.id.slice(2) ?? '';
}

// What a form says is known by its key: the next one needs another.
function renewKey() { composer.elements.key.value = crypto.getRandomValues(new Uint32Array(4)).join('-'); }

async function send() {
  const { key, send_at: when, reply_to: to, template } = composer.elements, was = [key.value, when.value, to.value];
  const fields = new URLSearchParams(new FormData(composer)), text = field.value, at = fields.get('send_at');
  if (!text.trim()) return;
  if (!isNote() && text.length > composer.dataset.chars) { fault(say('too-long', { most: composer.dataset.chars, length: text.length })); return; }
  const shown = at ? null : bubble(text);
  fresh();
  try {
    const reply = await fetch(composer.action, { method: 'POST', body: fields, redirect: 'manual' });
    if (reply.type !== 'opaqueredirect' && !reply.ok) throw reply;
    if (!field.value) localStorage.removeItem(kept);
    document.querySelector('.composer-fault')?.remove();
    if (shown) { shown.dataset.sent = ''; setTimeout(() => { going.delete(shown); shown.remove(); }, 5000); }
    tell('inbox:renew');
  } catch (refusal) {
    going.delete(shown);
    shown?.remove();
    if (field.value) { field.value = `${text}\n${field.value}`; fault(say('first-unanswered')); return; }
    field.value = text;
    if (template) composer.append(template);
    answer(document.getElementById(`m-${was[2]}`));
    [key.value, when.value, to.value] = was;
    words();
    // A refusal stored nothing, so the form may go again for the server's own words.
    if (refusal instanceof Response && refusal.status < 500) composer.submit();
    else fault(say('unanswered'));
  }
}

function fresh() {
  field.value = '';
  field.focus();
  renewKey();
  composer.elements.template?.remove();
  composer.elements.send_at.value = '';
  answer(null);
  words();
}

// The message that is answered stands above the field; none with `null`.
const answering = composer?.querySelector('.answering');
function answer(message) {
  composer.elements.reply_to.value = message?.id.slice(2) ?? '';
  answering.hidden = !message;
  answering.querySelector('.quote')?.remove();
  if (!message) return;
  const said = message.querySelector('.said')?.textContent ?? '';
  const quote = make('a', { className: 'quote', href: `#${message.id}`, dir: 'auto' });
  const who = message.dataset.from === 'us' ? say('us') : document.querySelector('#thread-title').textContent;
  quote.append(make('b', { textContent: who }), said.slice(0, 160) || say('a-file'));
  answering.prepend(quote);
}
// Up and down through what can be answered.
function answerNext(step) {
  const all = [...document.querySelectorAll('.thread .msg:has([data-reply])')];
  const at = all.findIndex((message) => message.id.slice(2) === composer.elements.reply_to.value);
  answer(at < 0 ? (step < 0 ? all.at(-1) : null) : all[at + step] ?? (step > 0 ? null : all[at]));
}

// What the button does, and what it costs.
function words() {
  const at = composer.elements.send_at.value, [day, time] = at.split('T');
  verb.textContent = isNote() ? say('add-note') : at ? say('send-later') : say('send');
  hint.textContent = isNote() ? say('only-team') : at ? say('goes-at', { day, time }) : say('free');
  composer.querySelector('.later').hidden = isNote();
}

if (field) {
  field.value ||= localStorage.getItem(kept) ?? '';
  words();
  field.addEventListener('input', () => {
    if (field.value.length === 1 || !localStorage.getItem(kept)) see();
    field.value ? localStorage.setItem(kept, field.value) : localStorage.removeItem(kept);
  });
  field.addEventListener('keydown', (event) => {
    if (event.shiftKey || event.isComposing || event.defaultPrevented) return;
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step && !field.value && !isNote()) { event.preventDefault(); answerNext(step); }
    if (event.key === 'Escape' && composer.elements.reply_to.value) { event.preventDefault(); answer(null); }
    if (event.key !== 'Enter') return;
    event.preventDefault();
    composer.requestSubmit();
  });
  document.addEventListener('click', (event) => {
    const reply = event.target.closest('#thread [data-reply]'), none = event.target.closest('[data-unreply]');
    if (!reply && !none) return;
    event.preventDefault();
    answer(reply ? reply.closest('.msg') : null);
    field.focus();
  });
  composer.addEventListener('change', words);
  composer.addEventListener('submit', (event) => {
    if (event.submitter?.name === 'sure') return;
    event.preventDefault();
    // Files that were picked go with the words.
    if (composer.querySelector('.picked:not([hidden])')) tell('inbox:files', field.value);
    else send();
  });
  document.addEventListener('inbox:fresh', () => {
    for (const article of going) if (!('sent' in article.dataset)) document.querySelector('.thread').append(article); else { going.delete(article); article.remove(); }
    if (!field.value) see();
  });
  document.addEventListener('inbox:sent', () => { answer(null); field.value = ''; localStorage.removeItem(kept); renewKey(); words(); field.focus(); });
  document.addEventListener('inbox:fault', ({ detail }) => fault(detail));
}
