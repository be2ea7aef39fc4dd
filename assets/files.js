// Files in the composer: picked, dropped or pasted, looked at before they go, one message each; the words go with the first.
// Loaded with the first of them.

import { say } from './words.js';

const composer = document.querySelector('#composer');
const plain = document.querySelector('#send-file');
const box = composer.querySelector('.picked');
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
const make = (tag, properties) => Object.assign(document.createElement(tag), properties);
const FILES_MAX = 10, MIB = 1024 * 1024;
let files = [], isGoing = false;

const size = (bytes) => bytes < 1e6 ? say('kilobytes', { size: Math.ceil(bytes / 1e3) }) : say('megabytes', { size: (bytes / 1e6).toFixed(1) });

export function add(some) {
  for (const file of some) {
    const isShown = /^(image|audio|video)\//.test(file.type);
    const most = Number(isShown ? composer.dataset.shownMib : composer.dataset.documentMib);
    if (file.size > most * MIB) tell('inbox:fault', isShown ? say('large-shown', { name: file.name, size: size(file.size), most }) : say('large-document', { name: file.name, size: size(file.size), most }));
    else if (file.size === 0) tell('inbox:fault', say('empty-file', { name: file.name }));
    else if (files.length >= FILES_MAX) tell('inbox:fault', say('many-files', { most: FILES_MAX }));
    else files.push({ file, key: crypto.getRandomValues(new Uint32Array(4)).join('-') });
  }
  show();
}

function show() {
  box.hidden = files.length === 0;
  composer.querySelector('textarea').required = box.hidden;
  box.replaceChildren(...files.map((one) => {
    const row = make('div', { className: 'attached' }), words = make('span'), drop = make('button', { type: 'button', className: 'btn btn-icon', textContent: '×' });
    drop.dataset.kind = 'plain';
    drop.setAttribute('aria-label', say('leave-out', { name: one.file.name }));
    drop.onclick = () => { files = files.filter((other) => other !== one); show(); composer.querySelector('textarea').focus(); };
    words.append(make('strong', { className: 'clip', textContent: one.file.name }), make('span', { className: 'meta', textContent: size(one.file.size) }));
    one.bar = make('progress', { max: 1, value: 0, hidden: true, ariaLabel: say('sending', { name: one.file.name }) });
    words.append(one.bar);
    row.append(one.picture ?? make('span'), words, drop);
    if (!one.picture && one.file.type.startsWith('image/')) draw(one, row);
    return row;
  }));
}

// A small picture of it, drawn here: the page's policy lets no picture in that doesn't come from the server.
async function draw(one, row) {
  try {
    const picture = await createImageBitmap(one.file, { resizeHeight: 96, resizeQuality: 'medium' });
    one.picture = make('canvas', { width: picture.width, height: picture.height });
    one.picture.setAttribute('role', 'img');
    one.picture.setAttribute('aria-label', say('picture-of', { name: one.file.name }));
    one.picture.getContext('2d').drawImage(picture, 0, 0);
    row.firstElementChild.replaceWith(one.picture);
  } catch { /* It can't be drawn; its name says enough. */ }
}

// `fetch` tells no progress of what goes up.
function post(one, caption) {
  return new Promise((done, failed) => {
    const form = new FormData(), ask = new XMLHttpRequest(), send_at = composer.elements.send_at.value;
    if (caption) form.append('caption', caption);
    form.append('file', one.file, one.file.name);
    ask.open('POST', `${plain.getAttribute('action').split('?')[0]}?${new URLSearchParams({ key: one.key, send_at, voice: Boolean(one.file.isVoice), reply_to: caption === undefined ? '' : composer.elements.reply_to.value })}`);
    ask.responseType = 'document';
    one.bar.hidden = false;
    ask.upload.onprogress = ({ loaded, total }) => { one.bar.value = loaded / total; };
    ask.onload = () => ask.status < 400 ? done() : failed(ask.response?.querySelector('.composer-fault span, .card p')?.textContent ?? say('not-sent'));
    ask.onerror = () => failed(say('unanswered'));
    ask.send(form);
  });
}

export async function go(caption) {
  if (isGoing) return;
  isGoing = true;
  try {
    while (files.length) {
      await post(files[0], caption);
      caption = undefined;
      files.shift();
      show();
    }
    composer.elements.send_at.value = '';
    tell('inbox:sent');
  } catch (words) { show(); tell('inbox:fault', words); }
  isGoing = false;
  tell('inbox:renew');
}

export function pick() {
  plain.elements.file.multiple = true;
  plain.elements.file.click();
}
