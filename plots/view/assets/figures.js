// Three of the figures of a run. Each takes what /api/run/…/figures answers.
/* global uPlot */
import {armColour, count, el, ink, millis, optionColour, percent} from './common.js';
import {Plate, along, axis, line, logAxis, merged, nearest, pointsOnly, swatch, tall, whole} from './charts.js';

const dashes = [[], [7, 4], [2, 3], [10, 4, 2, 4], [14, 5], [4, 2]];
const pooled = ({shown, all, odd}) => shown > 1 ? ` ${shown === all ? 'All ' : ''}${shown} conditions together${odd ? `, ${odd} of them not valid` : ''}.` : '';

// CDF is how t is distributed, by arm.
export class CDF {
  constructor(host) {
    this.plate = new Plate(host, 'How long requests take');
    this.log = true;
    this.each = false;
    this.modes = this.plate.choice('conditions', ['together', 'each'], 'together', v => { this.each = v === 'each'; this.asked = true; this.show(); });
    this.plate.choice('scale', ['log', 'linear'], 'log', v => { this.log = v === 'log'; this.show(); });
  }
  draw(view) {
    this.view = view;
    const some = view.figures.each.length > 0 && new Set(view.figures.each.map(c => c.condition)).size === view.shown && view.shown > 1;
    this.modes.enable('each', some);
    if (!this.asked || !some) this.each = some && view.shown <= 4 && view.picked;
    this.modes.mark(this.each ? 'each' : 'together');
    this.show();
  }
  show() {
    const {figures, sheet, names} = this.view;
    const curves = (this.each ? figures.each : figures.together).filter(c => c.n > 0);
    const order = [...new Set(curves.map(c => c.condition))];
    const xs = [...new Set(curves.flatMap(c => c.x))].sort((a, b) => a - b);
    // Between its steps a distribution is constant, so that every curve is
    // known at the steps of all.
    const ys = curves.map(c => {
      let k = 0, y = 0;
      return xs.map(x => { while (k < c.x.length && c.x[k] <= x) y = c.y[k++]; return y; });
    });
    const dash = c => this.each ? dashes[order.indexOf(c.condition) % dashes.length] : [];
    const cells = [];
    const head = el('th', {class: 'n'});
    const rows = curves.map((c, i) => {
      cells[i] = el('td', {class: 'n read'});
      return el('tr', {}, el('th', {scope: 'row'}, swatch(armColour(c.arm), 'line', dash(c)), sheet.arms[c.arm], this.each ? el('small', {}, names[c.condition]) : null),
        el('td', {class: 'n'}, String(c.n)), el('td', {class: 'n'}, millis(c.box[2])), el('td', {class: 'n'}, millis(c.box[4])), cells[i]);
    });
    this.plate.readout.replaceChildren(el('table', {}, el('thead', {}, el('tr', {}, el('th', {}), el('th', {class: 'n'}, 'n'), el('th', {class: 'n'}, 'p50'), el('th', {class: 'n'}, 'p95'), head)), el('tbody', {}, ...rows)));
    const read = u => {
      const i = u.cursor.idx, on = i != null && u.cursor.left >= 0;
      head.textContent = on ? '≤ ' + millis(xs[i]) : 'within …';
      cells.forEach((cell, k) => { cell.textContent = on ? percent(ys[k][i], 0) : ''; });
    };
    const lo = xs[0] ?? 1, hi = xs.at(-1) ?? 2, pad = this.log ? [lo / 1.08, hi * 1.08] : [Math.max(lo - (hi - lo) * .03, 0), hi + (hi - lo) * .03];
    this.plate.face().draw({
      tall: tall(240, 340, .62), step: along,
      scales: {x: {time: false, distr: this.log ? 3 : 1, range: whole(pad[0], pad[1], lo, hi)}, y: {range: [0, 1.02]}},
      axes: [(this.log ? logAxis : axis)('t', millis, {size: 26}), axis('share of requests', v => percent(v, 0), {size: 54})],
      series: [{}, ...curves.map(c => ({stroke: armColour(c.arm), width: 1.8, dash: dash(c), paths: uPlot.paths.stepped({align: 1}), points: {show: false}}))],
      hooks: {setCursor: [read], ready: [read]}, cursor: {y: false},
    }, [xs, ...ys], [this.log, this.each, ...order].join());
    this.plate.note.textContent = 'The share of requests that took at most so long: further left is faster.' + (this.each ? '' : pooled(this.view));
  }
}

// Scatter is t of the arm against t of the baseline, pair by pair.
export class Scatter {
  constructor(host) {
    this.plate = new Plate(host, 'Pair by pair');
    this.log = true;
    this.plate.choice('scale', ['log', 'linear'], 'log', v => { this.log = v === 'log'; this.show(); });
  }
  draw(view) { this.view = view; this.show(); }
  show() {
    const {figures, sheet, names, arm} = this.view;
    const p = figures.pairs.find(p => p.arm === arm) || {n: 0, x: [], y: [], option: [], condition: []};
    const order = p.x.map((_, i) => i).sort((a, b) => p.x[a] - p.x[b]);
    const xs = order.map(i => p.x[i]), ys = order.map(i => p.y[i]);
    const options = [...new Set(p.option)].sort((a, b) => a - b);
    const series = options.map(o => order.map((i, k) => p.option[i] === o ? ys[k] : null));
    const all = [...xs, ...ys], base = sheet.arms[0], other = sheet.arms[arm] ?? '–', bound = sheet.bound || 0;
    let lo = Math.min(...all), hi = Math.max(...all);
    if (!all.length) [lo, hi] = [1, 10];
    const ends = this.log ? [lo / 1.15, hi * 1.15] : [0, hi * 1.05];
    const near = nearest(xs, ys, i => {
      const at = order[i];
      this.plate.readout.replaceChildren(...(i < 0 ? this.key(options) : [swatch(optionColour(p.option[at]), 'disc'),
        el('span', {}, `${names[p.condition[at]]}: ${millis(xs[i])} → ${millis(ys[i])} by ${sheet.models[p.option[at]] ?? 'no model'}, ` + saves(1 - ys[i] / xs[i]))]));
    });
    const [x0, x1] = [xs[0] ?? lo, xs.at(-1) ?? hi];
    this.plate.face().draw({
      tall: tall(250, 400, .74), step: near.step,
      scales: {x: {time: false, distr: this.log ? 3 : 1, range: whole(ends[0], ends[1], x0, x1)}, y: {distr: this.log ? 3 : 1, range: whole(ends[0], ends[1], Math.min(...ys), Math.max(...ys))}},
      axes: [(this.log ? logAxis : axis)('t of ' + base, millis, {size: 26}), (this.log ? logAxis : axis)('t of ' + other, millis, {size: 58})],
      series: [{}, ...options.map(o => { const c = optionColour(o); return pointsOnly(c, c + '99', 5.5, 1); })],
      cursor: {drag: {x: true, y: true}},
      hooks: merged(near.hooks, {drawAxes: [u => {
        line(u, [ends[0], ends[0]], [ends[1], ends[1]], ink('soft'), [], 'as long', .72);
        if (bound > 0) line(u, [ends[0], ends[0] * (1 - bound)], [ends[1], ends[1] * (1 - bound)], ink('soft'), [5, 4], `${percent(bound, 0)} saved`, .72, true);
      }]}),
    }, [xs, ...series], [this.log, p.arm, p.condition.at(0), p.condition.at(-1)].join());
    this.plate.readout.replaceChildren(...this.key(options));
    this.plate.note.textContent = `A dot is a pair: the same image in the same world. Below the line ${other} was faster. ` + (p.x.length < p.n ? `${p.x.length} of ${count(p.n, 'pair')}, evenly among them.` : count(p.n, 'pair') + '.');
  }
  key(options) {
    return options.map(o => el('span', {class: 'key'}, swatch(optionColour(o), 'disc'), this.view.sheet.models[o] ?? 'no model'));
  }
}

const saves = s => s >= 0 ? `${percent(s)} saved` : `${percent(-s)} lost`;

// Savings is Δt of each condition with its interval, in order.
export class Savings {
  constructor(host, pick) {
    this.plate = new Plate(host, 'Δt of every condition');
    this.pick = pick;
  }
  draw(view) {
    const {sheet, names, arm, chosen} = view;
    const all = sheet.rows.map((r, i) => ({i, valid: r.valid, ...r.compared[arm - 1]?.saving})).filter(r => r.value != null).sort((a, b) => a.value - b.value);
    const xs = all.map((_, k) => k), ys = all.map(r => r.value);
    // What is seen of the conditions decides the scale; of all of them, but for
    // a few very long intervals.
    const seen = (u, least, most) => {
      const part = least != null && (least > ys[0] || most < ys.at(-1)), off = part ? 0 : .02;
      const some = part ? all.filter(r => r.value >= least && r.value <= most) : all;
      const lows = some.map(r => r.low ?? r.value).sort((a, b) => a - b), highs = some.map(r => r.high ?? r.value).sort((a, b) => a - b);
      const lo = Math.min(lows[Math.floor(lows.length * off)] ?? 0, 0), hi = Math.max(highs[Math.ceil(highs.length * (1 - off)) - 1] ?? 0, sheet.bound, .05);
      return [lo - (hi - lo) * .06, hi + (hi - lo) * .12];
    };
    const near = {at: -1};
    const read = u => {
      near.at = u.cursor.left >= 0 && u.cursor.idx != null ? u.cursor.idx : -1;
      const r = all[near.at];
      this.plate.readout.replaceChildren(el('span', {}, r ? `${names[r.i]}: Δt ${percent(r.value)}` + (r.low != null ? ` (${percent(r.low)} to ${percent(r.high)})` : ', too few pairs for an interval') + (r.valid ? '' : ', not valid') :
        `${count(all.length, 'condition')} in order of Δt`));
    };
    const intervals = u => {
      const {ctx, bbox} = u, px = devicePixelRatio;
      ctx.save();
      ctx.beginPath();
      ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
      ctx.clip();
      const wide = Math.max(Math.min(bbox.width / Math.max(all.length, 1) * .5, 9 * px), px);
      all.forEach((r, k) => {
        const x = u.valToPos(k, 'x', true), on = chosen.has(r.i);
        ctx.fillStyle = on ? ink('ink') : r.valid ? armColour(arm) : ink('soft');
        if (r.low != null) {
          ctx.globalAlpha = on ? .5 : .35;
          const y = u.valToPos(r.high, 'y', true);
          ctx.fillRect(x - wide / 2, y, wide, Math.max(u.valToPos(r.low, 'y', true) - y, px));
        }
        ctx.globalAlpha = 1;
        const y = u.valToPos(r.value, 'y', true);
        if (all.length > 300) ctx.fillRect(x - px / 2, y - px, Math.max(wide, 2 * px), 2 * px);
        else ctx.fillRect(x - wide / 2 - 2 * px, y - px, wide + 4 * px, 2 * px);
      });
      ctx.restore();
    };
    this.plate.face().draw({
      tall: tall(170, 230, .26), step: along,
      scales: {x: {time: false, range: whole(-.7, all.length - .3, 0, all.length - 1)}, y: {range: seen}},
      axes: [axis('', () => '', {size: 10, grid: {show: false}, ticks: {show: false}}), axis('Δt', v => percent(v, 0), {size: 58})],
      series: [{}, {stroke: 'transparent', paths: () => null, points: {show: false}}],
      hooks: {setCursor: [read], ready: [read, u => u.over.addEventListener('click', e => { if (near.at >= 0) this.pick(all[near.at].i, e.ctrlKey || e.metaKey || e.shiftKey); })],
        drawAxes: [u => {
          const last = all.length;
          line(u, [-1, 0], [last, 0], ink('soft'), []);
          line(u, [-1, sheet.bound], [last, sheet.bound], ink('ink'), [5, 4], `${percent(sheet.bound, 0)} asked`);
        }], draw: [intervals]},
      cursor: {y: false, drag: {x: true, y: false}},
    }, [xs, ys], [arm, all.length].join());
    this.plate.note.textContent = `Bars are ${percent(sheet.confidence, 0)} intervals of the mean saving of ${sheet.arms[arm] ?? '–'} against ${sheet.arms[0] ?? '–'}; grey ones are not valid. Drag to zoom, click to look at one.`;
  }
}
