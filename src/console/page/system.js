// Health of the service, and the level of its log.

import {get, post} from './api.js';
import {bytes, facts, fill, h, LiveTable, nothing, number, pill, setText, time} from './dom.js';

const kLevels = ['error', 'warn', 'info', 'debug', 'trace', 'off'];

function observed(row) {
  if (row.observed === null) return '–';
  if (row.unit === 'version') return 'version ' + row.observed;
  return row.unit === 'bytes' ? bytes(row.observed) : number(row.observed) + ' ' + row.unit;
}

function logForm(app) {
  const input = h('input', {id: 'filter', spellcheck: 'false', autocomplete: 'off'});
  const said = h('p', {role: 'status'});
  const set = async (filter) => {
    try {
      const answer = await post('/api/log', {filter});
      input.value = answer.filter;
      said.className = 'notice good';
      setText(said, 'The log writes ' + answer.filter + ' from now on.');
    } catch (error) {
      said.className = 'notice bad';
      setText(said, error.message);
      app.fail(error);
    }
  };
  get('/api/log').then(({filter}) => { input.value = filter; }, app.fail);
  const can = app.info.access.actions || app.couldOperate();
  return h('div', {className: 'card'}, h('form', {className: 'bar', onsubmit: (event) => {
    event.preventDefault();
    set(input.value.trim());
  }}, h('div', {className: 'grow'},
    h('label', {for: 'filter'}, 'Filter: a level, or targets as in warn,shop=debug'), input),
  can && h('button', {type: 'submit', className: 'primary'}, 'Set')),
  can && h('div', {className: 'bar', role: 'group', 'aria-label': 'Levels for all targets'},
    kLevels.map((level) => h('button', {type: 'button', onclick: () => set(level)}, level))), said);
}

export default {
  id: 'system',
  title: 'Health & log',
  create(app) {
    const status = h('p');
    const checks = new LiveTable('Checks', [
      {title: 'Check', cell: (row) => row.name},
      {title: 'Status', update: (td, row) => fill(td, row.status, () => pill(row.status))},
      {title: 'Observed', numeric: true, cell: observed},
      {title: 'For', cell: (row) => row.scope.join(', ') || 'information'},
      {title: 'Looked at', cell: (row) => time(row.time)},
      {title: 'Says', className: 'wrap', cell: (row) => row.output},
    ], (row) => row.name);
    const {info} = app;
    return {
      element: h('div', {}, h('h2', {}, 'Health'),
        info.has.health ? h('div', {className: 'card'}, status, checks.element)
          : nothing('This service has no health checks.'),
        h('h2', {}, 'Log'), info.has.log ? logForm(app) : nothing('The log can’t be changed from here.'),
        h('h2', {}, 'Service'), h('div', {className: 'card'}, facts([['Name', info.title],
          ['Version', info.version], ['Started', time(info.started_at)],
          ['Store', info.store && info.store.location], ['Durability', info.store && info.store.durability],
          ['You may', ['read', info.access.operate && 'look at events',
            info.access.actions && 'act'].filter(Boolean).join(', ')]]))),
      live({health}) {
        if (!health) return;
        fill(status, health.status, () => h('span', {}, 'In all: ', pill(health.status)));
        checks.update(health.checks);
      },
    };
  },
};
