// Plays a person with a browser: consent.cjs AUTHORIZE_URL allow|deny
//
// JavaScript is off: the pages must work without it. Prints the org's final answer as JSON.
const assert = require('node:assert/strict');
const { launch } = require('./launch.cjs');

async function main(url, decision) {
  const browser = await launch();
  try {
    const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
    await page.goto(url);
    assert.equal(await page.locator('html').getAttribute('lang'), 'en');
    assert.equal(await page.locator('h1').count(), 1);
    // Finds elements by what a screen reader says, not by markup.
    assert.equal(await page.getByLabel('Account').inputValue(), 'admin@example.com');
    const allow = page.getByRole('button', { name: 'Allow' });
    const deny = page.getByRole('button', { name: 'Deny' });
    await page.getByLabel('Account').focus();
    await page.keyboard.press('Tab');
    assert.ok(await allow.evaluate((it) => it === document.activeElement), 'Allow follows by Tab');
    await page.keyboard.press('Tab');
    assert.ok(await deny.evaluate((it) => it === document.activeElement), 'Deny follows by Tab');
    await (decision === 'allow' ? allow : deny).click();
    if (decision === 'deny') {
      process.stdout.write(await page.locator('body').innerText());
      return;
    }
    assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), 'Access granted');
    const href = await page.getByLabel('URL').inputValue();
    process.stdout.write(JSON.stringify({ continue_oauth_flow_url: { href } }));
  } finally {
    await browser.close();
  }
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
