"""Generates a client from the contract that the mock serves, and calls the mock with it:
generated_python.py URL TOKEN

The generator warns of everything that it cannot read and leaves out. A warning is a failure here.
"""
import pathlib
import subprocess
import sys
import tempfile

PACKAGE = "generated_okta_client"


def expect(what, came, wanted):
    if came != wanted:
        raise SystemExit(f"{what}: wanted {wanted!r}, came {came!r}")


def generate(url, folder):
    """Writes the package, without the formatting that the generator runs afterwards."""
    config = folder / "config.yaml"
    # The generator knows no XML: it takes the SAML metadata as a file.
    config.write_text("post_hooks: []\ncontent_type_overrides:\n  application/xml: application/octet-stream\n")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--url", f"{url}/_mock/openapi.json",
               "--output-path", folder / PACKAGE, "--meta", "none", "--config", config, "--fail-on-warning"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0 or "warning" in done.stdout.lower():
        raise SystemExit(f"the generator ended with {done.returncode}:\n{done.stdout}")


def drive(url, token):
    from generated_okta_client import AuthenticatedClient, models
    from generated_okta_client.api.application import get_application, list_applications
    from generated_okta_client.api.application_connections import (
        get_default_provisioning_connection_for_application as read_connection,
        update_default_provisioning_connection_for_application as update_connection,
    )
    from generated_okta_client.api.application_features import list_features_for_application

    client = AuthenticatedClient(base_url=url, token=token, prefix="SSWS")
    apps = list_applications.sync(client=client)
    expect("apps", [type(app) for app in apps], [models.Application] * 6)
    expect("names", [app.name for app in apps],
           ["google", "office365", "okta_org2org", "slack", "zoomus", "zscalerbyz"])
    zscaler = apps[-1]
    expect("read alone", get_application.sync(zscaler.id, client=client), zscaler)

    refused = list_features_for_application.sync(zscaler.id, client=client)
    expect("features before", (type(refused), refused.error_code), (models.BadRequestError, "E0000001"))
    request = models.TokenBasedConnection(
        base_url="https://scim.example.com/scim",
        profile=models.TokenBasedConnectionProfile(
            auth_scheme=models.ProvisioningConnectionTokenAuthScheme.TOKEN, token="generated-client-token"))
    answer = update_connection.sync(zscaler.id, client=client, body=request, activate=True)
    expect("set and activated", answer.status, models.ProvisioningConnectionStatus.ENABLED)
    expect("read back", read_connection.sync(zscaler.id, client=client), answer)
    features = list_features_for_application.sync(zscaler.id, client=client)
    expect("features", [feature.name for feature in features], ["USER_PROVISIONING"])

    unknown = get_application.sync("0oa00000000000000000", client=client)
    expect("unknown app", (type(unknown), unknown.error_code), (models.NotFoundError, "E0000007"))


def main(url, token):
    with tempfile.TemporaryDirectory() as folder:
        generate(url, pathlib.Path(folder))
        sys.path.insert(0, folder)
        drive(url, token)
    print("generated Python client: no warnings, all calls answered as wanted")


main(*sys.argv[1:])
