// Pairs of tokens that stand on each other, and which of them are too close: 4.5 for text, 3 for the edges of controls.
(() => {
  const grounds = ['bg', 'surface', 'sunken', 'raised'];
  const tones = ['accent', 'success', 'warning', 'danger', 'info'];
  const pairs = [
    ...['text', 'muted', ...tones, 'accent-hover'].flatMap((ink) => grounds.map((ground) => [ink, ground, 4.5])),
    ...tones.flatMap((tone) => [[tone, `${tone}-tint`, 4.5], ['text', `${tone}-tint`, 4.5], ['muted', `${tone}-tint`, 4.5]]),
    ...['text', 'muted'].map((ink) => [ink, 'note', 4.5]),
    ['on-accent', 'accent', 4.5], ['on-accent', 'accent-hover', 4.5],
    ...grounds.map((ground) => ['edge', ground, 3]),
  ];
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const probe = document.body.appendChild(document.createElement('i'));
  const light = (token) => {
    probe.style.color = `var(--${token})`;
    canvas.fillStyle = getComputedStyle(probe).color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((part) => part / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const faults = pairs.map(([ink, ground, least]) => {
    const [a, b] = [light(ink), light(ground)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    return ratio < least ? `${ink} on ${ground}: ${ratio.toFixed(2)}` : null;
  });
  probe.remove();
  return faults.filter(Boolean);
})()
