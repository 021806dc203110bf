// The flight recorder: commands that somebody will ask about, and where their time went.

import {get} from './api.js';
import {facts, fill, h, ms, nothing, pill, svg, table, time, whole} from './dom.js';

const kKinds = {slowest: 'Slowest', failed: 'Failed', retried: 'Most attempts'};
const kOrder = {slowest: 'duration_ns', failed: 'ended_unix_ns', retried: 'attempts'};
const kRow = 22;
const kLabel = 150;

const inMs = (nanoseconds) => (nanoseconds === undefined ? null : nanoseconds / 1e6);

/** Spans of a command: itself, its attempts, their phases one after the other. */
function spansOf(entry) {
  const spans = [{name: entry.command_type, kind: 'whole', start: 0, length: entry.duration_ns ?? 0,
    depth: 0}];
  const addPhases = (phases, begin, depth) => {
    let start = begin;
    for (const [kind, length] of Object.entries(phases ?? {})) {
      if (length > 0) spans.push({name: kind, kind, start, length, depth});
      start += length;
    }
    return start;
  };
  if (entry.timeline.length === 0) addPhases(entry.phases_ns, 0, 1);
  entry.timeline.forEach((attempt, i) => {
    spans.push({name: 'attempt ' + (i + 1), kind: 'whole', start: attempt.start_ns,
      length: attempt.duration_ns, depth: 1});
    addPhases(attempt.phases_ns, attempt.start_ns, 2);
  });
  return spans;
}

function waterfall(entry) {
  const spans = spansOf(entry);
  const whole_length = Math.max(1, ...spans.map((span) => span.start + span.length));
  const width = 900;
  const scale = (width - kLabel - 90) / whole_length;
  const rows = spans.map((span, i) => {
    const x = kLabel + span.start * scale;
    const length = Math.max(1.5, span.length * scale);
    return svg('g', {},
      svg('text', {x: 4 + span.depth * 12, y: i * kRow + 15}, span.name),
      svg('rect', {className: 'p-' + span.kind, x, y: i * kRow + 4, width: length, height: 14, rx: 2}),
      svg('text', {className: 'dim', x: x + length + 5, y: i * kRow + 15}, ms(span.length / 1e6)));
  });
  const spoken = spans.map((span) => span.name + ' ' + ms(span.length / 1e6)).join(', ');
  return h('div', {className: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Spans'},
    svg('svg', {className: 'waterfall', viewBox: `0 0 ${width} ${spans.length * kRow + 4}`,
      role: 'img', 'aria-label': 'Where the time went: ' + spoken}, ...rows));
}

function conflictTable(entry) {
  return table(entry.conflicts_total > entry.conflicts.length
    ? `Lost to others (${entry.conflicts.length} of ${entry.conflicts_total})` : 'Lost to others', [
    {title: 'Stream', cell: (row) => row.stream},
    {title: 'Expected', numeric: true, cell: (row) => whole(row.expected_version)},
    {title: 'Found', numeric: true, cell: (row) => whole(row.actual_version)},
    {title: 'Winner', cell: (row) => row.winner_command_type || 'unknown'},
    {title: 'At position', update: (td, row) => fill(td, String(row.winner_position), () =>
      (row.winner_position ? h('a', {href: '#/search?q=' + row.winner_position},
        whole(row.winner_position)) : document.createTextNode('–')))},
  ], entry.conflicts);
}

function streamList(entry) {
  const more = entry.streams_total - entry.streams.length;
  return h('span', {}, entry.streams.flatMap((stream, i) => [i ? ', ' : '',
    h('a', {href: '#/events?stream=' + encodeURIComponent(stream)}, stream)]),
  more > 0 ? ` and ${more} more` : '');
}

const link = (text) => text && h('a', {href: '#/search?q=' + encodeURIComponent(text)}, text);

function detail(entry) {
  const measured = entry.timeline.length > 0 || Object.values(entry.phases_ns ?? {}).some((ns) => ns > 0);
  return h('div', {className: 'card'},
    h('h3', {tabindex: -1}, entry.command_type + ', ' + time(entry.ended_unix_ns / 1e6)),
    waterfall(entry),
    !measured && nothing('Its phases were not measured.'),
    measured && entry.timeline.length === 0 && entry.attempts > 1 &&
      nothing(`The phases of its ${entry.attempts} attempts are added up.`),
    facts([['Outcome', pill(entry.outcome)], ['Error', entry.error &&
        entry.error.replaceAll('_', ' ') + ': ' + entry.error_message],
      ['Refusal', entry.rejection_code], ['Attempts', whole(entry.attempts)],
      ['Pauses', entry.backoff_ns ? ms(inMs(entry.backoff_ns)) : null],
      ['Events', `${whole(entry.events_written)} written, ${whole(entry.events_folded)} folded`],
      ['Position', entry.first_position && link(String(entry.first_position))],
      ['Command id', link(entry.command_id)], ['Trace', link(entry.trace_id)],
      ['Correlation', link(entry.correlation_id)], ['Streams', streamList(entry)]]),
    entry.conflicts.length > 0 && conflictTable(entry));
}

function listTable(kind, entries, open) {
  return table(`${kKinds[kind]}: ${entries.length} commands of the last minutes`, [
    {title: 'Command', update: (td, row) => fill(td, row.command_id, () =>
      h('button', {type: 'button', className: 'row', onclick: () => open(row)}, row.command_type))},
    {title: 'Ended', cell: (row) => time(row.ended_unix_ns / 1e6)},
    {title: 'Took', numeric: true, cell: (row) => ms(inMs(row.duration_ns))},
    {title: 'Attempts', numeric: true, cell: (row) => whole(row.attempts)},
    {title: 'Outcome', update: (td, row) => fill(td, row.outcome, () => pill(row.outcome))},
    {title: 'Story', className: 'wrap', cell: (row) => row.error_message ??
      (row.conflicts.length ? 'lost on ' + row.conflicts.map((lost) => lost.stream).join(', ')
        : row.streams.slice(0, 4).join(', ') + (row.streams_total > 4 ? ' …' : ''))},
  ], entries, (row) => row.command_id + row.ended_unix_ns);
}

export default {
  id: 'commands',
  title: 'Slow & failed',
  create(app) {
    const list = h('div', {className: 'card'}, nothing('…'));
    const one = h('div');
    let dump = null;
    let kind = 'slowest';
    const open = (entry) => {
      one.replaceChildren(h('h2', {}, 'One command'), detail(entry));
      one.querySelector('h3').focus();
    };
    const show = () => {
      for (const button of buttons) {
        button.setAttribute('aria-pressed', String(button.dataset.kind === kind));
      }
      if (!dump) return;
      const entries = [...dump[kind]].sort((a, b) => (b[kOrder[kind]] ?? 0) - (a[kOrder[kind]] ?? 0));
      list.replaceChildren(entries.length ? listTable(kind, entries.slice(0, 50), open)
        : nothing({slowest: 'No command yet.', failed: 'No command has failed lately.',
          retried: 'No command had to try again lately.'}[kind]));
    };
    const load = async () => {
      try {
        dump = await get('/api/commands');
        show();
      } catch (error) {
        list.replaceChildren(nothing(error.message));
        app.fail(error);
      }
    };
    const buttons = Object.entries(kKinds).map(([name, title]) => h('button', {type: 'button',
      'data-kind': name, 'aria-pressed': 'false', onclick: () => {
        kind = name;
        show();
      }}, title));
    if (app.info.has.recorder) load();
    else list.replaceChildren(nothing('This service has no flight recorder.'));
    show();
    return {
      element: h('div', {}, h('h2', {}, 'Slow and failed commands'),
        h('div', {className: 'bar', role: 'group', 'aria-label': 'Which'}, buttons,
          h('button', {type: 'button', onclick: load}, 'Look again')), list, one),
    };
  },
};
