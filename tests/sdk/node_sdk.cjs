// Calls the mock with the official Node SDK: node node_sdk.cjs URL TOKEN
const assert = require('node:assert/strict');
const { Client } = require('@okta/okta-sdk-nodejs');

async function all(collection) {
  const items = [];
  await (await collection).each((item) => { items.push(item); });
  return items;
}

async function refused(call, code) {
  try {
    await call();
  } catch (error) {
    assert.match(String(error), new RegExp(code));
    return;
  }
  assert.fail(`succeeded, but ${code} was wanted`);
}

async function main(orgUrl, token) {
  const api = new Client({ orgUrl, token }).applicationApi;
  // Pages of two, so that the SDK has to follow the Link headers.
  const apps = await all(api.listApplications({ limit: 2 }));
  assert.deepEqual(apps.map((app) => app.name),
    ['google', 'office365', 'okta_org2org', 'slack', 'zoomus', 'zscalerbyz']);
  const appId = apps.find((app) => app.name === 'okta_org2org').id;

  await refused(() => all(api.listFeaturesForApplication({ appId })), 'E0000001');
  const before = await api.getDefaultProvisioningConnectionForApplication({ appId });
  assert.equal(before.status, 'DISABLED');
  const request = { profile: { authScheme: 'TOKEN', token: 'node-sdk-token' } };
  const after = await api.updateDefaultProvisioningConnectionForApplication(
    { appId, ProvisioningConnectionRequest: request, activate: true });
  assert.equal(after.status, 'ENABLED');
  assert.ok(!JSON.stringify(after).includes('node-sdk-token'));

  const features = await all(api.listFeaturesForApplication({ appId }));
  assert.deepEqual(features.map((feature) => feature.name), ['USER_PROVISIONING', 'INBOUND_PROVISIONING']);
  const feature = await api.updateFeatureForApplication({
    appId,
    name: 'USER_PROVISIONING',
    CapabilitiesObject: { create: { lifecycleCreate: { status: 'ENABLED' } } },
  });
  assert.equal(feature.capabilities.create.lifecycleCreate.status, 'ENABLED');
  await api.deactivateDefaultProvisioningConnectionForApplication({ appId });
  await api.activateDefaultProvisioningConnectionForApplication({ appId });

  const made = await api.createApplication({
    application: { name: 'bookmark', label: 'From the Node SDK', signOnMode: 'BOOKMARK',
      settings: { app: { url: 'https://example.com' } } },
  });
  await refused(() => api.deleteApplication({ appId: made.id }), 'E0000056');
  await api.deactivateApplication({ appId: made.id });
  await api.deleteApplication({ appId: made.id });
  await refused(() => api.getApplication({ appId: made.id }), 'E0000007');

  const wrong = new Client({ orgUrl, token: `not-${token}` }).applicationApi;
  await refused(() => all(wrong.listApplications({})), 'E0000011');
  console.log('node SDK: all calls answered as wanted');
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
