// The dashboard of the local stack: reads the API like anybody else, every two seconds while somebody looks.
const POLL_MS = 2000;
const $ = (id) => document.getElementById(id);
/** What the last button said that went wrong. */
let complaint = '';
let selected = new URLSearchParams(location.search).get('subscription');

async function api(method, path, body) {
  const response = await fetch(path, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail ?? `${path} answered ${response.status}`);
  return answer;
}

/** An element with text, so that nothing that comes in is ever markup. */
function element(name, text = '', attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

const shown = new Map();

/** Renders a part of the page when what it shows has changed, so that nobody loses the place where they are. */
function render(name, data, work) {
  const now = JSON.stringify(data);
  if (shown.get(name) === now) return;
  shown.set(name, now);
  work();
}

const time = (iso) =>
  element('time', iso.slice(0, 16).replace('T', ' '), { datetime: iso, title: iso });

const SHOWN_ELSEWHERE = new Set(['at', 'type', 'testClock']);

/** What else an entry says, nested things included, as words. */
const detailsOf = (entry) =>
  Object.entries(entry)
    .filter(([key]) => !SHOWN_ELSEWHERE.has(key))
    .map(([key, value]) => `${key} ${wordsOf(value)}`)
    .join(', ');

function wordsOf(value) {
  if (typeof value !== 'object' || value === null) return String(value);
  if ('currency' in value) return `${value.amount} ${value.currency}`;
  return Object.values(value).map(wordsOf).join(' ');
}

function row(...parts) {
  const item = element('li');
  for (const part of parts) item.append(part, ' ');
  return item;
}

async function showHealth() {
  const response = await fetch('/api/health');
  const { status, detail } = await response.json();
  $('health').textContent = response.ok ? status : detail;
}

async function showList() {
  const { items } = await api('GET', '/api/subscriptions?limit=100');
  render('list', [items, selected], () =>
    $('subscriptions').replaceChildren(
      ...items.map(({ id, status }) => {
        const isHere = String(id === selected);
        const link = element('a', `${id} `, {
          href: `?subscription=${encodeURIComponent(id)}`,
          'aria-current': isHere,
        });
        link.append(element('span', status, { class: 'soft' }));
        return row(link);
      }),
    ),
  );
  $('empty').hidden = items.length > 0;
  const letters = await api('GET', '/api/dead-letters');
  $('dead-letters').replaceChildren(
    ...(letters.items.length > 0
      ? letters.items.map(({ reason }) => row(reason))
      : [row(element('span', 'None.', { class: 'soft' }))]),
  );
}

async function showSubscription() {
  if (selected === null) return;
  const path = `/api/subscriptions/${encodeURIComponent(selected)}`;
  const [found, emails] = await Promise.all([
    api('GET', path),
    api('GET', `/api/emails?subscription=${encodeURIComponent(selected)}`),
  ]);
  render('detail', [found, emails], () => showDetail(found, emails));
  $('detail').hidden = false;
}

/** Minor units as people write them; of how many a unit is made differs by currency. */
function money(amount, currency) {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
}

function planOf({ plan, quantity }) {
  const { id, price, interval, intervalCount: count = 1 } = plan;
  const often = count === 1 ? interval : `${count} ${interval}s`;
  const many = quantity === 1 ? '' : `${quantity} × `;
  return `${id}, ${many}${money(price.amount, price.currency)} every ${often}`;
}

function pauseOf({ status, pause }) {
  if (pause === null) return null;
  const until = pause.until === null ? 'until it is resumed' : `until ${pause.until}`;
  return `${status === 'paused' ? 'since' : 'from'} ${pause.at}, ${until}`;
}

function balanceOf({ balance, plan }) {
  if (balance === 0) return null;
  const size = money(Math.abs(balance), plan.price.currency);
  return balance > 0 ? `${size} owed to the customer` : `${size} carried to the next invoice`;
}

function showDetail(found, emails) {
  const { nextAction: next, planChange: change, endedAt } = found;
  const facts = {
    Status: `${found.status}, access ${found.access}`,
    Plan: `${planOf(found)}, ${found.collection === 'self' ? 'charged by Perennial' : 'charged by the provider'}`,
    'Plan change': change && `${planOf(change)}, at ${change.at}`,
    Pause: pauseOf(found),
    Balance: balanceOf(found),
    Customer: found.customer,
    'Trial end': found.trialEnd,
    Period: found.currentPeriodStart && `${found.currentPeriodStart} to ${found.currentPeriodEnd}`,
    [endedAt ? 'Ended' : 'Ends at']: endedAt ?? found.cancelAt,
    'Calendar of': found.zone,
    Policy: found.policyVersion,
    Next: next && `${next.type} at ${next.at}`,
    'Test clock': found.testClock,
  };
  $('id').textContent = found.id;
  $('pause').hidden = found.status !== 'active' || found.pause !== null;
  $('resume').hidden = found.pause === null || endedAt !== null;
  $('uncancel').hidden = found.cancelAt === null || endedAt !== null;
  $('keep-plan').hidden = change === null || found.status !== 'active';
  $('facts').replaceChildren(
    ...Object.entries(facts)
      .filter(([, value]) => value)
      .flatMap(([name, value]) => [element('dt', name), element('dd', value)]),
  );
  $('timeline').replaceChildren(
    ...found.timeline.map((entry) =>
      row(time(entry.at), entry.type, element('span', detailsOf(entry), { class: 'soft' })),
    ),
  );
  $('emails').replaceChildren(
    ...emails.map((email) => {
      const open = element('button', `${email.type}: ${email.subject}`, { type: 'button' });
      open.addEventListener('click', () => showMail(email));
      return row(time(email.at), open);
    }),
  );
}

function showMail({ subject, html }) {
  $('mail-subject').textContent = subject;
  $('mail-body').srcdoc = html;
  $('mail').showModal();
}

/** Runs what a button asks for; what goes wrong is said below the buttons. */
async function act(path, body) {
  const buttons = [...document.querySelectorAll('#clock button, #requests button')];
  for (const button of buttons) button.disabled = true;
  complaint = '';
  try {
    await api('POST', `/api/subscriptions/${encodeURIComponent(selected)}/${path}`, body);
  } catch (error) {
    complaint = error.message;
  }
  for (const button of buttons) button.disabled = false;
  await refresh();
}

for (const button of document.querySelectorAll('[data-clock]')) {
  button.addEventListener('click', () => void act('clock', JSON.parse(button.dataset.clock)));
}
for (const button of document.querySelectorAll('[data-request]')) {
  const { request, body = '{}' } = button.dataset;
  button.addEventListener('click', () => void act(request, JSON.parse(body)));
}
$('subscriptions').addEventListener('click', (event) => {
  const link = event.target.closest('a');
  if (link === null || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  history.pushState(null, '', link.href);
  select();
});
addEventListener('popstate', select);

function select() {
  selected = new URLSearchParams(location.search).get('subscription');
  complaint = '';
  $('detail').hidden = selected === null;
  void refresh();
}

async function refresh() {
  const shownAll = await Promise.allSettled([showHealth(), showList(), showSubscription()]);
  const failed = shownAll.find(({ status }) => status === 'rejected');
  $('message').textContent = complaint || (failed?.reason.message ?? '');
}

await refresh();
setInterval(() => {
  if (document.visibilityState === 'visible') void refresh();
}, POLL_MS);
