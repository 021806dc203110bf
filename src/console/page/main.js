// The page: which view is shown, who may look, and whether the service is there.

import {ApiError, get, Live, token} from './api.js';
import {h, nothing, setText} from './dom.js';
import commands from './commands.js';
import events from './events.js';
import overview from './overview.js';
import projections from './projections.js';
import search from './search.js';
import streams from './streams.js';
import system from './system.js';

const kViews = [overview, projections, streams, commands, events, search, system];
const kHistoryMax = 900;
const $ = (id) => document.getElementById(id);

const app = {
  info: null,
  overview: null,
  history: {},
  /** Whether another token could do what this one can't. */
  couldOperate: () => !app.info.access.operate,
  go(hash) {
    if (location.hash === hash) show();
    else location.hash = hash;
  },
  /** An error that the view has told already; a token may mend it. */
  fail(error) {
    if (error instanceof ApiError && error.status === 401 && !declined) askToken(error.message);
  },
  confirm(title, text, yes) {
    setText($('confirm-title'), title);
    setText($('confirm-text'), text);
    setText($('confirm-yes'), yes);
    const dialog = $('confirm-dialog');
    dialog.returnValue = 'no';
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), {once: true});
    });
  },
};

const live = new Live();
let view = null;
let heard = null;
let declined = false;  // to enter a token; not asked again before somebody wants to

function askToken(why) {
  const dialog = $('token-dialog');
  if (dialog.open) return;
  setText($('token-why'), why);
  $('token-input').value = '';
  dialog.returnValue = '';
  dialog.showModal();
}

function connection(state, text) {
  const place = $('connection');
  place.dataset.state = state;
  setText(place, text);
}

function show() {
  if (!app.info) return;
  const [path, query] = location.hash.replace(/^#\/?/, '').split('?');
  const there = kViews.filter(isThere);
  const chosen = there.find((one) => one.id === path) ?? there[0];
  for (const link of $('views').querySelectorAll('a')) {
    if (link.dataset.view === chosen.id) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  document.title = chosen.title + ' – ' + app.info.title;
  const needs = ['streams', 'commands', 'events', 'search'];
  view = chosen.create(app, new URLSearchParams(query ?? ''));
  $('main').replaceChildren(...(needs.includes(chosen.id) && !app.info.access.operate
    ? [operatorNotice()] : []), view.element);
  if (app.overview) view.live?.(app.overview);
}

/** A store alone has no commands. */
function isThere(one) {
  const needs = {overview: 'monitor', streams: 'metrics', commands: 'recorder'}[one.id];
  return !needs || app.info.has[needs];
}

function showViews() {
  $('views').replaceChildren(...kViews.filter(isThere).map((one) => h('li', {},
    h('a', {href: '#/' + one.id, 'data-view': one.id}, one.title))));
}

function operatorNotice() {
  return h('p', {className: 'notice'}, 'Events and details take the operator’s token. ',
    h('button', {type: 'button', onclick: () => askToken('The operator’s token, please.')},
      'Enter it'));
}

function remember(snapshot) {
  if (!snapshot) return;
  const times = app.history.time_unix_ms;
  if (times && times[times.length - 1] >= snapshot.time_unix_ms) return;
  for (const [key, value] of Object.entries(snapshot)) {
    const list = (app.history[key] ??= []);
    list.push(value);
    if (list.length > kHistoryMax) list.splice(0, list.length - kHistoryMax);
  }
}

/** Who is there, and what happened before: at the beginning, and whenever the connection is new. */
async function begin() {
  const before = app.info;
  app.info = await get('/api/info');
  if (app.info.has.monitor) {
    app.history = (await get('/api/history', {limit: kHistoryMax})).series;
  }
  setText($('title'), app.info.title);
  const {store} = app.info;
  setText($('store'), (app.info.version ? app.info.version + ', ' : '') +
    (store ? store.location : 'the store is being opened'));
  const changed = JSON.stringify([before?.access, before?.has, before?.store]) !==
    JSON.stringify([app.info.access, app.info.has, app.info.store]);
  if (!changed) return;
  showViews();
  show();
}

function restart() {
  begin().then(() => live.start(), (error) => {
    if (!app.info) $('main').replaceChildren(nothing(error.message));
    app.fail(error);
    if (error.status !== 401) setTimeout(restart, 2000);
    lost(error);
  });
}

function lost(error) {
  connection('lost', 'not connected');
  const age = heard ? ' What is shown is of ' + heard.toLocaleTimeString('en-GB') + '.' : '';
  setText($('lost'), error.message + age +
    (error.status === 401 || error.status === 403 ? '' : ' Trying again …'));
  $('lost').hidden = false;
}

live.addEventListener('lost', ({detail}) => {
  lost(detail);
  app.fail(detail);
});

live.addEventListener('overview', ({detail}) => {
  const is_back = $('connection').dataset.state !== 'live';
  app.overview = detail;
  heard = new Date();
  remember(detail.snapshot);
  if (is_back) {
    connection('live', 'live');
    $('lost').hidden = true;
    begin().catch(() => {});
  }
  if (!app.info.store && detail.head !== undefined) begin().catch(() => {});
  view?.live?.(detail);
});

function setTheme(theme) {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  sessionStorage.setItem('eventcore-theme', theme);
  setText($('theme'), 'Theme: ' + theme);
}

$('theme').addEventListener('click', () => {
  const themes = ['system', 'light', 'dark'];
  const now = themes.indexOf(sessionStorage.getItem('eventcore-theme') ?? 'system');
  setTheme(themes[(now + 1) % themes.length]);
});
$('token').addEventListener('click', () =>
  askToken(token.get() ? 'A token is in use.' : 'No token is in use.'));
$('token-cancel').addEventListener('click', () => $('token-dialog').close());
$('token-dialog').addEventListener('close', () => {
  const {returnValue} = $('token-dialog');
  if (returnValue === 'use') token.set($('token-input').value.trim());
  else if (returnValue === 'forget') token.set('');
  declined = returnValue !== 'use';
  if (returnValue === '') return;
  $('token-input').value = '';
  restart();
});
document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  $('main').focus();
});
window.addEventListener('hashchange', () => {
  show();
  window.scrollTo(0, 0);
});
setTheme(sessionStorage.getItem('eventcore-theme') ?? 'system');
restart();
