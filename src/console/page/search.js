// How events came about: the view of `eventcore explain`.

import {get} from './api.js';
import {facts, fill, h, nothing, table, time, whole} from './dom.js';
import {eventTable} from './events.js';

const find = (text) => h('a', {href: '#/search?q=' + encodeURIComponent(text)}, text);
const streamLink = (stream) => h('a', {href: '#/events?stream=' + encodeURIComponent(stream)}, stream);

function readTable(one) {
  return table('What it had read', [
    {title: 'Stream', update: (td, row) => fill(td, row.stream, () => streamLink(row.stream))},
    {title: 'Version', numeric: true, cell: (row) => whole(row.version)},
    {title: 'Wrote', numeric: true, cell: (row) => (row.written ? whole(row.written) : '–')},
    {title: 'Version after', numeric: true, cell: (row) => whole(row.version_after)},
  ], one.reads);
}

function interferenceTable(one) {
  if (one.interference.length === 0) return nothing('Nobody interfered.');
  return table('Who was faster in attempts that failed', [
    {title: 'Stream', cell: (row) => row.stream},
    {title: 'Expected', numeric: true, cell: (row) => whole(row.expected_version)},
    {title: 'Found', numeric: true, cell: (row) => whole(row.actual_version)},
    {title: 'Winner', cell: (row) => row.winner_command || 'unknown'},
    {title: 'At position', update: (td, row) => fill(td, String(row.winner_position), () =>
      (row.winner_position ? find(String(row.winner_position)) : document.createTextNode('–')))},
  ], one.interference);
}

function explanation(one) {
  const span = one.last_position > one.first_position
    ? `${whole(one.first_position)} to ${whole(one.last_position)}` : whole(one.first_position);
  return h('section', {className: 'card'}, h('h3', {}, one.command || 'A command without a type'),
    facts([['Time', time(one.time)], ['Positions', span], ['Attempts', whole(one.attempts)],
      ['Command id', find(one.command_id)], ['Idempotency key', one.idempotency_key],
      ['Correlation', one.correlation_id && find(one.correlation_id)],
      ['Causation', one.causation_id], ['Trace', one.trace_id && find(one.trace_id)],
      ['Applied by', one.applied_by.join(', ') || '–'],
      ['Not yet by', one.awaited_by.join(', ') || '–']]),
    one.reads.length > 0 && readTable(one), interferenceTable(one),
    eventTable('What it wrote', one.events));
}

export default {
  id: 'search',
  title: 'Search',
  create(app, parameters) {
    const wanted = parameters.get('q') ?? '';
    const input = h('input', {id: 'q', type: 'search', value: wanted, spellcheck: 'false',
      autocomplete: 'off'});
    const said = h('p', {role: 'status'});
    const found = h('div');
    const search = async (after) => {
      said.replaceChildren('Searching …');
      try {
        const answer = await get('/api/explain', {q: wanted, after});
        const kind = answer.kind.replaceAll('_', ' ');
        const count = answer.explanations.length;
        const left = answer.searched_to < answer.head;
        said.replaceChildren(count ? `As a ${kind}: ${count} command${count === 1 ? '' : 's'}. `
          : `As a ${kind} nothing is found${left ? ' so far' : ''}. `,
        left ? `Searched up to position ${whole(answer.searched_to)} of ${whole(answer.head)}.` : '');
        found.append(...answer.explanations.map(explanation));
        if (left) {
          const more = h('button', {type: 'button', onclick: () => {
            more.remove();
            search(answer.searched_to);
          }}, 'Search on');
          found.append(more);
        }
      } catch (error) {
        said.replaceChildren(error.message);
        app.fail(error);
      }
    };
    if (wanted) search(parameters.get('after') ?? undefined);
    return {
      element: h('div', {}, h('h2', {}, 'Search'), h('form', {className: 'bar', onsubmit: (event) => {
        event.preventDefault();
        const text = input.value.trim();
        if (text) app.go('#/search?q=' + encodeURIComponent(text));
      }}, h('div', {className: 'grow'}, h('label', {for: 'q'},
        'Position, command id, event id, trace id, correlation id or idempotency key'), input),
      h('button', {type: 'submit', className: 'primary'}, 'Explain')), said, found),
    };
  },
};
