// The list of keys that "?" brings, and the choice to go without single ones. Loaded when somebody asks.

const OFF = 'keys-off';
const KEYS = [['Ctrl K', 'search or jump'], ['j k Enter', 'next, previous, open'], ['x', 'tick the chat'], ['r n', 'write a reply, a note'], ['↑ ↓', 'in an empty reply: quote an earlier message'], ['e', 'close, or open again'], ['s', 'snooze'], ['a l', 'who is responsible, a label'], ['z', 'undo'], ['/', 'find'], ['Escape', 'leave a field'], ['?', 'this list']];

export function help() {
  let box = document.querySelector('#help-keys');
  if (!box) {
    box = document.createElement('div');
    Object.assign(box, { id: 'help-keys', className: 'over card help-keys', popover: 'auto' });
    box.setAttribute('role', 'dialog');
    box.setAttribute('aria-label', 'Keys');
    box.innerHTML = '<div class="card-body stack"><h2>Keys</h2><dl></dl><label class="choice"><input type="checkbox">Single keys work</label></div>';
    box.querySelector('dl').append(...KEYS.flatMap(([keys, what]) => [document.createElement('dt'), document.createElement('dd')].map((part, at) => { part.append(at ? what : Object.assign(document.createElement('kbd'), { textContent: keys })); return part; })));
    const choice = box.querySelector('input');
    choice.checked = !localStorage.getItem(OFF);
    choice.onchange = () => choice.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, '1');
    document.body.append(box);
  }
  box.showPopover();
  box.querySelector('input').focus();
}
