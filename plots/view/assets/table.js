// The table of conditions: each row carries its Δt on a scale that all share.
import {$, armColour, el, fixed, percent} from './common.js';

export class Table {
  constructor({chosen, changed}) {
    Object.assign(this, {chosen, changed, by: '', down: false, range: [0, 1], focus: 0});
    this.body = $('conditions').tBodies[0];
    for (const th of document.querySelectorAll('#conditions [data-sort]'))
      th.querySelector('button').addEventListener('click', () => this.sort(th.dataset.sort));
    for (const e of [$('filter'), $('odd')]) e.addEventListener('input', () => this.fill());
    $('none').addEventListener('click', () => this.clear());
    this.body.addEventListener('click', e => {
      const tr = e.target.closest('tr');
      if (tr) this.pick(+tr.dataset.i, e.target.closest('.pick') || e.ctrlKey || e.metaKey || e.shiftKey);
    });
    $('conditions').addEventListener('keydown', e => this.key(e));
    addEventListener('keydown', e => { if (e.key === 'Escape' && this.chosen.size) this.clear(); });
  }

  draw(sheet, arm) {
    Object.assign(this, {sheet, arm});
    this.range = rangeOf(sheet, arm);
    const colour = armColour(arm);
    this.rows = sheet.rows.map((r, i) => this.row(r, i, colour));
    this.scale();
    this.fill();
  }

  row(r, i, colour) {
    const c = r.compared[this.arm - 1] || {saving: {}, drop: {}, pairs: 0};
    const strip = el('div', {class: 'track'});
    const put = (kind, left, right) => {
      const e = el('i', {class: kind});
      e.style.left = this.at(left);
      if (right != null) e.style.width = `calc(${this.at(right)} - ${this.at(left)})`;
      if (kind !== 'bound' && kind !== 'zero') e.style.backgroundColor = r.valid ? colour : 'var(--soft)';
      strip.append(e);
    };
    put('zero', 0);
    put('bound', this.sheet.bound);
    if (c.saving.low != null) put('interval', c.saving.low, c.saving.high);
    if (c.saving.value != null) put('value', c.saving.value);
    return {i, r, c, text: (r.label + ' ' + (r.valid ? '' : 'not valid ' + r.reasons.join(' '))).toLowerCase(),
      tr: el('tr', {'data-i': i, tabindex: -1, 'aria-selected': 'false', class: r.valid ? false : 'invalid'},
        el('td', {class: 'pick'}, el('input', {type: 'checkbox', tabindex: -1, 'aria-label': 'pick ' + r.label})),
        el('td', {class: 'label'}, r.label, r.valid ? null : el('small', {title: r.reasons.join('; ')}, 'not valid: ' + r.reasons[0])),
        el('td', {class: 'strip'}, el('div', {}, strip, el('b', {}, percent(c.saving.value)))),
        el('td', {class: 'n'}, fixed(c.drop.value, 1)),
        el('td', {class: 'n'}, String(c.pairs)))};
  }

  at(x) { return Math.min(Math.max(100 * (x - this.range[0]) / (this.range[1] - this.range[0]), 0), 100).toFixed(2) + '%'; }

  // scale writes the ends, zero and the bound above the strips.
  scale() {
    const marks = [0, this.sheet.bound].filter(x => x >= this.range[0] && x <= this.range[1]);
    $('scale').replaceChildren(...[...new Set(marks)].map(x => {
      const e = el('span', {}, percent(x, 0));
      e.style.left = this.at(x);
      return e;
    }));
  }

  sort(by) {
    this.down = this.by === by ? !this.down : by !== 'label';
    this.by = by;
    for (const th of document.querySelectorAll('#conditions [data-sort]'))
      th.setAttribute('aria-sort', th.dataset.sort !== by ? 'none' : this.down ? 'descending' : 'ascending');
    this.fill();
  }

  // fill shows the rows that are wanted, in order.
  fill() {
    if (!this.rows) return;
    const text = $('filter').value.toLowerCase(), odd = $('odd').checked;
    const some = this.rows.filter(k => k.text.includes(text) && (!odd || !k.r.valid));
    const of = {label: k => k.i, saving: k => k.c.saving.value, drop: k => k.c.drop.value, pairs: k => k.c.pairs}[this.by];
    if (of) some.sort((a, b) => {
      const [x, y] = [of(a), of(b)];
      if (x == null || y == null) return (x == null) - (y == null); // the unknown are last
      return (this.down ? y - x : x - y) || a.i - b.i;
    });
    const had = this.body.contains(document.activeElement) ? document.activeElement.dataset.i : null;
    this.some = some;
    this.body.replaceChildren(...some.map(k => k.tr));
    this.mark();
    if (had != null) this.go(Math.max(some.findIndex(k => k.i === +had), 0), true);
    else this.go(Math.min(this.focus, some.length - 1), false);
    $('shown').value = some.length === this.rows.length ? String(some.length) : `${some.length} of ${this.rows.length}`;
  }

  // go makes the k-th row the one that the Tab key leads to.
  go(k, focus) {
    for (const {tr} of this.some) tr.tabIndex = -1;
    this.focus = Math.max(k, 0);
    const at = this.some[this.focus];
    if (!at) return;
    at.tr.tabIndex = 0;
    if (focus) { at.tr.focus({preventScroll: true}); at.tr.scrollIntoView({block: 'nearest'}); }
  }

  key(e) {
    if (!e.target.closest('tbody tr')) return;
    const to = {ArrowDown: this.focus + 1, ArrowUp: this.focus - 1, PageDown: this.focus + 12, PageUp: this.focus - 12, Home: 0, End: this.some.length - 1}[e.key];
    const at = this.some[this.focus];
    if (to != null) this.go(Math.min(Math.max(to, 0), this.some.length - 1), true);
    else if (e.key === 'Enter' && at) this.pick(at.i, false);
    else if (e.key === ' ' && at) this.pick(at.i, true);
    else return;
    e.preventDefault();
  }

  // pick looks at one condition alone, or adds it or takes it away.
  pick(i, add) {
    const had = this.chosen.has(i), alone = had && this.chosen.size === 1;
    if (!add) this.chosen.clear();
    if (add ? had : alone) this.chosen.delete(i); else this.chosen.add(i);
    this.focus = Math.max(this.some.findIndex(k => k.i === i), 0);
    this.go(this.focus, false);
    this.mark();
    this.changed();
  }

  clear() {
    this.chosen.clear();
    this.mark();
    this.changed();
  }

  mark() {
    for (const {i, tr} of this.rows || []) {
      tr.setAttribute('aria-selected', String(this.chosen.has(i)));
      tr.querySelector('input').checked = this.chosen.has(i);
    }
    $('none').disabled = !this.chosen.size;
  }
}

// rangeOf is what the scale of Δt spans: all intervals, but for the odd one
// that is so wide that no other could be told apart; it is cut off.
function rangeOf(sheet, arm) {
  const all = sheet.rows.map(r => r.compared[arm - 1]?.saving).filter(s => s && s.value != null);
  const at = (list, p) => list.sort((a, b) => a - b)[Math.round(p * (list.length - 1))] ?? 0;
  const lo = Math.min(0, Math.max(at(all.map(s => s.low ?? s.value), 0.02), -1)), hi = Math.max(at(all.map(s => s.high ?? s.value), .98), sheet.bound, .05);
  const pad = (hi - lo) * .05;
  return [lo - pad, hi + pad];
}
