// A voice message, spoken into the composer: recorded by the browser, as WhatsApp wants it (Opus in Ogg), and put beside the
// words like any file, to be listened to by nobody before it is sent. Loaded when somebody wants to speak.

import { oggOf } from './ogg.js';
import { say } from './words.js';

const composer = document.querySelector('#composer');
const button = composer.querySelector('[data-record]');
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
// As WhatsApp takes them, the best first. WebM is what some browsers have; it holds the same Opus and is put into Ogg.
const KINDS = ['audio/ogg;codecs=opus', 'audio/webm;codecs=opus', 'audio/mp4'];
const MINUTES_MAX = 15;
let recorder, clock;

const words = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;

export async function record() {
  if (recorder) { recorder.stop(); return; }
  const kind = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
  if (!kind || !navigator.mediaDevices) { tell('inbox:fault', say('no-recorder')); return; }
  let sound;
  try { sound = await navigator.mediaDevices.getUserMedia({ audio: true }); } catch (error) {
    tell('inbox:fault', error.name === 'NotFoundError' ? say('no-microphone') : say('not-allowed'));
    return;
  }
  const pieces = [];
  recorder = new MediaRecorder(sound, { mimeType: kind, audioBitsPerSecond: 32000 });
  recorder.ondataavailable = ({ data }) => pieces.push(data);
  recorder.onstop = () => {
    end(sound);
    finish(new Blob(pieces, { type: kind }));
  };
  recorder.start();
  const began = Date.now(), label = button.querySelector('span');
  const tick = () => {
    const seconds = Math.round((Date.now() - began) / 1000);
    label.textContent = say('stop-at', { time: words(seconds) });
    if (seconds >= MINUTES_MAX * 60) recorder?.stop();
  };
  button.setAttribute('aria-pressed', 'true');
  button.setAttribute('aria-label', say('stop'));
  tick();
  clock = setInterval(tick, 500);
}

function end(sound) {
  clearInterval(clock);
  recorder = undefined;
  for (const track of sound.getTracks()) track.stop();
  button.querySelector('span').textContent = '';
  button.setAttribute('aria-pressed', 'false');
  button.setAttribute('aria-label', say('record'));
}

async function finish(blob) {
  try {
    const bytes = new Uint8Array(await blob.arrayBuffer());
    const [ending, type] = blob.type.startsWith('audio/mp4') ? ['m4a', 'audio/mp4'] : ['ogg', 'audio/ogg'];
    const whole = blob.type.startsWith('audio/webm') ? oggOf(bytes) : bytes;
    tell('inbox:voice', Object.assign(new File([whole], `${say('voice-file')}.${ending}`, { type }), { isVoice: ending === 'ogg' }));
  } catch { tell('inbox:fault', say('unreadable')); }
}
