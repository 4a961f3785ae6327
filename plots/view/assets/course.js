// What happened over time, as a recorder draws it: requests above, and below them
// strips of what the world was asked for and did.
/* global uPlot */
import {count, el, ink, millis, optionColour, percent, rate, significant} from './common.js';
import {Plate, along, axis, logAxis, merged, nearest, pointsOnly, swatch, tall} from './charts.js';

// Course is what happened over time: requests, links, loads.
export class Course {
  constructor(host) {
    this.plate = new Plate(host, 'Over time');
    this.log = true;
    this.at = 0;
    this.label = el('span', {class: 'label'});
    this.before = el('button', {class: 'plain', 'aria-label': 'the condition before', onclick: () => this.step(-1)}, '‹');
    this.after = el('button', {class: 'plain', 'aria-label': 'the next condition', onclick: () => this.step(1)}, '›');
    this.plate.controls.append(this.label, this.before, this.after);
    this.plate.choice('scale', ['log', 'linear'], 'log', v => { this.log = v === 'log'; this.show(); });
  }
  step(by) {
    const n = this.view.figures.courses.length;
    this.at = (this.at + by + n) % n;
    this.show();
  }
  draw(view) { this.view = view; this.show(); }
  show() {
    const {figures, sheet, names} = this.view;
    const several = figures.courses.length > 1;
    this.at = Math.min(this.at, Math.max(figures.courses.length - 1, 0));
    const c = figures.courses[this.at];
    this.before.hidden = this.after.hidden = !several;
    this.label.textContent = c ? c.condition < 0 ? 'the whole run' : names[c.condition] : '';
    if (!c || !c.requests.x.length) {
      this.plate.only(0);
      this.plate.readout.replaceChildren();
      this.plate.note.textContent = 'Nothing was answered here.';
      return;
    }
    const key = [c.condition, this.log].join(), sync = {key: 'course'};
    const end = Math.max(...c.requests.x, ...c.trials.map(t => t.to ?? 0), ...[...c.links.flatMap(l => [l.asked, l.delivered]), ...c.loads.flatMap(l => [l.asked, l.achieved])].map(p => p.x.at(-1) ?? 0));
    const rest = this.rest(c);
    this.requests(c, key, end, sync, rest.length === 0);
    rest.forEach((r, i) => r(this.plate.face(i + 1), key, end, sync, i === rest.length - 1));
    this.plate.only(rest.length + 1);
    const hidden = c.links.length + c.loads.length - rest.length;
    this.plate.note.textContent = (c.condition < 0 ? 'All trials.' : 'The first trial of the condition.') + (c.requests.x.length < c.n ? ` ${c.requests.x.length} of ${count(c.n, 'request')}, evenly among them.` : ` ${count(c.n, 'request')}.`) +
      ' Dashed is what was asked of the world, drawn through is what it did.' + (hidden > 0 ? ` ${hidden} more are in telemetry.jsonl.` : '');
  }
  scale(end) { return {time: false, range: (u, min, max) => min == null || max - min >= end * .999 ? [-end * .01, end * 1.01] : [min, max]}; }
  requests(c, key, end, sync, last) {
    const {sheet, names} = this.view, r = c.requests;
    const order = r.x.map((_, i) => i).sort((a, b) => r.x[a] - r.x[b]);
    const xs = [0, ...order.map(i => r.x[i]), end], ys = [null, ...order.map(i => r.y[i]), null];
    const kinds = [...new Set(r.x.map((_, i) => r.arm[i] + ',' + r.option[i]))].sort();
    const series = kinds.map(k => [null, ...order.map(i => r.arm[i] + ',' + r.option[i] === k ? r.y[i] : null), null]);
    const near = nearest(xs, ys, i => {
      const at = order[i - 1];
      if (i < 0) return this.plate.readout.replaceChildren(...this.key(c));
      const t = c.trials.find(t => t.from <= r.x[at] && r.x[at] <= t.to);
      this.plate.readout.replaceChildren(swatch(optionColour(r.option[at]), r.arm[at] ? 'disc' : 'ring'), el('span', {}, `${sheet.arms[r.arm[at]]} at ${significant(r.x[at], 4)} s: ${millis(r.y[at])} by ${sheet.models[r.option[at]] ?? 'no model'}` +
        (c.condition < 0 && t ? ', ' + names[t.condition] : '')));
    });
    const low = Math.min(...r.y), high = Math.max(...r.y);
    this.plate.face(0).draw({
      tall: tall(190, 260, .3), step: near.step,
      scales: {x: this.scale(end), y: {distr: this.log ? 3 : 1, range: () => this.log ? [low / 1.3, high * 1.3] : [0, high * 1.06]}},
      axes: [axis(last ? 'seconds' : '', last ? v => significant(v, 4) : () => '', {size: last ? 26 : 8}), (this.log ? logAxis : axis)('t', millis, {size: 66})],
      series: [{}, ...kinds.map(k => { const [arm, o] = k.split(',').map(Number), colour = optionColour(o); return pointsOnly(colour, arm ? colour : ink('plate'), arm ? 5 : 6, 1.3); })],
      cursor: {sync, y: false},
      hooks: merged(near.hooks, {drawAxes: [u => this.bands(u, c)]}),
    }, [xs, ...series], key);
    this.plate.readout.replaceChildren(...this.key(c));
  }
  // bands tell trials apart.
  bands(u, c) {
    if (c.trials.length < 2) return;
    const {ctx, bbox} = u;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.fillStyle = ink('band');
    c.trials.forEach((t, i) => {
      if (i % 2) return;
      const from = u.valToPos(t.from, 'x', true);
      ctx.fillRect(from, bbox.top, u.valToPos(t.to, 'x', true) - from, bbox.height);
    });
    ctx.restore();
  }
  key(c) {
    const {sheet} = this.view, arms = [...new Set(c.requests.arm)].sort(), options = [...new Set(c.requests.option)].sort((a, b) => a - b);
    return [...arms.map(a => el('span', {class: 'key'}, swatch(ink('ink'), a ? 'disc' : 'ring'), sheet.arms[a])),
      ...options.map(o => el('span', {class: 'key'}, swatch(optionColour(o), 'disc'), sheet.models[o] ?? 'no model'))];
  }
  // rest are the strips below the requests: links and loads of which there is
  // something to be seen, four at most.
  rest(c) {
    const out = [];
    for (const l of c.links)
      if (l.asked.y.some(v => v != null) || l.delivered.y.some(v => v > 0))
        out.push(this.strip(c, l.name, rate, [[l.asked, {stroke: ink('ink'), width: 1.2, dash: [5, 3]}], [l.delivered, {stroke: armlessLine(), width: 1.4, fill: armlessFill()}], [l.probes, pointsOnly(ink('ink'), ink('plate'), 6)]]));
    for (const l of c.loads)
      if ([...l.asked.y, ...l.achieved.y, ...l.busy.y].some(v => v > 0))
        out.push(this.strip(c, l.name, v => percent(v, 0), [[l.asked, {stroke: ink('ink'), width: 1.2, dash: [5, 3]}], [l.achieved, {stroke: armlessLine(), width: 1.4, fill: armlessFill()}], [l.busy, {stroke: ink('soft'), width: 1}]]));
    return out.slice(0, 4);
  }
  strip(c, name, values, lines) {
    return (face, key, end, sync, last) => {
      lines = lines.filter(([p]) => p.x.length);
      const data = uPlot.join(lines.map(([p]) => [p.x, p.y]), lines.map(() => [0, 1]));
      if (data[0][0] > 0) data.forEach((column, k) => column.unshift(k ? null : 0)); // all faces begin and end together
      if (data[0].at(-1) < end) data.forEach((column, k) => column.push(k ? null : end));
      const high = Math.max(...lines.flatMap(([p]) => p.y).filter(v => v != null), 0) * 1.12 || 1;
      const title = el('span', {class: 'stripname'}, name);
      const read = u => {
        const i = u.cursor.idx;
        title.textContent = name;
        if (i == null || !(u.cursor.left >= 0)) return;
        const at = k => { let j = i; while (j > 0 && u.data[k][j] === undefined) j--; return u.data[k][j]; };
        title.textContent = name + ': ' + lines.map(([, s], k) => (s.dash ? 'asked ' : s.paths ? 'probed ' : s.fill ? 'was ' : 'by anyone ') + (at(k + 1) == null ? '–' : values(at(k + 1)))).join(', ');
      };
      face.draw({
        tall: () => last ? 120 : 92, step: along,
        scales: {x: this.scale(end), y: {range: () => [0, high]}},
        axes: [axis(last ? 'seconds' : '', last ? v => significant(v, 4) : () => '', {size: last ? 26 : 8}), axis('', values, {size: 86, space: 26})],
        series: [{}, ...lines.map(([, s]) => ({paths: uPlot.paths.stepped({align: 1}), points: {show: false}, ...s}))],
        cursor: {sync, y: false},
        hooks: {ready: [u => u.root.append(title)], setCursor: [read], drawAxes: [u => this.bands(u, c)]},
      }, data, key);
    };
  }
}

// What the world did is no arm's and no model's colour.
const armlessLine = () => ink('world');
const armlessFill = () => ink('worldfill');
