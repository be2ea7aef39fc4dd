// The list of keys that "?" brings, and the choice to go without single ones. Loaded when somebody asks.

import { say } from './words.js';

const OFF = 'keys-off';
const KEYS = [
  ['Ctrl K', say('key-palette')], [`j k ${say('key-enter')}`, say('key-go')], ['x', say('key-tick')], ['r n', say('key-write')],
  ['↑ ↓', say('key-quote')], ['e', say('key-close')], ['s', say('key-snooze')], ['a l', say('key-set')], ['z', say('key-undo')],
  ['/', say('key-find')], [say('key-escape'), say('key-leave')], ['?', say('key-help')],
];

export function help() {
  let box = document.querySelector('#help-keys');
  if (!box) {
    box = document.createElement('div');
    Object.assign(box, { id: 'help-keys', className: 'over card help-keys', popover: 'auto' });
    box.setAttribute('role', 'dialog');
    box.setAttribute('aria-label', say('keys'));
    box.innerHTML = '<div class="card-body stack"><h2></h2><dl></dl><label class="choice"><input type="checkbox"></label></div>';
    box.querySelector('h2').append(say('keys'));
    box.querySelector('label').append(say('single-keys'));
    box.querySelector('dl').append(...KEYS.flatMap(([keys, what]) => [document.createElement('dt'), document.createElement('dd')].map((part, at) => { part.append(at ? what : Object.assign(document.createElement('kbd'), { textContent: keys })); return part; })));
    const choice = box.querySelector('input');
    choice.checked = !localStorage.getItem(OFF);
    choice.onchange = () => choice.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, '1');
    document.body.append(box);
  }
  box.showPopover();
  box.querySelector('input').focus();
}
