// What the official Node SDK does under each fault: node node_retries.cjs URL TOKEN FAULTS
//
// The mock's request log says how many requests arrived.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const { Client } = require('@okta/okta-sdk-nodejs');

const OPERATION = 'getDefaultProvisioningConnectionForApplication';
const APP = '0oazscalerbyz0000001';

async function control(url, method, path, body) {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
  const text = await answer.text();
  return text ? JSON.parse(text) : undefined;
}

async function outcome(orgUrl, token) {
  try {
    const api = new Client({ orgUrl, token }).applicationApi;
    const connection = await api.getDefaultProvisioningConnectionForApplication({ appId: APP });
    return connection.status ? 'ok' : 'error';
  } catch {
    return 'error';
  }
}

async function main(url, token, path) {
  const { faults } = JSON.parse(fs.readFileSync(path, 'utf8'));
  const wrong = [];
  for (const fault of faults) {
    await control(url, 'POST', '/_mock/reset');
    await control(url, 'POST', '/_mock/faults',
      { operation: OPERATION, times: fault.times, answer: fault.answer });
    const ended = await outcome(url, token);
    const { requests } = await control(url, 'GET', '/_mock/requests');
    const marked = requests.filter((request) => request.fault !== null).length;
    if (marked !== fault.times && fault.node[1] >= fault.times) wrong.push(`${fault.name}: ${marked} requests are marked in the log`);
    const found = JSON.stringify([ended, requests.length]);
    if (found !== JSON.stringify(fault.node)) wrong.push(`${fault.name}: ${found}, expected ${JSON.stringify(fault.node)}`);
  }
  assert.deepEqual(wrong, []);
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
