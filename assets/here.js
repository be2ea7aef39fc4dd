// Teammates in one chat see each other: who looks at it, and who writes.

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
    const writing = detail.filter((other) => other.is_writing), who = writing.length ? writing : detail;
    const names = who.map((other) => other.name).join(', ');
    line.hidden = who.length === 0;
    line.textContent = `${names} ${who.length > 1 ? 'are' : 'is'} ${writing.length ? 'writing in' : 'looking at'} this chat`;
  });
}
