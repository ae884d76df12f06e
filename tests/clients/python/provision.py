"""Sets up provisioning for an app, with an API token.

Reads OKTA_CLIENT_ORGURL and OKTA_CLIENT_TOKEN.
"""
import asyncio

from okta import models
from okta.client import Client


def done(result):
    """Returns the value of a call. The SDK returns errors, and returns none for an answer without a body."""
    *value, answer, error = result
    if error or answer.status_code >= 400:
        raise SystemExit(f"Okta refused: {error or answer.headers}")
    return value[0] if value else None


def token_connection(base_url, token):
    profile = models.ProvisioningConnectionTokenRequestProfile(auth_scheme="TOKEN", token=token)
    request = models.ProvisioningConnectionTokenRequest(base_url=base_url, profile=profile)
    return models.UpdateDefaultProvisioningConnectionForApplicationRequest(request)


def create_users():
    return models.UpdateFeatureForApplicationRequest(models.CapabilitiesObject(
        create=models.CapabilitiesCreateObject(
            lifecycle_create=models.LifecycleCreateSettingObject(status="ENABLED"))))


async def main():
    okta = Client()
    apps = done(await okta.list_applications())
    for app in apps:
        print(app.id, app.name, app.label)
    zscaler = next(app.id for app in apps if app.name == "zscalerbyz")

    connection = done(await okta.get_default_provisioning_connection_for_application(zscaler))
    print("connection before:", connection.status.value)
    connection = done(await okta.update_default_provisioning_connection_for_application(
        zscaler, token_connection("https://scim.example.com", "scim-secret"), activate=True))
    print("connection now:", connection.status.value, connection.base_url)

    feature = done(await okta.update_feature_for_application(zscaler, "USER_PROVISIONING", create_users()))
    print("Okta creates users:", feature.capabilities.create.lifecycle_create.status.value)


asyncio.run(main())
