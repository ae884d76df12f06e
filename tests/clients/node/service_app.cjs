// Creates a service app, connects as this app with its private key, and deletes it.
// Reads OKTA_CLIENT_ORGURL and OKTA_CLIENT_TOKEN.
const { generateKeyPairSync } = require('node:crypto');
const { Client } = require('@okta/okta-sdk-nodejs');

const KEY_ID = 'provisioning-job';
const DPOP = process.argv.includes('--dpop');

function serviceApp(publicKey) {
  return {
    name: 'oidc_client',
    label: 'Provisioning job (Node)',
    signOnMode: 'OPENID_CONNECT',
    credentials: { oauthClient: { token_endpoint_auth_method: 'private_key_jwt' } },
    settings: {
      oauthClient: {
        application_type: 'service',
        grant_types: ['client_credentials'],
        response_types: ['token'],
        dpop_bound_access_tokens: DPOP,
        jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: KEY_ID, use: 'sig' }] },
      },
    },
  };
}

async function main() {
  const admin = new Client();
  const orgUrl = admin.baseUrl;
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { id: appId } = await admin.applicationApi.createApplication({ application: serviceApp(publicKey) });
  await admin.applicationApi.grantConsentToScope(
    { appId, oAuth2ScopeConsentGrant: { issuer: orgUrl, scopeId: 'okta.apps.read' } });
  await admin.roleAssignmentApi.assignRoleToClient(
    { clientId: appId, assignRoleRequest: { type: 'APP_ADMIN' } });

  try {
    const job = new Client({
      orgUrl,
      authorizationMode: 'PrivateKey',
      clientId: appId,
      scopes: ['okta.apps.read'],
      privateKey: privateKey.export({ format: 'jwk' }),
      keyId: KEY_ID,
    }).applicationApi;
    let apps = 0;
    await (await job.listApplications()).each(() => { apps += 1; });
    console.log('the service app sees', apps, 'apps');
    await job.deactivateApplication({ appId }).then(
      () => { throw new Error('the service app changed an app'); },
      (error) => console.log('without okta.apps.manage it changes none:', error.status));
  } finally {
    await admin.applicationApi.deactivateApplication({ appId });
    await admin.applicationApi.deleteApplication({ appId });
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
