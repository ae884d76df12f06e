// A person uses the inspector, with and without scripts: inspector.cjs MOCK_URL [SCREENSHOTS]
const assert = require('node:assert/strict');
const axe = require('axe-core');
const { launch } = require('./launch.cjs');

const APP = '/api/v1/apps/0oazscalerbyz0000001';
const headers = { authorization: 'SSWS a-program', 'content-type': 'application/json' };

async function accessible(page, what) {
  await page.addScriptTag({ content: axe.source });
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const found = violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html).join(' ')}`);
  assert.deepEqual(found, [], `${what} is not accessible`);
}

async function connect(mock, token) {
  const body = JSON.stringify({ baseUrl: 'https://z.example.com', profile: { authScheme: 'TOKEN', token } });
  return (await fetch(`${mock}${APP}/connections/default`, { method: 'POST', headers, body })).status;
}

// Everything that a person can do works without scripts.
async function withoutScripts(browser, mock) {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  const errors = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.goto(`${mock}/_mock/ui`);

  await page.getByLabel('Operation').selectOption('getApplication');
  await page.getByLabel('Gets').selectOption('503');
  await page.getByRole('button', { name: 'Add the fault' }).click();
  assert.equal((await fetch(`${mock}${APP}`, { headers })).status, 503);
  assert.equal((await fetch(`${mock}${APP}`, { headers })).status, 200);
  await page.reload();
  assert.match(await page.locator('#live-faults').textContent(), /getApplication: status 503, applied 1 of 1 times/);
  await page.getByRole('button', { name: 'Remove fault 1' }).click();
  assert.match(await page.locator('#live-faults').textContent(), /No request fails/);

  await page.getByLabel('Time', { exact: true }).fill('2031-02-03T04:05:06Z');
  await page.getByRole('button', { name: 'Set', exact: true }).click();
  await page.getByRole('button', { name: 'Freeze' }).click();
  await page.getByLabel('Seconds').fill('60');
  await page.getByRole('button', { name: 'Advance' }).click();
  assert.match(await page.locator('#live-clock').textContent(), /^2031-02-03T04:06:\d\d.000Z, frozen$/);
  await page.getByLabel('Time', { exact: true }).fill('yesterday');
  await page.getByRole('button', { name: 'Set', exact: true }).click();
  assert.match(await page.getByRole('alert').textContent(), /now: must be a timestamp/);

  await page.getByLabel('Name').fill('acme');
  await page.getByLabel('Begins with').selectOption('empty');
  await page.getByRole('button', { name: 'Add the org' }).click();
  const orgs = page.locator('#live-orgs');
  assert.match(await orgs.textContent(), /acme/);
  const link = await orgs.getByRole('link', { name: 'acme' }).getAttribute('href');
  assert.match(link, /^http:\/\/acme\.localhost:\d+\/_mock\/ui$/);
  await page.getByRole('button', { name: 'Drop org acme' }).click();
  assert.doesNotMatch(await orgs.textContent(), /acme/);

  await page.locator('summary', { hasText: '503' }).click();
  await page.getByRole('button', { name: 'Reset the org' }).click();
  assert.match(await page.locator('#live-requests').textContent(), /no request yet/);
  assert.deepEqual(errors.filter((error) => !error.includes('400 (Bad Request)')), []);
  await context.close();
}

// With scripts, the page follows the org. What a person has opened stays open.
async function withScripts(browser, mock, screenshots) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const errors = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(String(error)));
  assert.equal(await connect(mock, 'canary-of-a-page'), 200);
  await page.goto(`${mock}/_mock/ui`);
  const connection = page.getByRole('row', { name: /zscalerbyz/ });
  assert.match(await connection.textContent(), /DISABLED/);
  const id = await page.locator('.request').first().getAttribute('id');
  const first = page.locator(`#${id}`);
  const later = (count) => page.locator(`#request-${Number(id.slice('request-'.length)) + count}`);
  // By keyboard.
  await first.locator('summary').focus();
  await page.keyboard.press('Enter');
  assert.ok(await first.evaluate((details) => details.open));
  assert.match(await first.textContent(), /"baseUrl": "https:\/\/z.example.com"/);
  assert.doesNotMatch(await page.content(), /canary-of-a-page/);
  await page.locator('h1').click();

  const activate = await fetch(`${mock}${APP}/connections/default/lifecycle/activate`, { method: 'POST', headers });
  assert.equal(activate.status, 204);
  await later(1).waitFor();
  assert.match(await connection.textContent(), /ENABLED/);
  await page.evaluate(() => document.activeElement.blur());
  assert.equal((await fetch(`${mock}${APP}`, { headers })).status, 200);
  await later(2).waitFor();
  assert.ok(await first.evaluate((details) => details.open), 'what was open stays open');
  assert.deepEqual(errors, []);

  for (const [name, width, colorScheme] of [['light', 1280, 'light'], ['dark', 1280, 'dark'], ['phone', 360, 'light']]) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(100);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${name}: ${wide} pixels too wide`);
    if (screenshots) await page.screenshot({ path: `${screenshots}/inspector-${name}.png`, fullPage: true });
  }
  // Scripts of tests do not pass the page's policy.
  const checked = await browser.newContext({ bypassCSP: true });
  for (const colorScheme of ['light', 'dark']) {
    const copy = await checked.newPage();
    await copy.emulateMedia({ colorScheme });
    await copy.goto(`${mock}/_mock/ui`);
    await copy.locator(`#${id} > summary`).click();
    await accessible(copy, colorScheme);
  }
}

async function main(mock, screenshots) {
  const browser = await launch();
  try {
    await withoutScripts(browser, mock);
    await withScripts(browser, mock, screenshots);
  } finally {
    await browser.close();
  }
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
