// Projections: how far they are, and what can be done about it.

import {get, post} from './api.js';
import {duration, fill, h, LiveTable, nothing, pill, setText, table, time, whole} from './dom.js';

const path = (name, action) => '/api/projections/' + encodeURIComponent(name) + '/' + action;

function leaderOf(row) {
  if (row.here && row.leader) return 'this process';
  if (row.lease.state === 'held') return row.lease.holder;
  return row.lease.state === 'expired' ? 'nobody since ' + time(row.lease.expires) : 'nobody';
}

function requestsOf(row) {
  const requests = [];
  if (row.reset_to !== null) requests.push('reset to ' + row.reset_to);
  if (row.rebuild_until !== null) requests.push('rebuild until ' + row.rebuild_until);
  if (row.skip !== null) requests.push('skip ' + row.skip);
  if (row.replays) requests.push(row.replays + ' to replay');
  return requests.join(', ');
}

function stateCell(td, row) {
  const progress = row.progress;
  const identity = [row.state, progress && Math.round(progress.ratio * 100), requestsOf(row),
    row.last_error].join('|');
  fill(td, identity, () => h('div', {}, pill(row.beyond_head ? 'beyond_head' : row.state),
    progress && h('div', {}, h('progress', {max: 1, value: progress.ratio,
      'aria-label': 'Replayed of ' + row.name}),
    ' ' + Math.round(progress.ratio * 100) + ' %, ' + duration(progress.left_seconds) + ' left'),
    requestsOf(row) && h('div', {className: 'dim'}, requestsOf(row)),
    row.last_error && h('div', {className: 'dim'}, 'last error: ' + row.last_error)));
}

class Actions {
  constructor(app, said) {
    this.app = app;
    this.said = said;
  }

  async act(name, action, question, done) {
    if (!(await this.app.confirm(...question))) return;
    try {
      const answer = await post(path(name, action));
      this.said.className = 'notice good';
      setText(this.said, done(answer));
    } catch (error) {
      this.said.className = 'notice bad';
      setText(this.said, name + ': ' + error.message);
      this.app.fail(error);
    }
  }

  cell(td, row) {
    const letters = row.dead_letters - row.replays;
    const identity = row.paused + '|' + letters + '|' + row.state + '|' + this.app.info.access.actions;
    fill(td, identity, () => {
      const name = row.name;
      const button = (text, onclick) => h('button', {type: 'button', onclick,
        'aria-label': text + ': ' + name, disabled: !this.app.info.access.operate &&
          !this.app.couldOperate()}, text);
      const can_resume = row.paused || row.state === 'faulted';
      return h('div', {className: 'bar'},
        can_resume
          ? button('Resume', () => this.act(name, 'resume', ['Resume ' + name + '?',
            'It goes on at position ' + whole(row.position + 1) + '.', 'Resume'],
          () => name + ' resumes within a second.'))
          : button('Pause', () => this.act(name, 'pause', ['Pause ' + name + '?',
            'It stops where it is, in whichever process it runs; what reads it falls behind.', 'Pause'],
          () => name + ' pauses within a second.')),
        letters > 0 && button('Replay ' + letters, () => this.act(name, 'replay-dead-letters',
          ['Replay dead letters of ' + name + '?', letters + ' parked events are applied again.',
            'Replay'],
          (answer) => answer.replaying + ' dead letters of ' + name + ' are applied again.')));
    });
  }
}

async function showLetters(app, place, name) {
  place.replaceChildren(h('h2', {}, 'Dead letters of ' + name), nothing('…'));
  try {
    const {dead_letters: list, more} = await get('/api/dead-letters', {projection: name});
    place.replaceChildren(h('h2', {}, 'Dead letters of ' + name),
      list.length ? table('Dead letters' + (more ? ' (the first 100)' : ''), [
        {title: 'Position', update: (td, row) => fill(td, String(row.position), () =>
          h('a', {href: '#/search?q=' + row.position}, whole(row.position)))},
        {title: 'State', update: (td, row) => fill(td, row.state, () => pill(row.state))},
        {title: 'Reason', cell: (row) => row.reason.replaceAll('_', ' ')},
        {title: 'Attempts', numeric: true, cell: (row) => whole(row.attempts)},
        {title: 'Last failure', cell: (row) => time(row.last_failure)},
        {title: 'Message', className: 'wrap', cell: (row) => row.message},
      ], list, (row) => row.position) : nothing('There are none.'));
  } catch (error) {
    place.replaceChildren(nothing(error.message));
    app.fail(error);
  }
}

export default {
  id: 'projections',
  title: 'Projections',
  create(app) {
    const said = h('p', {role: 'status'});
    const letters = h('div');
    const actions = new Actions(app, said);
    const stale = h('p', {className: 'notice', hidden: true});
    const list = new LiveTable('Projections of the store', [
      {title: 'Projection', cell: (row) => row.name},
      {title: 'State', update: stateCell},
      {title: 'Behind', numeric: true, cell: (row) => (row.lag_events
        ? whole(row.lag_events) + ' events, ' + duration(row.lag_seconds) : 'nothing')},
      {title: 'Checkpoint', numeric: true, cell: (row) => whole(row.position)},
      {title: 'Led by', className: 'wrap', cell: leaderOf},
      {title: 'Dead letters', numeric: true, update: (td, row) => fill(td, String(row.dead_letters),
        () => (row.dead_letters
          ? h('button', {type: 'button', className: 'row', 'aria-label': 'Dead letters of ' + row.name,
            onclick: () => showLetters(app, letters, row.name)}, whole(row.dead_letters))
          : document.createTextNode('0')))},
      ...(app.info.access.actions || app.couldOperate()
        ? [{title: 'Actions', update: (td, row) => actions.cell(td, row)}] : []),
    ], (row) => row.name);
    const empty = nothing('The store has no projections.');
    return {
      element: h('div', {}, h('h2', {}, 'Projections'), stale, said,
        h('div', {className: 'card'}, list.element, empty), letters),
      live({projections}) {
        list.update(projections.list);
        empty.hidden = projections.list.length > 0;
        setText(empty, projections.known ? 'The store has no projections.' : 'The store is being asked.');
        stale.hidden = !projections.error && projections.age_seconds < 5;
        if (!stale.hidden) {
          setText(stale, 'The store does not say how far they are' +
            (projections.error ? ' (' + projections.error.replaceAll('_', ' ') + ')' : '') +
            (projections.known ? '; this is ' + duration(projections.age_seconds) + ' old.' : '.'));
        }
      },
    };
  },
};
