import {$, el, count, date, follow, get, percent, slash, span, themed} from './common.js';

let runs = [];

// The filters are kept in the address, so that a list can be come back to.
const fields = ['text', 'world', 'result', 'condition'];
const asked = new URLSearchParams(location.search);

function resultOf(r) {
  if (r.fault) return 'not readable';
  if (r.status === 'running') return 'running';
  return r.verdict ? r.verdict.result : 'no report';
}

// fill offers the values that there are.
function fill(select, values) {
  const now = select.value || asked.get(select.id) || '';
  const all = [...new Set(values)].sort();
  if (now && !all.includes(now)) all.push(now);
  select.replaceChildren(el('option', {value: ''}, 'any'), ...all.map(v => el('option', {value: v}, v)));
  select.value = now;
}

function wanted(r) {
  const text = $('text').value.toLowerCase();
  const condition = $('condition').value;
  return (!text || [r.scenario, r.title, r.dir, r.world, resultOf(r), ...r.conditions].join('\n').toLowerCase().includes(text)) &&
    (!$('world').value || r.world === $('world').value) &&
    (!$('result').value || resultOf(r) === $('result').value) &&
    (!condition || r.conditions.some(c => c.split('/').includes(condition)));
}

function line(r) {
  const result = resultOf(r);
  const saving = r.verdict && r.verdict.requirements && r.verdict.requirements.find(q => q.name === 'saving');
  const going = r.status === 'running' && !r.fault;
  let about = r.verdict ? r.verdict.sentence.replace(/^[A-Z]+: /, '') : r.fault || r.title;
  if (going) about = r.quiet ? `nothing was written for ${span(r.quiet)}: it may have been killed` :
    `${r.pairs} of ${count(r.planned, 'pair')}` + (r.left != null ? `, ${span(r.left)} left` : '');
  return el('li', {'data-result': result, class: r.quiet ? 'still' : false},
    el('a', {href: '/run/' + encodeURIComponent(r.id)},
      el('span', {class: 'result'}, el('i', {class: 'lamp'}), result),
      el('span', {class: 'what'}, el('b', {}, r.scenario || r.dir), el('small', {}, r.dir)),
      el('span', {class: 'saves'}, saving && saving.value != null ? percent(saving.value) : '', el('small', {}, saving && saving.value != null ? `${percent(saving.low)} to ${percent(saving.high)}` : '')),
      el('span', {class: 'kind'}, r.world || '–', el('small', {}, count(r.conditions.length, 'condition'))),
      el('span', {class: 'when'}, date(r.started), el('small', {}, r.took > 0 ? span(r.took) : '')),
      el('span', {class: 'about'}, going && !r.quiet ? el('progress', {max: Math.max(r.planned, 1), value: r.pairs}) : null, about)));
}

let drawn = '';
function draw() {
  const some = runs.filter(wanted);
  const now = JSON.stringify(some);
  $('count').value = some.length === runs.length ? count(runs.length, 'run') : `${some.length} of ${count(runs.length, 'run')}`;
  $('empty').hidden = some.length > 0;
  $('empty').textContent = runs.length ? 'No run is like that.' : 'No run is here yet. One that begins below these folders will appear.';
  if (now === drawn) return; // the focus stays where it is
  drawn = now;
  const at = document.activeElement && document.activeElement.getAttribute('href');
  $('runs').replaceChildren(...some.map(line));
  if (at) [...$('runs').querySelectorAll('a')].find(a => a.getAttribute('href') === at)?.focus();
}

function changed() {
  const q = new URLSearchParams();
  for (const f of fields) if ($(f).value) q.set(f, $(f).value);
  history.replaceState(null, '', q.size ? '?' + q : location.pathname);
  draw();
}

$('text').value = asked.get('text') || '';
for (const f of fields) $(f).addEventListener('input', changed);
$('filters').addEventListener('submit', e => e.preventDefault());
slash($('text'));
themed($('theme'));

follow(async () => {
  const list = await get('/api/runs');
  runs = list.runs;
  $('dirs').textContent = list.dirs.join('  ');
  fill($('world'), runs.map(r => r.world).filter(Boolean));
  fill($('result'), runs.map(resultOf));
  fill($('condition'), runs.flatMap(r => r.conditions.length > 200 ? [] : r.conditions.flatMap(c => c.split('/'))).filter(Boolean));
  draw();
  document.body.classList.remove('lost');
  return 3000;
}, e => {
  document.body.classList.add('lost');
  $('count').value = e.message;
});
