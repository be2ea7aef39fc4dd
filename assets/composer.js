// The composer: Enter sends, a draft outlives the page, the bubble is there at once. A form goes once, however often it is sent,
// so what got no answer may be sent again.

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
  article.append(make('div', { className: 'bubble', textContent: text, dir: 'auto' }), make('p', { className: 'msg-meta', textContent: 'On its way' }));
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
  const fields = new URLSearchParams(new FormData(composer)), text = field.value, later = fields.get('send_at');
  if (!text.trim()) return;
  if (!isNote() && text.length > composer.dataset.chars) { fault(`A message has at most ${composer.dataset.chars} characters; this one has ${text.length}.`); return; }
  const shown = later ? null : bubble(text);
  field.value = '';
  field.focus();
  try {
    const answer = await fetch(composer.action, { method: 'POST', body: fields, redirect: 'manual' });
    if (answer.type !== 'opaqueredirect' && !answer.ok) throw answer;
    localStorage.removeItem(kept);
    document.querySelector('.composer-fault')?.remove();
    renewKey();
    composer.elements.template?.remove();
    composer.elements.send_at.value = '';
    words();
    if (shown) { shown.dataset.sent = ''; setTimeout(() => { going.delete(shown); shown.remove(); }, 5000); }
    tell('inbox:renew');
  } catch (answer) {
    going.delete(shown);
    shown?.remove();
    field.value = text;
    // A refusal stored nothing, so the form may go again for the server's own words.
    if (answer instanceof Response && answer.status < 500) composer.submit();
    else fault('No answer came: this may have gone or not. Send it again, it goes only once.');
  }
}

// What the button does, and what it costs.
function words() {
  const later = composer.elements.send_at.value;
  verb.textContent = isNote() ? 'Add the note' : later ? 'Send later' : 'Send';
  hint.textContent = isNote() ? 'Only the team sees it' : later ? `Goes ${later.replace('T', ' at ')}` : 'Free to send';
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
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.defaultPrevented) return;
    event.preventDefault();
    composer.requestSubmit();
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
  document.addEventListener('inbox:sent', () => { field.value = ''; localStorage.removeItem(kept); renewKey(); words(); field.focus(); });
  document.addEventListener('inbox:fault', ({ detail }) => fault(detail));
}
