// Teammates in one chat see each other: who looks at it, and who writes; and whether its contact does.

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
    const names = who.map((other) => other.name).join(', '), is = who.length > 1 ? 'are' : 'is';
    const words = who.length ? [`${names} ${is} ${writing.length ? 'writing in' : 'looking at'} this chat`] : [];
    if (contact) words.unshift(`${contact.name} is writing …`);
    line.hidden = words.length === 0;
    line.textContent = words.join(' · ');
  });
}

// At the sandbox's phone the customer's writing shows on the team's side.
const customer = document.querySelector('.as-customer');
let typed = 0;
customer?.querySelector('textarea').addEventListener('input', ({ target }) => {
  const what = target.value ? 'typing' : 'stopped';
  if (what === 'typing' && Date.now() - typed < 6000) return;
  typed = what === 'typing' ? Date.now() : 0;
  fetch(customer.action, { method: 'POST', body: form({ what }), redirect: 'manual' }).catch(() => {});
});
