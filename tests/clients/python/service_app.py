"""Creates a service app, connects as this app with its private key, and deletes it.

Reads OKTA_CLIENT_ORGURL and OKTA_CLIENT_TOKEN. With the argument --dpop, the app's access tokens are DPoP-bound.
"""
import asyncio
import sys

from jwcrypto.jwk import JWK
from okta import models
from okta.client import Client


def done(result):
    """Returns the value of a call. The SDK returns errors, and returns none for an answer without a body."""
    *value, answer, error = result
    if error or answer.status_code >= 400:
        raise SystemExit(f"Okta refused: {error or answer.headers}")
    return value[0] if value else None


def service_app(key, dpop):
    return models.OpenIdConnectApplication.from_dict({
        "name": "oidc_client",
        "label": "Provisioning job (Python)",
        "signOnMode": "OPENID_CONNECT",
        "credentials": {"oauthClient": {"token_endpoint_auth_method": "private_key_jwt"}},
        "settings": {"oauthClient": {
            "application_type": "service",
            "grant_types": ["client_credentials"],
            "response_types": ["token"],
            "dpop_bound_access_tokens": dpop,
            # The SDK's model of a key requires an id. The org gives the key its own.
            "jwks": {"keys": [{"id": "new", **key.export_public(as_dict=True)}]},
        }},
    })


async def main(dpop):
    admin = Client()
    org_url = admin.get_config()["client"]["orgUrl"]
    key = JWK.generate(kty="RSA", size=2048, kid="provisioning-job", use="sig", alg="RS256")
    app = done(await admin.create_application(service_app(key, dpop)))
    done(await admin.grant_consent_to_scope(
        app.id, models.OAuth2ScopeConsentGrant(issuer=org_url, scope_id="okta.apps.read")))
    done(await admin.assign_role_to_client(
        app.id, models.AssignRoleToClientRequest(models.StandardRoleAssignmentSchema(type="APP_ADMIN"))))

    job = Client({
        "orgUrl": org_url,
        "authorizationMode": "PrivateKey",
        "clientId": app.id,
        "scopes": ["okta.apps.read"],
        "privateKey": key.export_to_pem(private_key=True, password=None).decode(),
        "kid": "provisioning-job",
        "dpopEnabled": dpop,
    })
    apps = done(await job.list_applications())
    print("the service app sees", len(apps), "apps")
    *_, answer, _ = await job.deactivate_application(app.id)
    print("without okta.apps.manage it changes none:", answer.status_code)

    done(await admin.deactivate_application(app.id))
    done(await admin.delete_application(app.id))


asyncio.run(main("--dpop" in sys.argv))
