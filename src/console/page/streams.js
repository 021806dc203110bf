// The streams that are written and fought over most, and who loses to whom.

import {get} from './api.js';
import {fill, h, LiveTable, nothing, svg, table, whole} from './dom.js';

const eventsOf = (stream) => '#/events?stream=' + encodeURIComponent(stream);

function weight(td, value, most) {
  const share = most > 0 ? 100 * value / most : 0;
  fill(td, whole(value) + share.toFixed(0), () => h('div', {}, whole(value) + ' ',
    svg('svg', {width: 80, height: 10, 'aria-hidden': 'true'},
      svg('rect', {className: 'weight', width: share * 0.8, height: 10}))));
}

/** Losers and winners of conflicts that the flight recorder remembers. */
function losses(dump) {
  const counts = new Map();
  const seen = new Set();
  for (const entry of [...dump.retried, ...dump.failed, ...dump.slowest]) {
    if (seen.has(entry.command_id)) continue;
    seen.add(entry.command_id);
    for (const lost of entry.conflicts) {
      const key = JSON.stringify([entry.command_type, lost.winner_command_type, lost.stream]);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return [...counts].map(([key, count]) => [...JSON.parse(key), count])
    .sort((a, b) => b[3] - a[3]).slice(0, 50);
}

async function showLosses(app, place) {
  if (!app.info.has.recorder) return place.replaceChildren(nothing('There is no flight recorder.'));
  try {
    const rows = losses(await get('/api/commands'));
    return place.replaceChildren(rows.length ? table('Who lost to whom', [
      {title: 'Command', cell: ([loser]) => loser},
      {title: 'lost to', cell: ([, winner]) => winner || 'a command of unknown type'},
      {title: 'on', update: (td, [, , stream]) => fill(td, stream, () =>
        h('a', {href: eventsOf(stream)}, stream))},
      {title: 'times', numeric: true, cell: ([, , , count]) => whole(count)},
    ], rows) : nothing('Among the commands that the flight recorder remembers nobody lost a conflict.'));
  } catch (error) {
    app.fail(error);
    return place.replaceChildren(nothing(error.message));
  }
}

export default {
  id: 'streams',
  title: 'Hot streams',
  create(app) {
    let most = {writes: 0, conflicts: 0};
    const list = new LiveTable('Hot streams since the start', [
      {title: 'Stream', update: (td, row) => fill(td, row.stream, () =>
        h('a', {href: eventsOf(row.stream)}, row.stream))},
      {title: 'Conflicts', numeric: true, update: (td, row) => weight(td, row.conflicts, most.conflicts)},
      {title: 'Writes, at most', numeric: true, update: (td, row) => weight(td, row.writes, most.writes)},
      {title: 'and at least', numeric: true, cell: (row) => whole(row.writes - row.writes_error)},
      {title: 'Version', numeric: true, cell: (row) => whole(row.version)},
    ], (row) => row.stream);
    const empty = nothing('No stream has been written yet.');
    const place = h('div', {className: 'card'}, nothing('…'));
    showLosses(app, place);
    return {
      element: h('div', {}, h('h2', {}, 'Hot streams'), h('div', {className: 'card'}, list.element, empty),
        h('h2', {}, 'Conflicts'), place),
      live({hot_streams: streams = []}) {
        most = {writes: Math.max(0, ...streams.map((row) => row.writes)),
          conflicts: Math.max(0, ...streams.map((row) => row.conflicts))};
        list.update(streams);
        empty.hidden = streams.length > 0;
      },
    };
  },
};
