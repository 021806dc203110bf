// How far the service is from its baseline.

import {get} from './api.js';
import {fill, h, LiveTable, number, percent, pill, setText, time, whole} from './dom.js';

const kEveryTexts = 10;  // of the live stream; a comparison is made again after ten snapshots

function verdict(row) {
  return row.better === 'neither' ? 'not judged' : pill(row.verdict);
}

/// Calls `fail` when the comparison can't be had.
export function baselineCard(fail) {
  const summary = h('p');
  const table = new LiveTable('Measures', [
    {title: 'Measure', cell: (row) => row.measure.replaceAll('_', ' ')},
    {title: 'Verdict', update: (td, row) => fill(td, row.verdict, () => verdict(row))},
    {title: 'Baseline', numeric: true, cell: (row) => number(row.before)},
    {title: 'Now', numeric: true, cell: (row) => number(row.now)},
    {title: 'Change', numeric: true, cell: (row) => percent(row.change)},
    {title: 'Between', numeric: true,
      cell: (row) => percent(row.change_low) + ' and ' + percent(row.change_high)},
    {title: 'Samples', numeric: true, cell: (row) => whole(row.samples_now)},
  ], (row) => row.measure);
  const load = async () => {
    const now = await get('/api/baseline');
    setText(summary, `${now.name || 'The baseline'}, recorded ${time(now.recorded_at)}: in all ` +
      `${now.verdict.replaceAll('_', ' ')}.`);
    table.update(now.measures);
  };
  let texts = 0;
  load().catch(fail);
  return {
    element: h('div', {className: 'card'}, summary, table.element),
    /// To be called with each text of the live stream.
    live() {
      if (++texts % kEveryTexts === 0) load().catch(() => {});
    },
  };
}
