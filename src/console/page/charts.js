// Charts over time: lines that are read with eyes, pointer, keyboard or screen reader.

import {h, isNumber, number, setText, svg} from './dom.js';

const kLeft = 46;
const kBottom = 18;
const kTop = 6;

/** A round number that is not less than `value`. */
function ceiling(value) {
  if (!(value > 0)) return 1;
  const unit = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((factor) => factor * unit >= value * 0.999) * unit;
}

/** Breaks where there is no value, or none for longer than `gap`. */
function path(times, values, x, y, gap) {
  let text = '';
  let last = null;
  for (let i = 0; i < times.length; ++i) {
    if (!isNumber(values[i])) {
      last = null;
      continue;
    }
    const joined = last !== null && times[i] - last <= gap;
    text += (joined ? 'L' : 'M') + x(times[i]).toFixed(1) + ' ' + y(values[i]).toFixed(1);
    if (!joined) text += 'h.1';
    last = times[i];
  }
  return text;
}

/** A service that is younger than the range has a chart that is no longer than its life. */
function spanOf(times, range) {
  const known = times.length ? times[times.length - 1] - times[0] : 0;
  return Math.min(range.span, Math.max(60000, known));
}

export function sparkline() {
  const line = svg('path', {className: 's0', 'vector-effect': 'non-scaling-stroke'});
  const element = svg('svg',
    {viewBox: '0 0 100 30', preserveAspectRatio: 'none', 'aria-hidden': 'true'}, line);
  return {
    element,
    update(times, values, range) {
      const to = times[times.length - 1] ?? 0;
      const span = spanOf(times, range);
      const most = Math.max(1e-9, ...values.filter(isNumber)) * 1.05;
      line.setAttribute('d', path(times, values,
        (time) => 100 * (1 - (to - time) / span), (value) => 29 - 28 * value / most, range.gap));
    },
  };
}

export class Chart {
  #data = {times: [], values: []};
  #range = {span: 300000, gap: 3500};
  #at = null;

  /** `series`: {name, key}; `format`: value → text. */
  constructor(title, series, format) {
    this.title = title;
    this.series = series;
    this.format = format ?? number;
    this.lines = series.map((_, i) => svg('path', {className: 's' + i}));
    this.grid = svg('g');
    this.cross = svg('line', {className: 'cross', y1: kTop, visibility: 'hidden'});
    this.picture = svg('svg', {'aria-hidden': 'true'}, this.grid, ...this.lines, this.cross);
    this.tip = h('div', {className: 'tip', hidden: true});
    this.plot = h('div', {
      className: 'plot', tabindex: 0, role: 'slider', 'aria-label': title + ', by time',
      'aria-valuemin': 0, 'aria-valuemax': 0, 'aria-valuenow': 0,
      onpointermove: (event) => this.#point(event),
      onpointerleave: () => this.#show(null),
      onblur: () => this.#show(null),
      onkeydown: (event) => this.#press(event),
    }, this.picture, this.tip);
    this.values = series.map(() => h('strong'));
    this.element = h('figure', {className: 'card'}, h('figcaption', {}, title),
      h('ul', {className: 'legend'}, series.map((one, i) =>
        h('li', {}, h('span', {className: 'swatch b' + i}), one.name + ' ', this.values[i]))),
      this.plot);
    new ResizeObserver(() => this.#draw()).observe(this.plot);
  }

  /** `history`: a list a key, and `time_unix_ms`; `range`: {span, gap} in milliseconds. */
  update(history, range) {
    this.#range = range;
    this.#data = {
      times: history.time_unix_ms ?? [],
      values: this.series.map((one) => history[one.key] ?? []),
    };
    this.#draw();
  }

  #draw() {
    const {times, values} = this.#data;
    const width = this.plot.clientWidth;
    const height = this.plot.clientHeight;
    if (width === 0) return;
    const to = times.length ? times[times.length - 1] : Date.now();
    const span = spanOf(times, this.#range);
    const from = to - span;
    const seen = values.flatMap((list) => list.filter((value, i) => isNumber(value) && times[i] >= from));
    const top = ceiling(seen.reduce((most, value) => Math.max(most, value), 0));
    this.x = (time) => kLeft + (width - kLeft - 6) * (time - from) / span;
    const y = (value) => kTop + (height - kTop - kBottom) * (1 - value / top);
    this.picture.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.#drawGrid(width, height, top, y, from, to);
    const first = Math.max(0, times.findIndex((time) => time >= from));
    values.forEach((list, i) => {
      this.lines[i].setAttribute('d',
        path(times.slice(first), list.slice(first), this.x, y, this.#range.gap));
      setText(this.values[i], this.format(list[list.length - 1]));
    });
    this.cross.setAttribute('y2', height - kBottom);
    this.plot.setAttribute('aria-valuemax', Math.max(0, times.length - 1));
    if (this.#at === null) this.#describe(times.length - 1);
    else this.#show(times.reduce((best, time, i) =>
      Math.abs(time - this.#at) < Math.abs(times[best] - this.#at) ? i : best, 0));
  }

  #drawGrid(width, height, top, y, from, to) {
    const parts = [];
    for (const value of [0, top / 2, top]) {
      parts.push(svg('line', {className: 'grid', x1: kLeft, x2: width - 6, y1: y(value), y2: y(value)}),
        svg('text', {className: 'axis', x: kLeft - 6, y: y(value) + 4, 'text-anchor': 'end'},
          number(value)));
    }
    const clock = (time) => new Date(time).toLocaleTimeString('en-GB',
      to - from > 3.6e6 ? {hour: '2-digit', minute: '2-digit'} : {});
    for (const [time, anchor] of [[from, 'start'], [(from + to) / 2, 'middle'], [to, 'end']]) {
      parts.push(svg('text',
        {className: 'axis', x: this.x(time), y: height - 4, 'text-anchor': anchor}, clock(time)));
    }
    this.grid.replaceChildren(...parts);
  }

  #point(event) {
    const {times} = this.#data;
    if (!times.length || !this.x) return;
    const left = event.clientX - this.plot.getBoundingClientRect().left;
    let best = 0;
    for (let i = 0; i < times.length; ++i) {
      if (Math.abs(this.x(times[i]) - left) < Math.abs(this.x(times[best]) - left)) best = i;
    }
    this.#show(best);
  }

  #press(event) {
    const {times} = this.#data;
    const last = times.length - 1;
    const now = this.#at === null ? last : Math.max(0, times.findIndex((time) => time >= this.#at));
    const to = {ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: last,
      PageUp: now - 30, PageDown: now + 30}[event.key];
    if (event.key === 'Escape') return this.#show(null);
    if (to === undefined) return undefined;
    event.preventDefault();
    return this.#show(Math.min(last, Math.max(0, to)));
  }

  #describe(i) {
    const {times, values} = this.#data;
    if (!times.length) return '';
    const text = new Date(times[i]).toLocaleTimeString('en-GB') + ': ' +
      this.series.map((one, k) => one.name + ' ' + this.format(values[k][i])).join(', ');
    this.plot.setAttribute('aria-valuenow', i);
    this.plot.setAttribute('aria-valuetext', text);
    return text;
  }

  #show(i) {
    const {times} = this.#data;
    const visible = i !== null && i >= 0 && times.length > 0;
    this.#at = visible ? times[i] : null;
    this.cross.setAttribute('visibility', visible ? 'visible' : 'hidden');
    this.tip.hidden = !visible;
    if (!visible) return;
    const x = this.x(times[i]);
    this.cross.setAttribute('x1', x);
    this.cross.setAttribute('x2', x);
    setText(this.tip, this.#describe(i));
    const room = this.plot.clientWidth - this.tip.offsetWidth;
    this.tip.style.left = Math.max(0, Math.min(room, x + 8)) + 'px';
  }
}
