// How the service does now, and where it is heading.

import {get} from './api.js';
import {baselineCard} from './baseline.js';
import {Chart, sparkline} from './charts.js';
import {duration, h, LiveTable, ms, number, percent, setText, whole} from './dom.js';

const kRanges = {
  '5 min': {of: 'seconds', span: 3e5, gap: 3500},
  '15 min': {of: 'seconds', span: 9e5, gap: 3500},
  '24 h': {of: 'minutes', span: 8.64e7, gap: 150000},
};
const kTiles = [
  ['Commands', 'commands_per_second', '/s', number],
  ['Events', 'events_per_second', '/s', number],
  ['Latency p95', 'p95_latency_ms', 'ms', number],
  ['Errors', 'error_rate', '', percent],
  ['Conflicts', 'conflicts_per_second', '/s', number],
  ['Refusals', 'rejections_per_second', '/s', number],
  ['Append queue', 'append_queue_depth', 'batches', number],
  ['Commit p95', 'p95_commit_ms', 'ms', number],
  ['Projection lag', 'projection_lag_seconds', '', duration],
  ['Active streams', 'active_streams', '', whole],
  ['Memory', 'memory_mib', 'MiB', number],
];
const kTrends = [['throughput', 'Throughput'], ['latency', 'Latency'], ['p95_latency', 'Latency p95'],
  ['error_rate', 'Errors'], ['conflicts', 'Conflicts'], ['memory', 'Memory']];

function charts() {
  return [
    new Chart('Throughput, a second', [{name: 'commands', key: 'commands_per_second'},
      {name: 'events', key: 'events_per_second'}]),
    new Chart('Latency of commands', [{name: 'p50', key: 'p50_latency_ms'},
      {name: 'p95', key: 'p95_latency_ms'}, {name: 'p99', key: 'p99_latency_ms'}], ms),
    new Chart('Conflicts, refusals and retries, a second', [
      {name: 'conflicts', key: 'conflicts_per_second'},
      {name: 'refusals', key: 'rejections_per_second'}, {name: 'retries', key: 'retries_per_second'}]),
    new Chart('Commit of a group', [{name: 'average', key: 'avg_commit_ms'},
      {name: 'p95', key: 'p95_commit_ms'}], ms),
    new Chart('Append queue, batches', [{name: 'queued', key: 'append_queue_depth'}]),
    new Chart('Lag of the slowest projection', [{name: 'lag', key: 'projection_lag_seconds'}], duration),
  ];
}

function commandTable() {
  return new LiveTable('Commands by type', [
    {title: 'Command', cell: (row) => row.command_type},
    {title: 'a second', numeric: true, cell: (row) => number(row.per_second)},
    {title: 'p50', numeric: true, cell: (row) => ms(row.p50_ms)},
    {title: 'p95', numeric: true, cell: (row) => ms(row.p95_ms)},
    {title: 'p99', numeric: true, cell: (row) => ms(row.p99_ms)},
    {title: 'errors/s', numeric: true, cell: (row) => number(row.errors_per_second)},
    {title: 'refused/s', numeric: true, cell: (row) => number(row.rejections_per_second)},
    {title: 'conflicts/s', numeric: true, cell: (row) => number(row.conflicts_per_second)},
    {title: 'retries/s', numeric: true, cell: (row) => number(row.retries_per_second)},
    {title: 'in all', numeric: true, cell: (row) => whole(row.total)},
  ], (row) => row.command_type);
}

function outcomeTable() {
  return new LiveTable('How commands ended', [
    {title: 'Outcome', cell: ([name]) => name.replaceAll('_', ' ')},
    {title: 'a second', numeric: true, cell: ([, one]) => number(one.per_second)},
    {title: 'in all', numeric: true, cell: ([, one]) => whole(one.total)},
  ], ([name]) => name);
}

function trendTable() {
  const word = (finding) => finding.trend.replaceAll('_', ' ');
  const known = (finding, text) => (finding.trend === 'insufficient_data' ? '–' : text(finding));
  return new LiveTable('Trends of the last 10 minutes', [
    {title: 'Measure', cell: ([name]) => name},
    {title: 'Trend', update: (td, [, finding]) => {
      td.className = {increasing: 'up', decreasing: 'down', stable: 'flat'}[finding.trend] ?? '';
      setText(td, word(finding));
    }},
    {title: 'Change', numeric: true, cell: ([, finding]) => known(finding, (one) => percent(one.change))},
    {title: 'Certainty', numeric: true,
      cell: ([, finding]) => known(finding, (one) => percent(one.confidence))},
  ], ([name]) => name);
}

function tiles() {
  const made = kTiles.map(([title, key, unit, format]) => {
    const value = h('span', {}, '–');
    const spark = sparkline();
    return {key, value, spark, format, element: h('div', {className: 'card tile'}, h('dt', {}, title),
      h('dd', {}, value, h('span', {className: 'unit'}, unit), spark.element))};
  });
  return {
    element: h('dl', {className: 'tiles'}, made.map((tile) => tile.element)),
    update(snapshot, history) {
      for (const tile of made) {
        setText(tile.value, tile.format(snapshot?.[tile.key]));
        tile.spark.update(history.time_unix_ms ?? [], history[tile.key] ?? [], kRanges['5 min']);
      }
    },
  };
}

export default {
  id: 'overview',
  title: 'Overview',
  create(app) {
    const top = tiles();
    const plots = charts();
    const commands = commandTable();
    const outcomes = outcomeTable();
    const trends = trendTable();
    const baseline = app.info.has.baseline ? baselineCard(app.fail) : null;
    const summary = h('p');
    let range = '5 min';
    let minutes = null;
    const draw = () => {
      const of = kRanges[range];
      const history = of.of === 'seconds' ? app.history : minutes ?? {};
      for (const plot of plots) plot.update(history, of);
    };
    const loadMinutes = async () => {
      minutes = (await get('/api/history', {of: 'minutes', limit: 1440})).series;
      draw();
    };
    const buttons = Object.keys(kRanges).map((name) => h('button', {type: 'button',
      'aria-pressed': String(name === range), onclick: () => {
        range = name;
        for (const button of buttons) {
          button.setAttribute('aria-pressed', String(button.textContent === name));
        }
        if (kRanges[name].of === 'minutes') loadMinutes().catch(app.fail);
        draw();
      }}, name));
    let seen = 0;
    return {
      element: h('div', {}, h('h2', {}, 'Now'), top.element,
        h('h2', {}, 'Over time'), h('div', {className: 'bar', role: 'group', 'aria-label': 'Range'},
          buttons), summary, h('div', {className: 'charts'}, plots.map((plot) => plot.element)),
        h('h2', {}, 'Commands'), h('div', {className: 'card'}, commands.element),
        h('div', {className: 'charts'}, h('div', {className: 'card'}, outcomes.element),
          h('div', {className: 'card'}, trends.element)),
        baseline && [h('h2', {}, 'Against the baseline'), baseline.element]),
      live(overview) {
        if (baseline) baseline.live();
        top.update(overview.snapshot, app.history);
        commands.update(overview.commands ?? []);
        outcomes.update(Object.entries(overview.outcomes ?? {}).filter(([, one]) => one.total > 0));
        if (overview.trends) {
          setText(summary, overview.trends.summary);
          trends.update(kTrends.map(([key, name]) => [name, overview.trends[key]]));
        }
        if (kRanges[range].of === 'seconds') draw();
        else if (++seen % 60 === 0) loadMinutes().catch(() => {});
      },
    };
  },
};
