// The one stream of a page: what it tells is heard, and while it is lost a banner says so.

import { say } from './words.js';

const AGAIN_MS = 3000;

// `back`: it is there again after it was lost. `kinds`: what else it tells. The banner stands behind `place`.
export function hear(address, { heard, back, place, kinds = {} }) {
  const stream = new EventSource(address);
  let lost = document.querySelector('.banner.lost[data-tone=warning]');
  stream.onmessage = heard;
  for (const [kind, told] of Object.entries(kinds)) stream.addEventListener(kind, ({ data }) => told(JSON.parse(data)));
  stream.onopen = () => { if (lost) { lost.remove(); lost = null; back(); } };
  stream.onerror = () => {
    if (stream.readyState === EventSource.CLOSED) { stream.close(); setTimeout(() => hear(address, { heard, back, place, kinds }), AGAIN_MS); }
    if (lost) return;
    lost = Object.assign(document.createElement('p'), { className: 'banner lost', textContent: say('lost') });
    lost.dataset.tone = 'warning';
    lost.setAttribute('role', 'status');
    place.after(lost);
  };
}
