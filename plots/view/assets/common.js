// What both pages share: elements, numbers as the report writes them, colours.

export const $ = id => document.getElementById(id);

// el makes an element: el('a', {href: '/', class: 'x'}, 'text', child).
export function el(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(attributes)) {
    if (k.startsWith('on')) e.addEventListener(k.slice(2), v);
    else if (v === true) e.setAttribute(k, '');
    else if (v !== false && v != null) e.setAttribute(k, v);
  }
  e.append(...children.filter(c => c != null));
  return e;
}

const minus = s => s.replace('-', '−');

// significant writes x with so many digits and without an exponent.
export function significant(x, digits) {
  if (x == null) return '–';
  if (x === 0) return '0';
  const after = digits - 1 - Math.floor(Math.log10(Math.abs(x)));
  const s = (Math.round(x * 10 ** after) / 10 ** after).toFixed(Math.min(Math.max(after, 0), 20));
  return minus(s.includes('.') ? s.replace(/\.?0+$/, '') : s);
}
export const fixed = (x, digits) => x == null ? '–' : minus(x.toFixed(digits)).replace(/^−(0(\.0+)?)$/, '$1');
export const percent = (x, digits = 1) => x == null ? '–' : fixed(100 * x, digits) + ' %';
export const points = (x, digits = 1) => x == null ? '–' : fixed(x, digits) + ' pp';
export function millis(x) {
  if (x == null) return '–';
  if (Math.abs(x) >= 1000) return significant(x / 1000, 3) + ' s';
  if (x !== 0 && Math.abs(x) < 1) return significant(x * 1000, 3) + ' µs';
  return significant(x, 3) + ' ms';
}
export function rate(x) {
  if (x == null) return '–';
  for (const [unit, by] of [['Gbps', 1e9], ['Mbps', 1e6], ['kbps', 1e3]])
    if (Math.abs(x) >= by) return significant(x / by, 3) + ' ' + unit;
  return significant(x, 3) + ' bps';
}
// span writes seconds as people say them.
export function span(s) {
  if (s == null) return '–';
  if (s < 1) return '< 1 s';
  s = Math.round(s);
  if (s < 60) return s + ' s';
  if (s < 3600) return Math.floor(s / 60) + ' min' + (s < 600 && s % 60 ? ' ' + s % 60 + ' s' : '');
  return Math.floor(s / 3600) + ' h ' + Math.floor(s % 3600 / 60) + ' min';
}
export const count = (n, what) => n.toLocaleString('en').replaceAll(',', ' ') + ' ' + what + (n === 1 ? '' : 's');
export function date(text) {
  const d = new Date(text);
  if (isNaN(d) || d.getFullYear() < 2000) return '–';
  const two = n => String(n).padStart(2, '0');
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${two(d.getHours())}:${two(d.getMinutes())}`;
}

// The colours of the figures in a report, Okabe and Ito's: by the place of an
// arm, and of an option among those chosen. On dark ground some are lighter.
const black = '#000000', orange = '#E69F00', sky = '#56B4E9', green = '#009E73', yellow = '#F0E442',
  blue = '#0072B2', vermillion = '#D55E00', purple = '#CC79A7', grey = '#999999';
const mapped = (c, f) => '#' + c.match(/\w\w/g).map(x => Math.trunc(f(parseInt(x, 16))).toString(16).padStart(2, '0')).join('');
const darker = c => c === black ? '#555555' : mapped(c, x => x * 11 / 20);
const arms = [vermillion, blue, green, purple, black, orange, sky, grey, darker(green), darker(vermillion), darker(purple), darker(yellow)];
const options = [orange, sky, green, purple, yellow, black, grey, blue, vermillion];
const onDark = {[black]: '#e8e8e8', [blue]: '#3f9ee0', [vermillion]: '#ee7a1f', [green]: '#1fb98d'};
for (const c of options) onDark[darker(c)] = mapped(c, x => (x + 255) / 2); // a darker one could not be seen there

export const dark = () => getComputedStyle(document.documentElement).colorScheme === 'dark' ||
  getComputedStyle(document.documentElement).colorScheme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches;
const shown = c => dark() && onDark[c] || c;
export const armColour = i => shown(arms[i % arms.length]);
export function optionColour(i) {
  if (i < 0) return shown(grey);
  const c = options[i % options.length];
  return shown(Math.floor(i / options.length) % 2 ? darker(c) : c);
}

// ink is a colour of the style sheet, as a canvas can use it.
const probe = el('i', {hidden: true});
let inks = {};
export function ink(name) {
  if (!probe.isConnected) document.body.append(probe);
  if (!inks[name]) {
    probe.style.color = `var(--${name})`;
    inks[name] = getComputedStyle(probe).color;
  }
  return inks[name];
}

// themed lets a button change between light and dark, and tells of changes.
export function themed(button, changed = () => {}) {
  const fresh = () => { inks = {}; changed(); };
  const set = s => { document.documentElement.style.colorScheme = s; fresh(); };
  let stored = null;
  try { stored = localStorage.getItem('theme'); } catch { /* it is not kept, then */ }
  if (stored === 'light' || stored === 'dark') set(stored);
  button.addEventListener('click', () => {
    const next = dark() ? 'light' : 'dark';
    try { localStorage.setItem('theme', next); } catch { /* likewise */ }
    set(next);
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', fresh);
}

// slash gives the focus to a field when / is pressed elsewhere.
export function slash(field) {
  addEventListener('keydown', e => {
    if (e.key !== '/' || e.ctrlKey || e.metaKey || /INPUT|SELECT|TEXTAREA/.test(document.activeElement.tagName)) return;
    e.preventDefault();
    field.focus();
  });
}

// follow asks again and again, as often as the answer says (in ms), while the
// page can be seen. failed is told of what went wrong, and it asks again.
export function follow(ask, failed) {
  let timer = 0, asking = false;
  const again = async () => {
    clearTimeout(timer);
    if (document.hidden || asking) return;
    asking = true;
    let wait = 3000;
    try { wait = await ask(); } catch (e) { failed(e); } finally { asking = false; }
    timer = setTimeout(again, wait);
  };
  document.addEventListener('visibilitychange', again);
  again();
  return again;
}

export async function get(path) {
  const r = await fetch(path).catch(() => { throw new Error('testbed view has ended'); });
  if (!r.ok) throw new Error((await r.text()).trim() || r.statusText);
  return r.json();
}
