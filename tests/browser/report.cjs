// The HTML report in a browser: report.cjs FILE [SCREENSHOT-FOLDER]
//
// Light, dark and phone width; search, filter, the difference side by side; nothing from elsewhere.
const assert = require('node:assert/strict');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');
const { chromium } = require('playwright-core');

const LOOKS = [
  ['light', { viewport: { width: 1280, height: 900 }, colorScheme: 'light' }],
  ['dark', { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' }],
  ['phone', { viewport: { width: 390, height: 800 }, colorScheme: 'light' }],
];

async function main(file, screenshots) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  try {
    const grounds = {};
    for (const [look, settings] of LOOKS) {
      const page = await (await browser.newContext(settings)).newPage();
      const errors = [];
      page.on('pageerror', (error) => errors.push(error));
      page.on('request', (request) => assert.ok(request.url().startsWith('file:'), request.url()));
      await page.goto(pathToFileURL(file).href);
      if (screenshots) await page.screenshot({ path: join(screenshots, `report-${look}.png`) });
      grounds[look] = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      await works(page);
      assert.deepEqual(errors, []);
    }
    assert.notEqual(grounds.light, grounds.dark, 'dark is dark');
  } finally {
    await browser.close();
  }
}

async function works(page) {
  assert.equal(await page.locator('h1').count(), 1);
  const fits = () => document.scrollingElement.scrollWidth <= window.innerWidth;
  assert.ok(await page.evaluate(fits), 'no sideways scrolling');
  const steps = page.locator('.step:visible');
  // Every finding stands at the top, once; the first exchange is folded behind it.
  assert.ok(await page.getByRole('heading', { name: /^Findings/ }).isVisible());
  assert.ok(await page.locator('article:visible').count() > 0);
  await page.locator('article details summary').last().click();
  assert.ok((await page.locator('article pre:visible').allInnerTexts()).some((text) => text.startsWith('curl ')));
  // A step that deviates shows both sides once it is opened.
  await page.evaluate(() => document.querySelectorAll('main details').forEach((each) => { each.open = true; }));
  assert.ok(await page.locator('.step[open] td.less:visible').count() > 0);
  assert.ok(await page.locator('.step[open] td.more:visible').count() > 0);
  await page.getByLabel('Search').fill('lifecycle deactivate');
  const found = await steps.count();
  assert.ok(found > 0);
  for (const words of await steps.evaluateAll((all) => all.map((step) => step.dataset.words.toLowerCase()))) {
    assert.ok(words.includes('lifecycle') && words.includes('deactivate'), words);
  }
  await page.getByLabel('Search').fill('nothing-like-this');
  assert.equal(await steps.count(), 0);
  assert.ok(await page.getByText('Nothing fits.').isVisible());
  await page.getByLabel('Search').fill('');
  await page.getByRole('checkbox', { name: 'conforms' }).uncheck();
  for (const verdict of await steps.evaluateAll((all) => all.map((step) => step.dataset.verdict))) {
    assert.equal(verdict, 'deviates');
  }
  assert.ok(await page.getByText('Coverage of the contract').isVisible());
  assert.ok(await page.locator('tr.never').count() > 0, 'what was never exercised stands out');
  assert.ok(await page.evaluate(fits), 'no sideways scrolling');
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
