// Streams, and the events in them.

import {get} from './api.js';
import {bytes, fill, h, nothing, table, time, whole} from './dom.js';

const link = (text) => h('a', {href: '#/events?stream=' + encodeURIComponent(text)}, text);

/** Of JSON the indented form; numbers that would lose digits are left as they are stored. */
function pretty(payload) {
  try {
    const value = JSON.parse(payload);
    const text = JSON.stringify(value, null, 2);
    return text.replace(/\s/g, '').length === payload.replace(/\s/g, '').length ? text : payload;
  } catch {
    return payload;
  }
}

function payloadCell(td, row) {
  fill(td, String(row.position), () => {
    if (row.payload === undefined) return h('span', {className: 'dim'}, bytes(row.payload_bytes) + ', hidden');
    if (row.payload === null) return h('span', {className: 'dim'}, bytes(row.payload_bytes) + ', not shown');
    return h('details', {}, h('summary', {className: 'mono'}, row.payload.slice(0, 60) +
      (row.payload.length > 60 ? '…' : '')), h('pre', {className: 'mono'}, pretty(row.payload)),
    row.headers && Object.keys(row.headers).length > 0 &&
      h('pre', {className: 'mono'}, 'headers ' + JSON.stringify(row.headers, null, 2)));
  });
}

export function eventTable(caption, events, withStream = true) {
  return table(caption, [
    {title: 'Position', update: (td, row) => fill(td, String(row.position), () =>
      h('a', {href: '#/search?q=' + row.position, 'aria-label': 'Explain position ' + row.position},
        whole(row.position)))},
    {title: 'Time', cell: (row) => time(row.time)},
    ...(withStream ? [{title: 'Stream', update: (td, row) => fill(td, row.stream, () => link(row.stream))}]
      : []),
    {title: 'Version', numeric: true, cell: (row) => whole(row.version)},
    {title: 'Type', cell: (row) => row.type},
    {title: 'Command', cell: (row) => row.command ?? ''},
    {title: 'Payload', className: 'wrap', update: payloadCell},
  ], events, (row) => row.position);
}

export default {
  id: 'events',
  title: 'Events',
  create(app, parameters) {
    const streams = h('div', {className: 'card'}, nothing('…'));
    const events = h('div', {className: 'card'}, nothing('…'));
    const prefix = h('input', {id: 'prefix', type: 'search', spellcheck: 'false'});
    const stream = parameters.get('stream') ?? '';

    const loadStreams = async (after = '') => {
      try {
        const {streams: list, more} = await get('/api/streams',
          {prefix: prefix.value.trim(), after, limit: 30});
        const last = list[list.length - 1]?.stream;
        streams.replaceChildren(
          list.length ? table('Streams, by id', [
            {title: 'Stream', className: 'wrap', update: (td, row) =>
              fill(td, row.stream, () => link(row.stream))},
            {title: 'Events', numeric: true, cell: (row) => whole(row.version)},
          ], list, (row) => row.stream) : nothing('No stream begins like this.'),
          h('p', {className: 'buttons'}, after && h('button', {type: 'button',
            onclick: () => loadStreams()}, 'From the beginning'),
          more && h('button', {type: 'button', onclick: () => loadStreams(last)}, 'More streams')));
      } catch (error) {
        streams.replaceChildren(nothing(error.message));
        app.fail(error);
      }
    };

    const loadEvents = async (before) => {
      try {
        const answer = await get('/api/events', stream
          ? {stream, before_version: before, limit: 50} : {before, limit: 50});
        const list = answer.events;
        const last = list[list.length - 1];
        events.replaceChildren(
          list.length ? eventTable(stream ? `${stream}: version ${whole(answer.version)}, newest first`
            : `The log: ${whole(answer.head)} events, newest first`, list, !stream)
            : nothing(stream ? 'This stream has no events.' : 'The store has no events.'),
          h('p', {className: 'buttons'},
            h('button', {type: 'button', onclick: () => loadEvents()}, 'Newest'),
            answer.more && last && h('button', {type: 'button',
              onclick: () => loadEvents(stream ? last.version : last.position)}, 'Older')));
      } catch (error) {
        events.replaceChildren(nothing(error.message));
        app.fail(error);
      }
    };
    loadStreams();
    loadEvents();
    return {
      element: h('div', {}, h('h2', {}, stream ? 'Events of ' + stream : 'Events'),
        !app.info.access.payloads && nothing('Payloads are hidden: the service is not told to show them.'),
        h('div', {className: stream ? 'split chosen' : 'split'}, h('div', {}, h('form', {className: 'bar', onsubmit: (event) => {
          event.preventDefault();
          loadStreams();
        }}, h('div', {className: 'grow'}, h('label', {for: 'prefix'}, 'Streams that begin with'), prefix),
        h('button', {type: 'submit'}, 'List')), streams),
        h('div', {}, stream && h('p', {}, h('a', {href: '#/events'}, 'The whole log')), events))),
    };
  },
};
