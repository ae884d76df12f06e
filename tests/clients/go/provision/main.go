// Sets up provisioning for an app, with an API token.
// Reads OKTA_CLIENT_ORGURL and OKTA_CLIENT_TOKEN.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	recipes "example.com/okta-recipes"
	"github.com/okta/okta-sdk-golang/v5/okta"
)

func tokenConnection(baseURL, token string) okta.UpdateDefaultProvisioningConnectionForApplicationRequest {
	request := okta.ProvisioningConnectionTokenRequest{
		BaseUrl: &baseURL,
		Profile: okta.ProvisioningConnectionTokenRequestProfile{AuthScheme: "TOKEN", Token: &token},
	}
	return okta.ProvisioningConnectionTokenRequestAsUpdateDefaultProvisioningConnectionForApplicationRequest(&request)
}

func createUsers() okta.UpdateFeatureForApplicationRequest {
	enabled := okta.LifecycleCreateSettingObject{Status: okta.PtrString("ENABLED")}
	request := okta.CapabilitiesObject{Create: &okta.CapabilitiesCreateObject{LifecycleCreate: &enabled}}
	return okta.CapabilitiesObjectAsUpdateFeatureForApplicationRequest(&request)
}

func run(ctx context.Context) error {
	client, err := recipes.Connect(os.Getenv("OKTA_CLIENT_ORGURL"),
		okta.WithAuthorizationMode("SSWS"), okta.WithToken(os.Getenv("OKTA_CLIENT_TOKEN")))
	if err != nil {
		return err
	}
	apps, _, err := client.ApplicationAPI.ListApplications(ctx).Execute()
	if err != nil {
		return err
	}
	ids := map[string]string{}
	for _, union := range apps {
		app, err := recipes.Summary(union)
		if err != nil {
			return err
		}
		fmt.Println(app.ID, app.Name, app.Label)
		ids[app.Name] = app.ID
	}
	zscaler := ids["zscalerbyz"]

	connections := client.ApplicationConnectionsAPI
	before, _, err := connections.GetDefaultProvisioningConnectionForApplication(ctx, zscaler).Execute()
	if err != nil {
		return err
	}
	fmt.Println("connection before:", before.Status)
	now, _, err := connections.UpdateDefaultProvisioningConnectionForApplication(ctx, zscaler).
		UpdateDefaultProvisioningConnectionForApplicationRequest(tokenConnection("https://scim.example.com", "scim-secret")).
		Activate(true).Execute()
	if err != nil {
		return err
	}
	fmt.Println("connection now:", now.Status)

	feature, _, err := client.ApplicationFeaturesAPI.UpdateFeatureForApplication(ctx, zscaler, "USER_PROVISIONING").
		UpdateFeatureForApplicationRequest(createUsers()).Execute()
	if err != nil {
		return err
	}
	if feature.UserProvisioningApplicationFeature == nil {
		return errors.New("the answer is not a USER_PROVISIONING feature")
	}
	created := feature.UserProvisioningApplicationFeature.Capabilities.Create.LifecycleCreate
	fmt.Println("Okta creates users:", created.GetStatus())
	return nil
}

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}
