// Pages of older messages, put in above what stands there a few at a time, so that no frame has to lay out all of them.
// Loaded when somebody scrolls up for the first time.

const AT_ONCE = 4;
const frame = () => new Promise((go) => { requestAnimationFrame(() => setTimeout(go)); });

// Changes what is above without moving what is looked at.
function still(box, change) {
  const below = box.scrollHeight - box.scrollTop;
  change();
  box.scrollTop = box.scrollHeight - below;
}

export async function bring(box, link, shownMax) {
  const text = await (await fetch(link.href)).text();
  await frame();
  const page = new DOMParser().parseFromString(text, 'text/html');
  const pieces = [...page.querySelector('.thread').children].filter((piece) => !piece.matches('a.older:not([data-older])'));
  const day = link.nextElementSibling, said = pieces.filter((piece) => piece.matches('.day')).at(-1);
  const next = pieces[0]?.matches('a.older') ? [pieces.shift()] : [];
  await frame();
  if (day?.matches('.day') && day.textContent === said?.textContent) still(box, () => day.remove());
  while (pieces.length) {
    await frame();
    still(box, () => link.after(...pieces.splice(-AT_ONCE)));
  }
  await frame();
  still(box, () => link.replaceWith(...next));
  await frame();
  const all = [...box.querySelectorAll('.msg')];
  const gone = all.slice(shownMax);
  for (const piece of gone) piece.remove();
  return gone.length > 0;
}
