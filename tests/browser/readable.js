// Complaints about what WCAG 2.2 AA asks and a program can see: contrast of text, names of fields, size of targets.
(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  // Colours come in whatever space the sheet names; a canvas knows them all.
  const rgb = (colour, ground) => {
    canvas.fillStyle = ground ?? '#fff'; canvas.fillRect(0, 0, 1, 1);
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (parts) => {
    const [r, g, b] = parts.map((part) => part / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
      if (canvas.getImageData(0, 0, 1, 1).data[3] === 255) return colour;
    }
    return '#fff';
  };
  const complaints = [];
  const called = (element) => `${element.tagName} "${(element.innerText || element.id).slice(0, 40)}"`;
  for (const element of document.body.querySelectorAll('*')) {
    const speaks = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()) || element.matches('input, select');
    if (!speaks || !element.getClientRects().length || element.matches('option, optgroup')) continue;
    const behind = ground(element);
    const [a, b] = [light(rgb(getComputedStyle(element).color, behind)), light(rgb(behind))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) complaints.push(`${called(element)}: contrast ${ratio.toFixed(2)}`);
  }
  for (const field of document.querySelectorAll('input:not([type=hidden]), select, textarea')) {
    if (!field.labels.length && !field.ariaLabel) complaints.push(`${called(field)}: no label`);
  }
  for (const target of document.querySelectorAll('button, .btn, input, select')) {
    if (target.getClientRects().length && (target.closest('label') ?? target).getBoundingClientRect().height < 24) complaints.push(`${called(target)}: too small`);
  }
  if (document.querySelectorAll('h1').length !== 1) complaints.push('not one h1');
  if (!document.title || !document.documentElement.lang) complaints.push('no title or language');
  return complaints;
})()
