// Notices of the desktop: for whoever asked for them, not in quiet hours, not of the chat in view, one across all tabs.
// Loaded with the first news.

import { say } from './words.js';

const root = document.querySelector('[data-notices]');
const shown = document.querySelector('#thread[data-chat]')?.dataset.chat;
const allow = document.querySelector('[data-allow-notices]');

function isQuiet() {
  const [from, to] = (root.dataset.quiet || '').split(' '), now = new Date().toTimeString().slice(0, 5);
  if (!to) return false;
  return from <= to ? now >= from && now < to : now >= from || now < to;
}

function sound() {
  const air = new AudioContext(), tone = air.createOscillator(), volume = air.createGain();
  volume.gain.setValueAtTime(0.1, air.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.001, air.currentTime + 0.3);
  tone.connect(volume).connect(air.destination);
  tone.start();
  tone.stop(air.currentTime + 0.3);
}

export function notice(detail) {
  if (!root || isQuiet() || (!document.hidden && document.hasFocus() && String(detail.chat) === shown)) return;
  navigator.locks.request('notice', () => {
    if (Number(localStorage.noticed ?? 0) >= detail.seq) return;
    localStorage.noticed = detail.seq;
    if ('sound' in root.dataset) sound();
    if (Notification.permission !== 'granted') return;
    const words = detail.is_mention ? say('named') : say('new-message');
    const notice = new Notification(detail.name, { body: words, tag: `chat-${detail.chat}` });
    notice.onclick = () => { window.focus(); location.href = `/inbox/${detail.chat}`; };
  });
}

if (allow && 'Notification' in window && Notification.permission === 'default') {
  allow.hidden = false;
  allow.addEventListener('click', async () => { await Notification.requestPermission(); allow.hidden = true; });
}
