// Sets up provisioning for an app, with an API token.
// Reads OKTA_CLIENT_ORGURL and OKTA_CLIENT_TOKEN.
const { Client } = require('@okta/okta-sdk-nodejs');

async function main() {
  const okta = new Client().applicationApi;
  const apps = new Map();
  await (await okta.listApplications()).each((app) => {
    console.log(app.id, app.name, app.label);
    apps.set(app.name, app.id);
  });
  const appId = apps.get('zscalerbyz');

  const before = await okta.getDefaultProvisioningConnectionForApplication({ appId });
  console.log('connection before:', before.status);
  const connection = await okta.updateDefaultProvisioningConnectionForApplication({
    appId,
    activate: true,
    ProvisioningConnectionRequest: {
      baseUrl: 'https://scim.example.com',
      profile: { authScheme: 'TOKEN', token: 'scim-secret' },
    },
  });
  console.log('connection now:', connection.status);

  const feature = await okta.updateFeatureForApplication({
    appId,
    name: 'USER_PROVISIONING',
    CapabilitiesObject: { create: { lifecycleCreate: { status: 'ENABLED' } } },
  });
  console.log('Okta creates users:', feature.capabilities.create.lifecycleCreate.status);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
