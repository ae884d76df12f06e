// Creates a service app, connects as this app with its private key, and deletes it.
// Reads OKTA_CLIENT_ORGURL and OKTA_CLIENT_TOKEN.
package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"log"
	"math/big"
	"os"

	recipes "example.com/okta-recipes"
	"github.com/okta/okta-sdk-golang/v5/okta"
)

const keyID = "provisioning-job"

func publicKey(key *rsa.PrivateKey) okta.SchemasJsonWebKey {
	encode := base64.RawURLEncoding.EncodeToString
	return okta.SchemasJsonWebKey{
		Kty: okta.PtrString("RSA"), Kid: okta.PtrString(keyID), Use: okta.PtrString("sig"),
		AdditionalProperties: map[string]any{
			"n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes()),
		},
	}
}

func serviceApp(key *rsa.PrivateKey, dpop bool) okta.ListApplications200ResponseInner {
	app := okta.NewOpenIdConnectApplication(
		okta.OAuthApplicationCredentials{OauthClient: &okta.ApplicationCredentialsOAuthClient{
			TokenEndpointAuthMethod: okta.PtrString("private_key_jwt"),
		}},
		"oidc_client",
		okta.OpenIdConnectApplicationSettings{OauthClient: &okta.OpenIdConnectApplicationSettingsClient{
			ApplicationType:       okta.PtrString("service"),
			GrantTypes:            []string{"client_credentials"},
			ResponseTypes:         []string{"token"},
			DpopBoundAccessTokens: &dpop,
			Jwks: &okta.OpenIdConnectApplicationSettingsClientKeys{
				Keys: []okta.SchemasJsonWebKey{publicKey(key)},
			},
		}},
		"Provisioning job (Go)", "OPENID_CONNECT")
	return okta.OpenIdConnectApplicationAsListApplications200ResponseInner(app)
}

func run(ctx context.Context, orgURL string, dpop bool) (err error) {
	admin, err := recipes.Connect(orgURL,
		okta.WithAuthorizationMode("SSWS"), okta.WithToken(os.Getenv("OKTA_CLIENT_TOKEN")))
	if err != nil {
		return err
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	created, _, err := admin.ApplicationAPI.CreateApplication(ctx).Application(serviceApp(key, dpop)).Execute()
	if err != nil {
		return err
	}
	id := created.OpenIdConnectApplication.GetId()
	defer func() {
		if failed := remove(ctx, admin, id); err == nil {
			err = failed
		}
	}()
	grant := okta.OAuth2ScopeConsentGrant{Issuer: orgURL, ScopeId: "okta.apps.read"}
	if _, _, err = admin.ApplicationGrantsAPI.GrantConsentToScope(ctx, id).OAuth2ScopeConsentGrant(grant).Execute(); err != nil {
		return err
	}
	role := okta.StandardRoleAssignmentSchema{Type: okta.PtrString("APP_ADMIN")}
	if _, _, err = admin.RoleAssignmentAPI.AssignRoleToClient(ctx, id).AssignRoleToClientRequest(
		okta.StandardRoleAssignmentSchemaAsAssignRoleToClientRequest(&role)).Execute(); err != nil {
		return err
	}

	private := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	job, err := recipes.Connect(orgURL,
		okta.WithAuthorizationMode("PrivateKey"), okta.WithClientId(id),
		okta.WithScopes([]string{"okta.apps.read"}),
		okta.WithPrivateKey(string(private)), okta.WithPrivateKeyId(keyID))
	if err != nil {
		return err
	}
	apps, _, err := job.ApplicationAPI.ListApplications(ctx).Execute()
	if err != nil {
		return err
	}
	fmt.Println("the service app sees", len(apps), "apps")
	answer, err := job.ApplicationAPI.DeactivateApplication(ctx, id).Execute()
	if err == nil {
		return errors.New("the service app changed an app")
	}
	fmt.Println("without okta.apps.manage it changes none:", answer.StatusCode)
	return nil
}

func remove(ctx context.Context, admin *okta.APIClient, id string) error {
	if _, err := admin.ApplicationAPI.DeactivateApplication(ctx, id).Execute(); err != nil {
		return err
	}
	_, err := admin.ApplicationAPI.DeleteApplication(ctx, id).Execute()
	return err
}

func main() {
	dpop := flag.Bool("dpop", false, "the app's access tokens are DPoP-bound")
	flag.Parse()
	if err := run(context.Background(), os.Getenv("OKTA_CLIENT_ORGURL"), *dpop); err != nil {
		log.Fatal(err)
	}
}
