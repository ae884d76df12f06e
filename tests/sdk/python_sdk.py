"""Calls the mock with the official Python SDK: python_sdk.py URL TOKEN

Every call uses the SDK's own models, so an answer that the SDK cannot read fails here.
"""
import asyncio
import os
import sys

# The mock speaks plain HTTP on loopback; the SDK reads this setting only from the environment.
os.environ["OKTA_TESTING_TESTINGDISABLEHTTPSCHECK"] = "true"

import okta.models as models
from okta.client import Client


def expect(what, came, wanted):
    if came != wanted:
        raise SystemExit(f"{what}: wanted {wanted!r}, came {came!r}")


def value(what, result):
    """Returns the value of a call that must succeed: (value, response, error) or (response, error)."""
    error = result[-1]
    if error is not None:
        raise SystemExit(f"{what}: {error}")
    return result[0]


def error_code(what, result):
    error = result[-1]
    if error is None:
        raise SystemExit(f"{what}: succeeded, but an error was wanted")
    text = str(getattr(error, "message", None) or error)
    return next((word for word in text.replace(",", " ").split() if word.startswith("E00")), text)


def client(url, token):
    return Client({"orgUrl": url, "token": token})


def token_request(**members):
    profile = models.ProvisioningConnectionTokenRequestProfile(auth_scheme="TOKEN", token="python-sdk-token")
    request = models.ProvisioningConnectionTokenRequest(profile=profile, **members)
    return models.UpdateDefaultProvisioningConnectionForApplicationRequest(request)


async def main(url, token):
    okta = client(url, token)
    apps = value("list", await okta.list_applications(limit=200))
    ids = {app.name: app.id for app in apps}
    expect("apps", sorted(ids), ["google", "office365", "okta_org2org", "slack", "zoomus", "zscalerbyz"])
    zscaler = ids["zscalerbyz"]

    code = error_code("features before", await okta.list_features_for_application(zscaler))
    expect("features before", code, "E0000001")
    connection = value("read", await okta.get_default_provisioning_connection_for_application(zscaler))
    expect("never set", str(connection.status.value), "DISABLED")
    connection = value("set", await okta.update_default_provisioning_connection_for_application(
        zscaler, token_request(base_url="https://scim.example.com/scim"), activate=True))
    expect("set and activated", str(connection.status.value), "ENABLED")
    expect("base URL", connection.base_url, "https://scim.example.com/scim")

    features = value("features", await okta.list_features_for_application(zscaler))
    expect("features", [str(getattr(it.name, "value", it.name)) for it in features], ["USER_PROVISIONING"])
    patch = models.UpdateFeatureForApplicationRequest(models.CapabilitiesObject(
        create=models.CapabilitiesCreateObject(
            lifecycle_create=models.LifecycleCreateSettingObject(status="ENABLED"))))
    feature = value("update", await okta.update_feature_for_application(zscaler, "USER_PROVISIONING", patch))
    expect("created users", str(feature.capabilities.create.lifecycle_create.status.value), "ENABLED")
    value("deactivate", await okta.deactivate_default_provisioning_connection_for_application(zscaler))

    keys = value("jwks", await okta.get_user_provisioning_connection_jwks(ids["okta_org2org"]))
    expect("keys", len(keys.jwks.keys), 1)

    bookmark = value("create", await okta.create_application(models.BookmarkApplication(
        name="bookmark", label="From the Python SDK", sign_on_mode="BOOKMARK",
        settings=models.BookmarkApplicationSettings(
            app=models.BookmarkApplicationSettingsApplication(url="https://example.com")))))
    expect("label", bookmark.label, "From the Python SDK")
    connection = value("unsupported", await okta.get_default_provisioning_connection_for_application(bookmark.id))
    expect("unsupported", str(connection.status.value), "UNKNOWN")
    expect("no features", error_code("features", await okta.list_features_for_application(bookmark.id)), "E0000001")
    expect("active", error_code("delete", await okta.delete_application(bookmark.id)), "E0000056")
    value("deactivate app", await okta.deactivate_application(bookmark.id))
    value("delete", await okta.delete_application(bookmark.id))
    expect("gone", error_code("gone", await okta.get_application(bookmark.id)), "E0000007")

    wrong = client(url, "not-" + token)
    expect("wrong token", error_code("wrong token", await wrong.list_applications()), "E0000011")
    print("python SDK: all calls answered as wanted")


asyncio.run(main(*sys.argv[1:]))
