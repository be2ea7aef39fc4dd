// Beside Swagger UI: keeps the token for this tab only, says what is left of calls and credits, and that both are really used.

const KEPT = 'partyline-playground-token';
const BASE = '/integrations/api';
const one = (id) => document.getElementById(id);
// The page brings the words along; what stands in braces is filled in.
const words = JSON.parse(document.body.dataset.words);
const say = (name, parts = {}) => words[name].replace(/\{(\w+)\}/g, (_, part) => parts[part]);
let token = '';
let calls = null;

// -- The balance. Asking for it is a call like any other, so it is asked for when somebody authorizes, after a request that
// may have changed it, and on demand; a call between is counted here.
const plain = window.fetch.bind(window);
const said = (count) => new Intl.NumberFormat('en').format(count);
let asking;

async function ask() {
  clearTimeout(asking);
  if (!token) return;
  const answer = await plain(`${BASE}/quotas`, { headers: { authorization: `Bearer ${token}` } }).catch(() => null);
  if (!answer?.ok) {
    one('balance-state').textContent = answer?.status === 401 ? say('bad-token') : say('unread');
    return;
  }
  const { data } = await answer.json();
  calls = data.api_calls_quota.total - data.api_calls_quota.used;
  const credits = data.messaging_quota.total - data.messaging_quota.used + data.non_recurring_quota.remaining_balance;
  one('balance-credits').textContent = said(Math.max(credits, 0));
  one('balance-state').textContent = say('as-of', { time: new Date().toLocaleTimeString() });
  tell();
}

function tell() {
  one('balance-calls').textContent = calls === null ? '–' : said(Math.max(calls, 0));
  one('balance-again').hidden = !token;
}

// What Swagger UI executes goes through here.
window.fetch = async (resource, options) => {
  const answer = await plain(resource, options);
  const { pathname } = new URL(resource.url ?? resource, location.href);
  const method = (options?.method ?? resource.method ?? 'GET').toUpperCase();
  if (token && pathname.startsWith(`${BASE}/`) && !pathname.startsWith(`${BASE}/swagger`) && ![401, 429].includes(answer.status)) {
    if (calls !== null) calls -= 1;
    if (method !== 'GET') { clearTimeout(asking); asking = setTimeout(ask, 800); }
    tell();
  }
  return answer;
};

// -- The token: in this tab's session and nowhere else.
function watch(ui) {
  const kept = sessionStorage.getItem(KEPT);
  if (kept) ui.preauthorizeApiKey('token', kept);
  const look = () => {
    const given = ui.authSelectors.authorized()?.toJS?.()?.token?.value ?? '';
    if (given === token) return;
    token = given;
    calls = null;
    if (token) sessionStorage.setItem(KEPT, token);
    else sessionStorage.removeItem(KEPT);
    one('balance-credits').textContent = '–';
    one('balance-state').textContent = token ? say('asking') : say('authorize');
    tell();
    ask();
  };
  ui.getStore().subscribe(look);
  look();
}

// The rest of the page makes `window.ui` and reads the document; both are awaited.
function begin() {
  if (window.ui?.specSelectors?.specJson().size > 0) watch(window.ui);
  else setTimeout(begin, 50);
}
one('balance-again').addEventListener('click', ask);
begin();
