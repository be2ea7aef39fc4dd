// What of a page can't be reached by eye: a body that scrolls sideways, boxes that stick out of it, words that are cut off where
// nothing opens them.
(() => {
  const wide = document.documentElement.scrollWidth - innerWidth;
  const complaints = wide > 0 ? [`scrolls sideways by ${wide}`] : [];
  const called = (element) => `${element.tagName.toLowerCase()}.${element.className.baseVal ?? element.className} "${(element.innerText ?? '').slice(0, 40)}"`;
  // A box that scrolls shows the rest, one that hides it is looked at itself.
  const scrolls = (element) => {
    for (let e = element.parentElement; e; e = e.parentElement) {
      if (/auto|scroll|hidden|clip/.test(getComputedStyle(e).overflowX)) return true;
    }
    return false;
  };
  for (const element of document.body.querySelectorAll('*')) {
    // In the rail of the sidebar only drawings are shown; their words are in the titles.
    if (!element.checkVisibility() || !element.getClientRects().length || element.closest('.hidden-text, svg, .skip, option, .sidebar')) continue;
    const box = element.getBoundingClientRect(), style = getComputedStyle(element);
    // Hidden from the eye on purpose, and read out.
    if (style.clipPath === 'inset(50%)') continue;
    if (box.width && (box.right > innerWidth + 1 || box.left < -1) && style.position !== 'fixed' && !scrolls(element)) complaints.push(`${called(element)} sticks out to ${Math.round(box.right)}`);
    // `.clip` is for names that stand in full where they lead to.
    if (/hidden|clip/.test(style.overflowX) && element.scrollWidth > element.clientWidth + 1 && !element.closest('.clip, .hidden-text') && element.innerText?.trim()) complaints.push(`${called(element)} is cut off`);
  }
  return complaints.slice(0, 5);
})()
