// What the composer suggests: "/" brings templates, "@" in a note brings teammates. An arrow goes through them, Enter takes one,
// Escape leaves them. Loaded when one of the two is typed.

const composer = document.querySelector('#composer');
const field = composer.querySelector('textarea');
const box = composer.querySelector('.suggested');
const isNote = () => composer.elements.mode.value === 'note';
const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

let templates, mates, taken;
export async function suggest() {
  box.hidden = true;
  const before = field.value.slice(0, field.selectionStart);
  const name = isNote() ? /(?:^|\s)@([^@\n]{0,30})$/.exec(before)?.[1] : undefined;
  if (name !== undefined) {
    mates ??= [...document.querySelectorAll('#responsible option:not([value="0"])')].map((option) => option.textContent.trim());
    const fit = mates.filter((mate) => mate.toLowerCase().startsWith(name.toLowerCase()) && mate !== name);
    show(fit.map((mate) => make('a', { textContent: mate, href: '#' })), (row) => {
      field.setRangeText(`${row.textContent} `, field.selectionStart - name.length, field.selectionStart, 'end');
    });
    return;
  }
  const wanted = isNote() ? undefined : /^\/([^\n]{0,60})$/.exec(field.value)?.[1];
  if (wanted === undefined) return;
  if (!templates) {
    const answer = await fetch(composer.querySelector('[data-templates]').href);
    templates = [...new DOMParser().parseFromString(await answer.text(), 'text/html').querySelectorAll('[data-template]')];
  }
  if (!field.value.startsWith('/')) return;
  show(templates.filter((row) => row.textContent.toLowerCase().includes(wanted.toLowerCase())).slice(0, 8), insert);
}

function insert(row) {
  composer.elements.template?.remove();
  composer.append(make('input', { type: 'hidden', name: 'template', value: row.dataset.template }));
  field.value = row.dataset.text;
  field.dispatchEvent(new Event('input'));
  // A place that nobody knows is the writer's to fill.
  const gap = /\{\{[^}]*\}\}/.exec(field.value);
  if (gap) field.setSelectionRange(gap.index, gap.index + gap[0].length);
}

function show(rows, take) {
  box.replaceChildren(...rows.map((row, at) => {
    const option = row.cloneNode(true);
    option.setAttribute('role', 'option');
    option.tabIndex = -1;
    option.setAttribute('aria-selected', at === 0);
    option.onclick = (event) => { event.preventDefault(); pick(option); };
    return option;
  }));
  taken = take;
  box.hidden = rows.length === 0;
}
function pick(option) { box.hidden = true; taken(option); field.focus(); }

// Before the composer hears of the key itself.
composer.addEventListener('keydown', (event) => {
  if (box.hidden || event.target !== field) return;
  const rows = [...box.children], at = rows.findIndex((row) => row.getAttribute('aria-selected') === 'true');
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) rows.forEach((row, index) => row.setAttribute('aria-selected', index === (at + step + rows.length) % rows.length));
  else if (event.key === 'Enter') pick(rows[at]);
  else if (event.key === 'Escape') box.hidden = true;
  else return;
  event.preventDefault();
  event.stopPropagation();
}, true);
