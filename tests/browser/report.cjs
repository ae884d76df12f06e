// Checks the HTML report in a browser: report.cjs FILE [SCREENSHOT-FOLDER]
//
// Checks light, dark and phone width; search, filter, links, and the difference side by side. The page
// must load nothing else. Then the same page as Jenkins serves it, without scripts and inline styles.
const assert = require('node:assert/strict');
const { readFileSync } = require('node:fs');
const { createServer } = require('node:http');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');
const { launch } = require('./launch.cjs');

const LOOKS = [
  ['light', { viewport: { width: 1280, height: 900 }, colorScheme: 'light' }],
  ['dark', { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' }],
  ['phone', { viewport: { width: 360, height: 740 }, colorScheme: 'light' }],
];

// https://www.jenkins.io/doc/book/security/configuring-content-security-policy/
const JENKINS = "sandbox; default-src 'none'; img-src 'self'; style-src 'self'";

async function main(file, screenshots) {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': JENKINS });
    response.end(readFileSync(file));
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const served = `http://127.0.0.1:${server.address().port}/`;
  const browser = await launch();
  try {
    for (const [from, url, works] of [['file', pathToFileURL(file).href, worksWhole], ['jenkins', served, worksBare]]) {
      const grounds = {};
      for (const [look, settings] of LOOKS) {
        const page = await (await browser.newContext(settings)).newPage();
        const errors = [];
        page.on('pageerror', (error) => errors.push(error));
        page.on('request', (request) => assert.ok(request.url().startsWith(url), request.url()));
        await page.goto(url);
        if (screenshots) await page.screenshot({ path: join(screenshots, `report-${from}-${look}.png`) });
        grounds[look] = (await page.screenshot({ clip: { x: 0, y: 0, width: 1, height: 1 } })).toString('base64');
        await readsWell(page);
        await works(page);
        if (screenshots) await page.screenshot({ path: join(screenshots, `report-${from}-${look}-open.png`), fullPage: true });
        assert.deepEqual(errors, []);
      }
      assert.notEqual(grounds.light, grounds.dark, `${from}: dark is dark`);
    }
  } finally {
    await browser.close();
    server.close();
  }
}

// Checks everything that must work with and without scripts and styles.
async function readsWell(page) {
  const headings = await page.locator('h1:visible, h2:visible').allInnerTexts();
  assert.match(headings[0], /^deviates /, 'the verdict comes first');
  assert.match(headings[1], /^Findings \(\d+\)/, 'then every finding, once');
  assert.match(headings.at(-2), /^Flow runs/);
  assert.ok(await page.locator('article:visible').count() > 0);
  const verdicts = await page.locator('.flow > summary > b:first-child').allInnerTexts();
  assert.ok(new Set(verdicts).size > 1, 'flow runs of several verdicts');
  assert.deepEqual(verdicts.slice(0, verdicts.lastIndexOf('deviates') + 1).filter((word) => word !== 'deviates'), []);
  assert.ok(await page.getByRole('heading', { name: 'Coverage of the contract' }).isVisible());
  assert.ok(await page.locator('.never:visible').count() > 0, 'what was never exercised stands out');
  await staysInWidth(page);
  // An example is folded under its finding.
  const example = page.locator('article details[id]').last();
  assert.equal(await example.locator('pre:visible').count(), 0);
  await example.locator('summary').click();
  assert.ok((await example.locator('pre:visible').allInnerTexts()).some((text) => /^curl /m.test(text)));
  // A step of a finding links to the flow runs, and from there back.
  await page.locator('article li a').first().click();
  const step = page.locator(':target');
  assert.ok(await step.isVisible(), 'what a link leads into is open');
  await step.getByRole('link').first().click();
  assert.equal(await page.locator('article:target').count(), 1);
}

async function staysInWidth(page) {
  const [wide, width] = await page.evaluate(() => [document.scrollingElement.scrollWidth, window.innerWidth]);
  assert.ok(wide <= width, `no sideways scrolling: ${wide} of ${width}`);
}

async function openAll(page) {
  // Without scripts, a person opens them one by one.
  for (const summary of await page.locator('summary').all()) {
    if (await summary.isVisible() && !await summary.evaluate((it) => it.parentElement.open)) await summary.click();
  }
  await staysInWidth(page);
  assert.ok(await page.locator('td.less:visible').count() > 0, 'both sides of a difference are shown');
  assert.ok(await page.locator('td.more:visible').count() > 0);
}

async function worksBare(page) {
  assert.equal(await page.getByRole('search').count(), 0, 'nothing is offered that does not work');
  await openAll(page);
}

async function worksWhole(page) {
  await openAll(page);
  const steps = page.locator('.flow > ul > li:visible');
  await page.getByLabel('Search').fill('lifecycle deactivate');
  const found = await steps.count();
  assert.ok(found > 0);
  for (const step of await steps.all()) {
    const words = await step.evaluate((it) => it.closest('.flow').querySelector('summary').textContent + it.textContent);
    assert.ok(words.includes('lifecycle') && words.includes('deactivate'), words);
  }
  await page.getByLabel('Search').fill('nothing-like-this');
  assert.equal(await steps.count(), 0);
  assert.ok(await page.getByText('No flow run matches.').isVisible());
  await page.getByLabel('Search').fill('');
  await page.getByRole('checkbox', { name: 'conforms' }).uncheck();
  assert.ok(await steps.count() > 0);
  for (const verdict of await steps.locator('> b:first-child').allInnerTexts()) assert.equal(verdict, 'deviates');
  await staysInWidth(page);
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
