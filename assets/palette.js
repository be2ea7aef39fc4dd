// Ctrl or Cmd and K: search or jump. It is a page as well, so nothing is lost without script. Loaded when somebody asks.

import { say } from './words.js';

const make = (tag, properties) => Object.assign(document.createElement(tag), properties);
let box, field, list, asked = 0;

function build() {
  box = make('div', { className: 'palette', id: 'palette', popover: 'auto', role: 'dialog', ariaLabel: say('jump') });
  field = make('input', { type: 'search', placeholder: say('search-all'), role: 'combobox', ariaLabel: say('jump'), ariaExpanded: 'true', autocomplete: 'off' });
  field.setAttribute('aria-controls', 'found');
  list = make('div', { id: 'found', role: 'listbox', ariaLabel: say('found') });
  box.append(field, list);
  document.body.append(box);
  field.addEventListener('input', look);
  field.addEventListener('keydown', (event) => {
    const rows = [...list.children], at = rows.findIndex((row) => row.ariaSelected === 'true');
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && rows.length) { event.preventDefault(); choose(rows[(at + step + rows.length) % rows.length]); }
    if (event.key === 'Enter' && rows[at]) { event.preventDefault(); rows[at].click(); }
  });
}

function choose(row) {
  for (const other of list.children) other.ariaSelected = String(other === row);
  row?.scrollIntoView({ block: 'nearest' });
  field.setAttribute('aria-activedescendant', row?.id ?? '');
}

function show(rows) {
  list.replaceChildren(...rows.map(([link, kind], at) => {
    const row = make('a', { href: link.href, id: `found-${at}`, role: 'option', tabIndex: -1 });
    const words = make('span', { className: 'clip' }), name = link.querySelector('.chat-name, .nav-label'), said = link.querySelector('.found-words');
    words.append((name ?? link).textContent);
    if (said) words.append(' · ', ...[...said.childNodes].map((node) => node.cloneNode(true)));
    row.append(words, make('span', { className: 'meta push', textContent: kind }));
    return row;
  }));
  choose(list.firstElementChild);
}

const pages = (words) => [...document.querySelectorAll('.nav a')].filter((link) => link.textContent.toLowerCase().includes(words)).map((link) => [link, say('page')]);

async function look() {
  const words = field.value.trim(), mine = ++asked;
  show(pages(words.toLowerCase()));
  if (words.length < 2) return;
  await new Promise((done) => setTimeout(done, 120));
  if (mine !== asked) return;
  const answer = await fetch(`/search?q=${encodeURIComponent(field.value)}`);
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  if (mine !== asked) return;
  const all = make('a', { href: `/search?q=${encodeURIComponent(words)}`, textContent: say('search-for', { words }) });
  show([...pages(words.toLowerCase()), ...[...page.querySelectorAll('[data-found]')].slice(0, 12).map((link) => [link, link.dataset.found]), [all, say('search')]]);
}

export function open() {
  if (!box) build();
  if (box.matches(':popover-open')) { box.hidePopover(); return; }
  field.value = '';
  show(pages(''));
  box.showPopover();
  field.focus();
}
