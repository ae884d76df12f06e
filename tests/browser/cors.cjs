// A page of another origin sets a connection, sends the person to consent, and goes on when the person
// returns: cors.cjs MOCK_URL PORT [SCREENSHOT]
//
// The mock trusts http://127.0.0.1:PORT and returns the person to /connected there.
const assert = require('node:assert/strict');
const http = require('node:http');
const { launch } = require('./launch.cjs');

const APP = '/api/v1/apps/0oagoogle00000000001';

// Runs in the page: calls the mock, and returns what the page may read of the answer.
async function call([method, url, body]) {
  const headers = { Authorization: 'SSWS a-page', 'Content-Type': 'application/json' };
  const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  return {
    status: answer.status,
    limit: answer.headers.get('x-rate-limit-limit'),
    link: answer.headers.get('link'),
    body: text && JSON.parse(text),
  };
}

async function main(mock, port, screenshot) {
  const server = http.createServer((_, answer) => {
    answer.setHeader('Content-Type', 'text/html');
    answer.end('<!doctype html><title>An app</title><h1>An app</h1>');
  });
  await new Promise((listening) => server.listen(Number(port), '127.0.0.1', listening));
  const browser = await launch();
  try {
    const page = await browser.newPage();
    const origin = `http://127.0.0.1:${port}`;
    await page.goto(`${origin}/`);
    const list = await page.evaluate(call, ['GET', `${mock}/api/v1/apps?limit=2`]);
    assert.equal(list.status, 200);
    assert.ok(list.limit && list.link.includes('rel="next"'), 'the page reads rate limit and links');
    const connection = await page.evaluate(call,
      ['POST', `${mock}${APP}/connections/default`, { profile: { authScheme: 'OAUTH2' } }]);
    await page.goto(connection.body._links.authorize.href);
    await page.getByRole('button', { name: 'Allow' }).click();
    const returned = new URL(page.url());
    assert.equal(returned.origin + returned.pathname, `${origin}/connected`);
    assert.equal(returned.searchParams.get('from'), 'okta', 'the page keeps its own parameters');
    const next = returned.searchParams.get('continue_oauth_flow_url');
    assert.equal((await page.evaluate(call, ['POST', next])).status, 204);
    const activated = await page.evaluate(call, ['POST', `${mock}${APP}/connections/default/lifecycle/activate`]);
    assert.equal(activated.status, 204);

    // The same page under another name is another origin, and is not trusted.
    const stranger = await browser.newPage();
    await stranger.route('http://stranger.test/', (route) => route.fulfill({ body: '<h1>Other</h1>', contentType: 'text/html' }));
    await stranger.goto('http://stranger.test/');
    const refused = await stranger.evaluate(call, ['GET', `${mock}/api/v1/apps`]).catch((error) => String(error));
    assert.match(String(refused), /Failed to fetch/);
    if (screenshot) await page.screenshot({ path: `${screenshot}/cors.png` });
  } finally {
    await browser.close();
    server.close();
  }
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
