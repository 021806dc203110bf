// Looks at a console with a browser, as console_browser_test.py tells it to.
//
// usage: node look.js MODULES CHROMIUM URL SCENARIO [ARGUMENT...]
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');
const zlib = require('node:zlib');

const [modules, program, url, scenario, ...rest] = process.argv.slice(2);
const {chromium} = require(path.join(modules, 'playwright-core'));
const axe = fs.readFileSync(path.join(modules, 'axe-core', 'axe.min.js'), 'utf8');

const kViews = ['overview', 'projections', 'streams', 'commands', 'events', 'search', 'system'];
const kPageBytesMax = 200_000;

/** What must not happen, and the sizes of what is not the API. */
class Witness {
  problems = [];
  sizes = new Map();
  expected = [];

  constructor(page) {
    this.page = page;
    page.on('console', (message) => {
      const text = message.text();
      if (['error', 'warning'].includes(message.type()) &&
          !this.expected.some((part) => text.includes(part))) {
        this.problems.push(`console ${message.type()}: ${text}`);
      }
    });
    page.on('pageerror', (error) => this.problems.push(`script: ${error.stack}`));
    page.on('request', (request) => {
      if (!request.url().startsWith(url)) this.problems.push(`request to ${request.url()}`);
    });
    page.on('response', async (response) => {
      if (response.url().includes('/api/')) return;
      try {
        this.sizes.set(response.url(), zlib.gzipSync(await response.body()).length);
      } catch {
        // The page was left meanwhile.
      }
    });
  }

  check(what) {
    assert.deepEqual(this.problems, [], what);
  }
}

async function open(browser, options = {}) {
  const context = await browser.newContext({viewport: {width: 1280, height: 860}, ...options});
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  return {page, witness: new Witness(page)};
}

const isLive = (page) => page.waitForSelector('#connection[data-state=live]');

async function go(page, view) {
  await page.goto(`${url}/#/${view}`);
  await page.waitForSelector(`nav a[data-view="${view.split('?')[0]}"][aria-current=page]`);
}

async function checkAccessibility(page, what) {
  // Through the protocol, which the page's policy does not bind.
  const violations = await page.evaluate(async (source) => {
    if (!window.axe) (0, eval)(source);
    const result = await window.axe.run(document);
    return result.violations.map((one) => `${one.id}: ${one.nodes[0].html} ${one.nodes[0].failureSummary}`);
  }, axe);
  assert.deepEqual(violations, [], `axe: ${what}`);
}

/** The page's policy forbids the driver's own way to wait for a condition. */
async function until(page, condition, argument) {
  for (const end = Date.now() + 30_000; !(await page.evaluate(condition, argument));) {
    assert.ok(Date.now() < end, `waited in vain for ${condition}`);
    await page.waitForTimeout(50);
  }
}

const text = (page, selector) => page.locator(selector).first().innerText();

const steps = {
  async overview(page) {
    await page.waitForSelector('.tile dd');
    await until(page, () => document.querySelectorAll('.plot path.s0')[0]?.getAttribute('d'));
    await page.waitForSelector('tbody th:text("place_order")');
    const total = () => text(page, 'tr:has(th:text-is("place_order")) td:last-child');
    const before = await total();
    await until(page, (then) => [...document.querySelectorAll('tr')].some((row) =>
      row.firstChild.textContent === 'place_order' && row.lastChild.textContent !== then), before);
    // Against a baseline that was a thousand times faster, as soon as there are enough samples.
    await page.waitForSelector('p:text("release 1, recorded ")');
    const judged = 'tr:has(th:text-is("avg latency ms"))';
    await page.waitForSelector(`${judged} .pill.bad:text-is("worse")`, {timeout: 60_000});
    // A chart is read with the keyboard too.
    const chart = page.locator('.plot').first();
    await chart.focus();
    await page.keyboard.press('Home');
    const first = await chart.getAttribute('aria-valuetext');
    assert.match(first, /^\d\d:\d\d:\d\d: commands [\d.]+, events [\d.,]+$/);
    await page.keyboard.press('End');
    assert.equal(await page.locator('.tip').first().isVisible(), true);
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('.tip').first().isVisible(), false);
    await page.click('button:text-is("24 h")');
    await page.click('button:text-is("5 min")');
  },
  async projections(page) {
    const row = page.locator('tbody tr').first();
    await row.waitFor();
    const name = await row.locator('th').innerText();
    for (const [button, state] of [['Pause', 'paused'], ['Resume', 'caught up']]) {
      await row.locator(`button:text-is("${button}")`).click();
      await page.waitForSelector('#confirm-dialog[open]');
      assert.ok((await text(page, '#confirm-title')).includes(name));
      await checkAccessibility(page, 'a question');
      await page.click(`#confirm-yes:text-is("${button}")`);
      await row.locator(`.pill:text-is("${state}")`).waitFor();
    }
    // Nothing happens to who says no.
    await row.locator('button:text-is("Pause")').click();
    await page.keyboard.press('Escape');
    assert.ok((await text(page, '[role=status].notice')).includes('resumes'));
  },
  async streams(page) {
    await page.waitForSelector('tbody th a');
    assert.match(await text(page, 'tbody th a'), /^(product|customer)-/);
  },
  async commands(page) {
    await page.click('tbody button.row');
    await page.waitForSelector('.waterfall rect.p-append');
    assert.match(await page.getAttribute('.waterfall', 'aria-label'), /append [\d.]+ [mµ]?s/);
    await page.click('button:text-is("Most attempts")');
  },
  async events(page) {
    await page.waitForSelector('td:has-text("hidden")');
    await page.fill('#prefix', 'product-');
    await page.click('button:text-is("List")');
    await until(page, () => [...document.querySelectorAll('.split > :first-child tbody a')]
      .every((link) => link.textContent.startsWith('product-')));
    await page.locator('.split > :first-child tbody a').first().click();
    await page.waitForSelector('h2:has-text("Events of product-")');
    await page.waitForSelector('caption:has-text("newest first")');
  },
  async search(page) {
    await page.fill('#q', '5');
    await page.keyboard.press('Enter');
    await page.waitForSelector('caption:text-is("What it wrote")');
    await page.locator('dd a').first().click();  // its command id
    await page.waitForSelector('[role=status]:has-text("As a command id: 1 command")');
    await page.fill('#q', 'nobody knows it');
    await page.click('button:text-is("Explain")');
    await page.waitForSelector('[role=status]:has-text("nothing is found")');
  },
  async system(page) {
    await page.waitForSelector('tbody th:text-is("store:reads")');
    await page.fill('#filter', 'error,shop=info');
    await page.click('button:text-is("Set")');
    await page.waitForSelector('[role=status]:has-text("shop=info")');
    await page.fill('#filter', 'nonsense');
    await page.click('button:text-is("Set")');
    await page.waitForSelector('[role=status].bad');
  },
};

async function looksAtEveryView(browser) {
  const {page, witness} = await open(browser);
  witness.expected.push('400 (Bad Request)');  // to a filter that is none
  await page.goto(url);
  await isLive(page);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
  for (const view of kViews) {
    await go(page, view);
    await steps[view](page);
    for (const [width, colorScheme] of [[1280, 'light'], [1280, 'dark'], [360, 'light']]) {
      await page.setViewportSize({width, height: 860});
      await page.emulateMedia({colorScheme});
      await checkAccessibility(page, `${view}, ${width} px, ${colorScheme}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${view} is ${wide} px wider than a screen of ${width}`);
    }
    await page.setViewportSize({width: 1280, height: 860});
    witness.check(view);
  }
  const bytes = [...witness.sizes.values()].reduce((sum, size) => sum + size, 0);
  assert.ok(witness.sizes.size > 10, 'too few files are measured');
  assert.ok(bytes <= kPageBytesMax, `the page is ${bytes} bytes`);
  console.log(`page ${bytes} bytes gzipped`);
}

async function enter(page, token) {
  await page.waitForSelector('#token-dialog[open]');
  await page.fill('#token-input', token);
  await page.click('button:text-is("Use it")');
}

async function asksForTokens(browser, [reader, operator]) {
  const {page, witness} = await open(browser);
  witness.expected.push('401', '403');
  const urls = [];
  page.on('request', (request) => urls.push(request.url()));
  await page.goto(url);
  await page.waitForSelector('#token-dialog[open]');
  await checkAccessibility(page, 'the question for a token');
  await enter(page, reader.split('').reverse().join(''));
  await page.waitForSelector('#token-why:has-text("wrong")');
  await enter(page, reader);
  await isLive(page);
  await go(page, 'events');
  await page.waitForSelector('.notice:has-text("operator")');
  await checkAccessibility(page, 'what a reader may not see');
  await page.click('button:text-is("Enter it")');
  await enter(page, operator);
  await page.waitForSelector('caption:has-text("The log")');
  const kept = await page.evaluate(() => [Object.values(sessionStorage), Object.keys(localStorage),
    document.cookie, location.href]);
  assert.ok(kept[0].includes(operator));
  assert.deepEqual(kept.slice(1, 3), [[], '']);
  for (const seen of [...urls, kept[3]]) {
    assert.ok(!seen.includes(operator) && !seen.includes(reader), seen);
  }
  witness.check('tokens');
}

async function survivesALostConnection(browser) {
  const {page, witness} = await open(browser);
  witness.expected.push('net::ERR', '503');
  const told = readline.createInterface({input: process.stdin})[Symbol.asyncIterator]();
  await page.goto(url);
  await isLive(page);
  await until(page, () => document.querySelector('.tile dd span').textContent !== '–');
  console.log('live');
  assert.equal((await told.next()).value, 'gone');
  await page.waitForSelector('#connection[data-state=lost]');
  assert.match(await text(page, '#lost'), /What is shown is of \d\d:\d\d:\d\d\. Trying again/);
  assert.notEqual(await text(page, '.tile dd span'), '–', 'what was known is gone');
  await checkAccessibility(page, 'without a connection');
  console.log('lost');
  assert.equal((await told.next()).value, 'back');
  await isLive(page);
  assert.equal(await page.locator('#lost').isVisible(), false);
  witness.check('a lost connection');
}

/** For the guide. */
async function takesPictures(browser, [folder]) {
  const {page} = await open(browser, {viewport: {width: 1180, height: 800}});
  const shoot = (name) => page.screenshot({path: path.join(folder, `console-${name}.png`)});
  await page.goto(url);
  await isLive(page);
  await page.waitForTimeout(1500);
  await shoot('overview');
  await go(page, 'commands');
  await page.click('tbody button.row');
  await page.locator('h3').last().scrollIntoViewIfNeeded();
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  await shoot('command');
  await page.emulateMedia({colorScheme: 'dark'});
  await go(page, 'projections');
  await page.waitForSelector('tbody tr');
  await page.setViewportSize({width: 1180, height: 420});
  await shoot('projections');
}

(async () => {
  const browser = await chromium.launch({
    executablePath: program, args: ['--no-sandbox', '--disable-dev-shm-usage']});
  try {
    await {views: looksAtEveryView, tokens: asksForTokens, lost: survivesALostConnection,
      pictures: takesPictures}[scenario](browser, rest);
  } finally {
    await browser.close();
  }
  process.exit(0);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
