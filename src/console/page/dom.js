// Elements, and values as people read them.

const kSvg = 'http://www.w3.org/2000/svg';

function make(node, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name === 'className' ? 'class' : name, value === true ? '' : value);
  }
  const is_there = (child) => child !== null && child !== undefined && child !== false && child !== '';
  node.append(...children.flat().filter(is_there));
  return node;
}

/** An element with properties and children; texts are never taken for HTML. */
export const h = (tag, properties, ...children) =>
  make(document.createElement(tag), properties, children);
export const svg = (tag, properties, ...children) =>
  make(document.createElementNS(kSvg, tag), properties, children);

/** Sets a text only if it changed, so that nothing is laid out or announced again. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const kNumber = new Intl.NumberFormat('en', {maximumSignificantDigits: 3});
const kWhole = new Intl.NumberFormat('en');

export const isNumber = (value) => typeof value === 'number' && Number.isFinite(value);

export function number(value) {
  if (!isNumber(value)) return '–';
  return Math.abs(value) >= 1000 ? kWhole.format(Math.round(value)) : kNumber.format(value);
}
export const whole = (value) => (isNumber(value) ? kWhole.format(value) : '–');
export const percent = (value) => (isNumber(value) ? number(value * 100) + ' %' : '–');
export function ms(value) {
  if (!isNumber(value)) return '–';
  if (value !== 0 && value < 0.1) return number(value * 1000) + ' µs';
  return value < 10000 ? number(value) + ' ms' : number(value / 1000) + ' s';
}

export function duration(seconds) {
  if (!isNumber(seconds)) return '–';
  if (seconds < 1) return seconds === 0 ? '0 s' : ms(seconds * 1000);
  if (seconds < 120) return number(seconds) + ' s';
  if (seconds < 7200) return Math.round(seconds / 60) + ' min';
  if (seconds < 172800) return Math.round(seconds / 3600) + ' h';
  return Math.round(seconds / 86400) + ' d';
}

export function bytes(value) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    ++unit;
  }
  return number(value) + ' ' + units[unit];
}

/** A time of today as a time, another one with its date; in the reader's zone. */
export function time(value) {
  if (!value) return '–';
  const date = new Date(value);
  const clock = date.toLocaleTimeString('en-GB');
  if (date.toDateString() === new Date().toDateString()) return clock;
  return date.toLocaleDateString('sv-SE') + ' ' + clock;
}

export const nothing = (text) => h('p', {className: 'dim'}, text);

/** Rows that keep their elements, and so focus and place, while their values change. */
export class LiveTable {
  /** `columns`: {title, numeric, cell(row) → text or node, update(td, row)}. */
  constructor(caption, columns, key) {
    this.columns = columns;
    this.key = key;
    this.rows = new Map();
    this.body = h('tbody');
    const head = columns.map((column) =>
      h('th', {scope: 'col', className: column.numeric ? 'n' : undefined}, column.title));
    this.element = h('div', {className: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption},
      h('table', {}, h('caption', {}, caption), h('thead', {}, h('tr', {}, head)), this.body));
  }

  update(list) {
    const seen = new Set();
    let before = null;
    for (const row of list) {
      const key = String(this.key(row));
      seen.add(key);
      let tr = this.rows.get(key);
      if (!tr) {
        tr = this.create();
        this.rows.set(key, tr);
      }
      this.columns.forEach((column, i) => {
        if (column.update) column.update(tr.children[i], row);
        else setText(tr.children[i], column.cell(row));
      });
      const place = before ? before.nextSibling : this.body.firstChild;
      if (place !== tr) this.body.insertBefore(tr, place);
      before = tr;
    }
    for (const [key, tr] of this.rows) {
      if (seen.has(key)) continue;
      tr.remove();
      this.rows.delete(key);
    }
  }

  create() {
    return h('tr', {}, this.columns.map((column, i) =>
      h(i === 0 ? 'th' : 'td', {
        scope: i === 0 ? 'row' : undefined,
        className: column.numeric ? 'n' : column.className,
      })));
  }
}

/** A table that is made once. */
export function table(caption, columns, rows, key = (row) => rows.indexOf(row)) {
  const live = new LiveTable(caption, columns, key);
  live.update(rows);
  return live.element;
}

/** Puts `node` in place of what a cell holds, unless it holds the same already. */
export function fill(cell, identity, build) {
  if (cell.dataset.identity === identity) return;
  cell.dataset.identity = identity;
  cell.replaceChildren(build());
}

export function facts(entries) {
  const list = h('dl', {className: 'facts'});
  for (const [name, value] of entries) {
    if (value === null || value === undefined || value === '') continue;
    list.append(h('dt', {}, name), h('dd', {}, value));
  }
  return list;
}

const kGood = new Set(['pass', 'caught_up', 'running', 'committed', 'replayed', 'held', 'same',
  'better']);
const kBad = new Set(['fail', 'faulted', 'store_error', 'in_doubt', 'conflict_exhausted', 'invalid',
  'deadline_exceeded', 'beyond_head', 'worse']);

export function pill(word) {
  const kind = kGood.has(word) ? ' good' : kBad.has(word) ? ' bad' : ' warn';
  return h('span', {className: 'pill' + kind}, word.replaceAll('_', ' '));
}
