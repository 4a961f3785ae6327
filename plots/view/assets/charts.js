// Figures to look into: a plate holds one or more faces, each a uPlot. A drag
// zooms, a double click or “whole” shows all; with the focus on a face the arrow
// keys move what is read out.
/* global uPlot */
import {el, ink} from './common.js';

const font = () => '12px ' + getComputedStyle(document.body).fontFamily;

// axis is one in the house style. values writes the numbers of ticks.
export function axis(label, values, more = {}) {
  return {
    label, labelSize: label ? 20 : 0, labelGap: 2, labelFont: font(), font: font(), gap: 4,
    stroke: () => ink('soft'), grid: {stroke: () => ink('hair'), width: 1},
    ticks: {stroke: () => ink('rule'), width: 1, size: 5}, border: {show: true, stroke: () => ink('rule'), width: 1},
    values: (u, at) => at.map(v => v == null ? '' : values(v)), ...more,
  };
}

// logAxis is axis for a logarithmic scale: a tick at every digit of a decade,
// words and lines at so few that they can be read.
export function logAxis(label, values, more = {}) {
  const digit = v => Math.round(v / 10 ** Math.floor(Math.log10(v) + 1e-9));
  const bold = (u, at, i) => {
    const scale = i ? 'y' : 'x', room = i ? 20 : 56;
    for (const wanted of [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]]) {
      const places = at.filter(v => wanted.includes(digit(v))).map(v => u.valToPos(v, scale));
      if (wanted.length === 1 || places.every((p, k) => !k || Math.abs(p - places[k - 1]) >= room))
        return at.map(v => wanted.includes(digit(v)) ? v : null);
    }
  };
  const a = axis(label, values, more);
  return {...a,
    splits: (u, i, min, max) => {
      const out = [];
      for (let e = Math.floor(Math.log10(min)); e <= Math.log10(max); e++)
        for (let d = 1; d < 10; d++) if (d * 10 ** e >= min && d * 10 ** e <= max) out.push(d * 10 ** e);
      return out.length > 1 ? out : [min, max];
    },
    filter: bold,
    grid: {...a.grid, filter: bold},
  };
}

// pointsOnly is a series' style for points without a line.
export const pointsOnly = (stroke, fill, size, width = 1.2) =>
  ({stroke, paths: () => null, points: {show: true, size, width, stroke, fill}});

// tall is how tall a face is by its width.
export const tall = (least, most, share) => width => Math.round(Math.min(Math.max(width * share, least), most));

// merged is an object of hooks of several.
export function merged(...all) {
  const out = {};
  for (const hooks of all) for (const [k, list] of Object.entries(hooks)) out[k] = [...(out[k] || []), ...list];
  return out;
}

// whole keeps a range as it is until it is zoomed into.
export const whole = (lo, hi, first, last) => (u, min, max) => min == null || min <= first && max >= last ? [lo, hi] : [min, max];

// A Plate is a titled figure with room for controls, a read-out and a note.
export class Plate {
  constructor(host, title) {
    this.controls = el('div', {class: 'controls'});
    this.whole = el('button', {class: 'plain', hidden: true, title: 'show all again (Esc)', onclick: () => this.reset()}, 'whole');
    this.body = el('div', {class: 'faces'});
    this.readout = el('div', {class: 'readout', 'aria-live': 'polite'});
    this.note = el('p', {class: 'note soft'});
    this.faces = [];
    this.title = title;
    host.replaceChildren(el('header', {}, el('h2', {}, title), this.controls, this.whole), this.body, this.readout, this.note);
  }
  // face is the i-th chart of the plate, made when it is first asked for.
  face(i = 0) {
    if (!this.faces[i]) this.faces[i] = new Face(this);
    return this.faces[i];
  }
  // zoomed says whether the faces, which go together, show a part.
  set zoomed(on) { this.whole.hidden = !on; }
  get zoomed() { return !this.whole.hidden; }
  reset() {
    this.zoomed = false;
    this.faces.forEach(f => f.chart?.setData(f.chart.data, true));
  }
  // only keeps the first n faces.
  only(n) { this.faces.splice(n).forEach(f => f.remove()); }
  // choice adds buttons of which one is pressed.
  choice(label, values, now, then) {
    const buttons = values.map(v => el('button', {class: 'plain', 'aria-pressed': String(v === now), onclick: () => { mark(v); then(v); }}, v));
    const mark = v => buttons.forEach(b => b.setAttribute('aria-pressed', String(b.textContent === v)));
    const group = el('div', {class: 'choice', role: 'group', 'aria-label': label}, ...buttons);
    this.controls.append(group);
    return {mark, enable: (v, on) => buttons.filter(b => b.textContent === v).forEach(b => { b.disabled = !on; })};
  }
}

class Face {
  constructor(plate) {
    this.plate = plate;
    this.host = el('div', {class: 'face', tabindex: 0, role: 'group', 'aria-label': plate.title + '; arrow keys read it out'});
    plate.body.append(this.host);
    this.host.addEventListener('keydown', e => this.key(e));
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(this.host);
  }
  remove() {
    this.observer.disconnect();
    this.chart?.destroy();
    this.host.remove();
  }
  fit() {
    const width = Math.floor(this.host.clientWidth);
    if (this.chart && width > 0 && width !== this.chart.width) this.chart.setSize({width, height: this.tall(width)});
  }
  // draw shows data anew. What was zoomed into stays, unless key is another.
  draw(options, data, key) {
    const kept = this.plate.zoomed && key === this.shown ? Object.entries(this.chart.scales).map(([k, s]) => [k, {min: s.min, max: s.max}]) : null;
    if (!kept && this === this.plate.faces[0]) this.plate.zoomed = false;
    this.shown = key;
    this.tall = options.tall;
    this.step = options.step;
    this.chart?.destroy();
    const width = Math.max(Math.floor(this.host.clientWidth), 100);
    const hooks = {...options.hooks};
    hooks.setSelect = [u => { if (u.select.width > 0) this.plate.zoomed = true; }];
    if (kept) hooks.ready = [...(hooks.ready || []), u => u.batch(() => kept.forEach(([k, s]) => u.setScale(k, s)))];
    this.chart = new uPlot({
      legend: {show: false}, ...options, width, height: this.tall(width), hooks,
      cursor: {points: {show: false}, ...options.cursor, drag: {x: true, y: false, dist: 4, ...options.cursor?.drag},
        bind: {dblclick: () => () => { this.plate.reset(); return null; }}},
    }, data, this.host);
  }
  key(e) {
    if (e.key === 'Escape') { e.stopPropagation(); this.plate.reset(); return; }
    const by = {ArrowLeft: -1, ArrowRight: 1}[e.key];
    if (!by || !this.step) return;
    e.preventDefault();
    this.step(this.chart, by * (e.shiftKey ? 10 : 1));
  }
}

// along moves the cursor of a chart among its x, and reads it out.
export function along(u, by) {
  const xs = u.data[0];
  let at = u.cursor.idx == null ? (by > 0 ? -1 : xs.length) : u.cursor.idx;
  at = Math.min(Math.max(at + by, 0), xs.length - 1);
  u.setCursor({left: u.valToPos(xs[at], 'x'), top: u.bbox.height / devicePixelRatio / 2}, true);
}

// nearest makes hooks that find the point under the cursor, mark it and tell of
// it. xs and ys may hold nulls; then is told its number, or −1.
export function nearest(xs, ys, then) {
  let ring = null, at = -1;
  const show = (u, i) => {
    at = i;
    ring.hidden = i < 0;
    if (i >= 0) {
      ring.style.left = u.valToPos(xs[i], 'x') + 'px';
      ring.style.top = u.valToPos(ys[i], 'y') + 'px';
    }
    then(i);
  };
  return {
    hooks: {
      ready: [u => { ring = el('div', {class: 'ring', hidden: true}); u.over.append(ring); }],
      setCursor: [u => {
        if (!ring) return;
        const {left, top} = u.cursor;
        let best = -1, least = 26 ** 2;
        if (left >= 0)
          for (let i = 0; i < xs.length; i++) {
            if (ys[i] == null) continue;
            const d = (u.valToPos(xs[i], 'x') - left) ** 2 + (u.valToPos(ys[i], 'y') - top) ** 2;
            if (d < least) [best, least] = [i, d];
          }
        if (best !== at) show(u, best);
      }],
    },
    step: (u, by) => {
      if (!xs.length) return;
      let i = at < 0 ? (by > 0 ? -1 : xs.length) : at;
      i = Math.min(Math.max(i + by, 0), xs.length - 1);
      if (ys[i] != null) show(u, i);
    },
  };
}

// line draws a line in a chart's data, with words at a place on it, a share of
// its way within the plot: above it to the left or below it to the right.
export function line(u, from, to, colour, dash, words, place = 1, below = false) {
  const {ctx, bbox} = u, px = devicePixelRatio, right = bbox.left + bbox.width;
  const [x0, y0, x1, y1] = [u.valToPos(from[0], 'x', true), u.valToPos(from[1], 'y', true), u.valToPos(to[0], 'x', true), u.valToPos(to[1], 'y', true)];
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.strokeStyle = colour;
  ctx.lineWidth = px;
  ctx.setLineDash(dash.map(d => d * px));
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
  if (words) {
    ctx.font = font().replace('12px', 11 * px + 'px');
    const x = Math.min(bbox.left + place * bbox.width, right - (below ? ctx.measureText(words).width + 9 * px : 6 * px)), y = y0 + (x - x0) * (y1 - y0) / (x1 - x0);
    ctx.setLineDash([]);
    ctx.textAlign = below ? 'left' : 'right';
    ctx.textBaseline = below ? 'top' : 'bottom';
    ctx.lineWidth = 3 * px;
    ctx.strokeStyle = ink('plate');
    ctx.fillStyle = ink('soft');
    const away = (below ? 3 : -3) * px;
    ctx.strokeText(words, x + away, y + away);
    ctx.fillText(words, x + away, y + away);
  }
  ctx.restore();
}

// swatch is a colour in a legend: of a line, with its dashes, or of a point.
export function swatch(colour, kind = 'line', dash = []) {
  const ns = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(ns, 'svg');
  svg.setAttribute('viewBox', '0 0 22 10');
  svg.setAttribute('class', 'swatch');
  svg.setAttribute('aria-hidden', 'true');
  const shape = document.createElementNS(ns, kind === 'line' ? 'path' : 'circle');
  if (kind === 'line') {
    shape.setAttribute('d', 'M0 5H22');
    shape.setAttribute('stroke-dasharray', dash.join(' '));
  } else {
    shape.setAttribute('cx', 11);
    shape.setAttribute('cy', 5);
    shape.setAttribute('r', 3.6);
  }
  shape.setAttribute('stroke', colour);
  shape.setAttribute('stroke-width', kind === 'line' ? 2.2 : 1.6);
  shape.setAttribute('fill', kind === 'disc' ? colour : 'none');
  svg.append(shape);
  return svg;
}

