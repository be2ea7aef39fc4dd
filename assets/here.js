// Teammates in one chat see each other: who looks at it, and who writes; and whether its contact does.

import { say } from './words.js';

const chat = document.querySelector('#thread[data-chat]')?.dataset.chat;
const line = document.querySelector('.here');
const field = document.querySelector('#composer textarea');
let wrote = 0;

const form = (fields) => new URLSearchParams(fields);
const isWriting = () => Date.now() - wrote < 8000;
const tell = () => document.hidden || fetch(`/inbox/${chat}/here`, { method: 'POST', body: form({ writing: isWriting() }) }).catch(() => {});

if (line) {
  field?.addEventListener('input', () => { const told = isWriting(); wrote = field.value ? Date.now() : 0; if (!told) tell(); });
  setInterval(tell, 10000);
  document.addEventListener('visibilitychange', tell);
  addEventListener('pagehide', () => navigator.sendBeacon(`/inbox/${chat}/here`, form({ leaving: true })));
  tell();
  document.addEventListener('inbox:here', ({ detail }) => {
    const contact = detail.find((other) => other.is_contact), mates = detail.filter((other) => !other.is_contact);
    const writing = mates.filter((other) => other.is_writing), who = writing.length ? writing : mates;
    const names = who.map((other) => other.name).join(', ');
    const [one, some] = writing.length ? [say('one-writes', { names }), say('some-write', { names })] : [say('one-looks', { names }), say('some-look', { names })];
    const words = who.length ? [who.length > 1 ? some : one] : [];
    if (contact) words.unshift(say('contact-writes', { name: contact.name }));
    line.hidden = words.length === 0;
    line.textContent = words.join(' · ');
  });
}
