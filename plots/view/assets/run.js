// The page of one run: it asks how the run stands, and shows what is new.
import {$, count, date, el, fixed, follow, get, percent, points, slash, span, themed} from './common.js';
import {Course} from './course.js';
import {CDF, Savings, Scatter} from './figures.js';
import {Table} from './table.js';

const id = decodeURIComponent(location.pathname.split('/').pop());
const api = '/api/run/' + encodeURIComponent(id);
let state = null, sheet = null, figures = null, arm = 1;

// What is picked is kept in the address.
const chosen = new Set((new URLSearchParams(location.hash.slice(1)).get('c') || '').split(',').filter(s => /^\d+$/.test(s)).map(Number));

const table = new Table({chosen, changed: picked});
const cdf = new CDF($('cdf')), scatter = new Scatter($('scatter')), course = new Course($('course'));
const savings = new Savings($('savings'), (i, add) => table.pick(i, add));

function picked() {
  const c = [...chosen].join(',');
  history.replaceState(null, '', c ? '#c=' + c : location.pathname);
  course.at = Math.max(chosen.size - 1, 0); // the one that was added last
  fetchFigures();
  drawSavings();
}

let asked = 0;
async function fetchFigures() {
  const mine = ++asked;
  try {
    const got = await get(api + '/figures?c=' + [...chosen].filter(i => i < sheet.rows.length).join(','));
    if (mine !== asked) return; // another was picked meanwhile
    figures = got;
    drawFigures();
  } catch { /* the next look tells what is wrong */ }
}

const names = () => sheet.rows.map(r => r.label);
function view() {
  const shown = [...chosen].filter(i => i < sheet.rows.length).length;
  const odd = sheet.rows.filter((r, i) => !r.valid && (shown === 0 || chosen.has(i))).length;
  return {figures, sheet, arm, names: names(), chosen, picked: shown > 0, shown: shown || sheet.rows.length, all: sheet.rows.length, odd};
}
function drawFigures() {
  if (!figures) return;
  const v = view();
  cdf.draw(v);
  scatter.draw(v);
  course.draw(v);
}
function drawSavings() { if (sheet) savings.draw(view()); }

function fact(name, value) { return value ? el('div', {}, el('dt', {}, name), el('dd', {}, value)) : null; }

function drawState(answer) {
  const s = state, going = s.status === 'running' && !s.gone && !s.fault;
  document.title = (sheet && !going ? sheet.verdict.result + ' · ' : '') + (s.scenario || id) + ' – testbed';
  if (s.scenario) {
    $('scenario').textContent = s.scenario;
    $('title').textContent = s.title;
    $('facts').replaceChildren(...[fact('world', s.world), fact('status', s.status), fact('pairs', sheet && String(sheet.pairs)), fact('conditions', sheet ? `${sheet.valid} of ${sheet.rows.length} valid` : String(s.conditions.length)),
      fact('seed', String(s.seed)), fact('started', date(s.started)), fact('took', s.took > 0 && !going ? span(s.took) : '')].filter(Boolean));
  }
  $('progress').hidden = !going;
  $('progress').classList.toggle('still', s.quiet > 0);
  if (going) {
    $('bar').max = Math.max(s.planned, 1);
    $('bar').value = s.pairs;
    const age = sheet ? (Date.now() - new Date(sheet.at)) / 1000 : 0;
    $('left').textContent = (s.quiet ? `Nothing was written for ${span(s.quiet)}: it may have been killed. ` : 'Running: ') + `${s.pairs} of ${count(s.planned, 'pair')}` +
      (s.left != null ? `, ${span(s.left)} left` : '') + (sheet && age > 15 ? `; what is shown is ${span(age)} old` : '');
  }
  const say = s.gone || s.fault ? s.fault + (sheet ? '. What is shown was read before.' : '.') : answer.fault ? answer.fault :
    !sheet && answer.busy ? 'Going through the records…' : '';
  $('notice').textContent = say;
  $('notice').hidden = !say;
}

const words = {saving: ['Saving Δt', 'at least', x => percent(x)], accuracy_drop: ['Accuracy given up', 'at most', x => points(x == null ? null : 100 * x)], on_time: ['On time', 'at least', x => percent(x, 2)]};

// gauge is a requirement as an instrument shows it: the bound, the side that is
// asked for, the interval and the value on one scale.
function gauge(r) {
  const [name, asks, show] = words[r.name] || [r.name, 'bound', x => percent(x)];
  const least = asks === 'at least';
  const known = [r.value, r.low, r.high, r.bound].filter(x => x != null);
  let lo = Math.min(0, ...known), hi = Math.max(...known);
  if (r.name === 'on_time') lo = Math.min(...known);
  lo = Math.max(lo, r.bound - 3 * Math.max(Math.abs(r.bound), .05));
  const pad = (hi - lo || .1) * .08;
  [lo, hi] = [lo === 0 ? 0 : lo - pad, Math.min(hi + pad, r.name === 'on_time' ? 1 : Infinity)];
  const at = x => Math.min(Math.max(100 * (x - lo) / (hi - lo), 0), 100) + '%';
  const scale = el('div', {class: 'scale', 'aria-hidden': 'true'});
  const put = (kind, left, right) => {
    const e = el('i', {class: kind});
    e.style.left = at(left);
    if (right != null) e.style.width = `calc(${at(right)} - ${at(left)})`;
    scale.append(e);
  };
  least ? put('asked', r.bound, hi) : put('asked', lo, r.bound);
  if (r.low != null && r.high != null) put('interval', r.low, r.high);
  put('bound', r.bound);
  if (r.value != null) put('value', r.value);
  return el('div', {class: 'gauge', 'data-met': r.met == null ? 'open' : String(r.met)},
    el('div', {class: 'word'}, el('span', {}, name), el('b', {}, show(r.value)), el('span', {class: 'soft'}, r.low != null ? `${show(r.low)} to ${show(r.high)}` : '')),
    scale,
    el('div', {class: 'word soft'}, el('span', {}, `${asks} ${show(r.bound)} asked: ${r.met == null ? 'undecided' : r.met ? 'met' : 'not met'}`), r.advice ? el('span', {class: 'advice'}, r.advice) : null));
}

function drawVerdict(v) {
  const going = state.status === 'running';
  $('verdict').hidden = false;
  $('verdict').dataset.result = v.result;
  $('result').textContent = v.result + (going ? ' so far' : '');
  $('sentence').textContent = v.sentence.replace(/^[A-Z]+( so far, of a run that is not complete)?: /, '').replace(/^./, c => c.toUpperCase());
  $('gauges').replaceChildren(...(v.requirements || []).map(gauge));
  $('checks').replaceChildren(...(v.checks || []).map(c => el('li', {'data-held': c.held == null ? 'open' : String(c.held), title: c.what + (c.held === false && c.worst ? ': ' + c.worst : '')},
    el('i', {'aria-hidden': 'true'}), c.name.replace('_', ' '), el('span', {class: 'hide'}, c.held == null ? ': not examined' : c.held ? ': held' : ''),
    c.held === false ? el('small', {}, ` not held${c.of > 1 ? ` in ${c.failed} of ${c.of}` : ''}`) : null)));
}

function drawSheet() {
  $('desk').hidden = false;
  drawVerdict(sheet.verdict);
  arm = Math.min(arm, Math.max(sheet.arms.length - 1, 1));
  $('against').hidden = sheet.arms.length < 3;
  $('arm').replaceChildren(...sheet.arms.slice(1).map((a, i) => el('option', {value: i + 1, selected: i + 1 === arm}, a)));
  table.draw(sheet, arm);
  drawSavings();
  const warned = $('warned');
  warned.hidden = !sheet.warnings.length;
  warned.querySelector('summary').textContent = count(sheet.warnings.length, 'warning');
  warned.querySelector('ul').replaceChildren(...sheet.warnings.map(w => el('li', {}, w.text, w.conditions?.length > 1 ? el('small', {class: 'soft'}, ' ' + w.conditions.slice(0, 12).join('; ') + (w.conditions.length > 12 ? `; ${w.conditions.length - 12} more` : '')) : null)));
}

$('arm').addEventListener('change', e => { arm = +e.target.value; table.draw(sheet, arm); drawSavings(); drawFigures(); });

// The files are listed when they are looked for.
const bytes = n => n < 1e3 ? n + ' B' : n < 1e6 ? fixed(n / 1e3, 1) + ' kB' : n < 1e9 ? fixed(n / 1e6, 1) + ' MB' : fixed(n / 1e9, 1) + ' GB';
async function drawFiles() {
  const base = '/files/' + encodeURIComponent(id) + '/';
  const listed = async below => (await get(base + below)).sort((a, b) => a.name < b.name ? -1 : 1).flatMap(f => f.dir ? [{...f, name: below + f.name + '/'}] : [{...f, name: below + f.name}]);
  try {
    const top = await listed('');
    const all = [...top.filter(f => !f.dir), ...(await Promise.all(top.filter(f => f.dir).map(f => listed(f.name)))).flat().filter(f => !f.dir)];
    all.sort((a, b) => (b.name === 'report.html') - (a.name === 'report.html'));
    $('files').querySelector('ul').replaceChildren(...all.map(f => el('li', {}, el('a', {href: base + f.name.split('/').map(encodeURIComponent).join('/')}, f.name), el('small', {class: 'soft'}, ' ' + bytes(f.bytes)))));
  } catch (e) {
    $('files').querySelector('ul').replaceChildren(el('li', {}, e.message));
  }
}
$('files').addEventListener('toggle', () => { if ($('files').open) drawFiles(); });

const restyle = () => {
  if (!sheet) return;
  table.draw(sheet, arm);
  drawFigures();
  drawSavings();
};
themed($('theme'), restyle);
slash($('filter'));
$('report').href = '/files/' + encodeURIComponent(id) + '/report.html';

follow(async () => {
  const answer = await get(`${api}?since=${sheet ? sheet.revision : 0}`);
  state = answer.state;
  if (!sheet && state.verdict) drawVerdict(state.verdict); // of the report, until all is read
  if (answer.sheet) {
    sheet = answer.sheet;
    drawSheet();
    fetchFigures();
  }
  drawState(answer);
  $('report').hidden = !state.report;
  return answer.busy ? 500 : state.status === 'running' && !state.gone ? 1000 : 3000;
}, e => {
  $('notice').hidden = false;
  $('notice').textContent = e.message === 'no such run' ? 'There is no such run below the folders that were given.' : e.message + (sheet ? '; what is shown was read before.' : '.');
});
