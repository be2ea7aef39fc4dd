// At the sandbox's phone the customer's writing shows on the team's side.

const customer = document.querySelector('.as-customer');
let typed = 0;
customer?.querySelector('textarea').addEventListener('input', ({ target }) => {
  const what = target.value ? 'typing' : 'stopped';
  if (what === 'typing' && Date.now() - typed < 6000) return;
  typed = what === 'typing' ? Date.now() : 0;
  fetch(customer.action, { method: 'POST', body: new URLSearchParams({ what }), redirect: 'manual' }).catch(() => {});
});
