// Package recipes connects Okta's Go SDK to an org with a port in its URL.
package recipes

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/okta/okta-sdk-golang/v5/okta"
)

// Connect returns a client for the org. The SDK drops the port of the URL, so it is set again here.
func Connect(orgURL string, settings ...okta.ConfigSetter) (*okta.APIClient, error) {
	settings = append(settings,
		okta.WithOrgUrl(orgURL),
		okta.WithTestingDisableHttpsCheck(strings.HasPrefix(orgURL, "http://")))
	config, err := okta.NewConfiguration(settings...)
	if err != nil {
		return nil, err
	}
	org, err := url.Parse(orgURL)
	if err != nil {
		return nil, err
	}
	config.Host = org.Host
	// okta-mock-server sets a proxy, for programs that do not set the host. This one needs none.
	config.Okta.Client.Proxy.Host = ""
	return okta.NewAPIClient(config), nil
}

// App is what every kind of app has.
type App struct{ ID, Name, Label string }

// Summary reads the union type of an app.
func Summary(app okta.ListApplications200ResponseInner) (summary App, err error) {
	text, err := json.Marshal(app)
	if err == nil {
		err = json.Unmarshal(text, &summary)
	}
	return summary, err
}
