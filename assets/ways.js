// Ways into the composer beside typing: files picked, dropped or pasted, a voice, templates by "/", teammates by "@". What handles
// them is loaded with the first use of each.

import { say } from './words.js';

const composer = document.querySelector('#composer');
const field = composer?.querySelector('textarea');
const pane = document.querySelector('#thread');
const later = (name, work) => import(document.querySelector(`meta[name="module:${name}"]`).content).then(work)
  .catch(() => document.dispatchEvent(new CustomEvent('inbox:fault', { detail: say('not-loaded') })));
const add = (some) => { if (some.length) later('files', (files) => files.add(some)); };
const suggest = () => later('suggest', (module) => module.suggest());

if (composer) {
  composer.querySelector('[data-pick]').addEventListener('click', (event) => { event.preventDefault(); later('files', ({ pick }) => pick()); });
  document.querySelector('#file').addEventListener('change', ({ target }) => { add([...target.files]); target.value = ''; field.focus(); });
  composer.addEventListener('paste', (event) => { const some = [...event.clipboardData.files]; if (some.length) { event.preventDefault(); add(some); } });
  pane.addEventListener('dragover', (event) => { if (event.dataTransfer.types.includes('Files')) { event.preventDefault(); pane.dataset.drop = ''; } });
  pane.addEventListener('dragleave', (event) => { if (!pane.contains(event.relatedTarget)) delete pane.dataset.drop; });
  pane.addEventListener('drop', (event) => { event.preventDefault(); delete pane.dataset.drop; add([...event.dataTransfer.files]); });
  document.addEventListener('inbox:files', ({ detail }) => later('files', ({ go }) => go(detail)));

  const record = composer.querySelector('[data-record]');
  record.hidden = !window.MediaRecorder;
  record.addEventListener('click', () => later('voice', (voice) => voice.record()));
  document.addEventListener('inbox:voice', ({ detail }) => add([detail]));

  field.addEventListener('input', () => { if (/^\/|(^|\s)@/.test(field.value)) suggest(); });
  composer.querySelector('[data-templates]').addEventListener('click', (event) => {
    // What was begun is not to be lost: then the page with the templates opens, and the draft stays.
    if (field.value && !field.value.startsWith('/')) return;
    event.preventDefault();
    field.value ||= '/';
    field.focus();
    suggest();
  });
}
