import com.fasterxml.jackson.core.type.TypeReference;
import com.okta.sdk.client.Clients;
import com.okta.sdk.resource.api.ApplicationApi;
import com.okta.sdk.resource.api.ApplicationConnectionsApi;
import com.okta.sdk.resource.api.ApplicationFeaturesApi;
import com.okta.sdk.resource.client.ApiClient;
import com.okta.sdk.resource.model.Application;
import com.okta.sdk.resource.model.ApplicationFeatureType;
import com.okta.sdk.resource.model.CapabilitiesCreateObject;
import com.okta.sdk.resource.model.EnabledStatus;
import com.okta.sdk.resource.model.LifecycleCreateSettingObject;
import com.okta.sdk.resource.model.ProvisioningConnectionResponse;
import com.okta.sdk.resource.model.ProvisioningConnectionTokenAuthScheme;
import com.okta.sdk.resource.model.ProvisioningConnectionTokenRequest;
import com.okta.sdk.resource.model.ProvisioningConnectionTokenRequestProfile;
import com.okta.sdk.resource.model.UpdateFeatureForApplicationRequest;
import com.okta.sdk.resource.model.UserProvisioningApplicationFeature;
import java.util.HashMap;
import java.util.List;

/**
 * Sets up provisioning for an app, with an API token.
 * The SDK reads OKTA_CLIENT_ORGURL, OKTA_CLIENT_TOKEN and, for http, OKTA_TESTING_DISABLEHTTPSCHECK.
 */
public class Provision {
    public static void main(String... args) throws Exception {
        ApiClient client = Clients.builder().build();
        List<Application> apps =
                new ApplicationApi(client).listApplications(null, null, null, null, null, null, null);
        apps.forEach(app -> System.out.println(app.getId() + " " + app.getLabel()));
        String zscaler = apps.stream().filter(app -> app.getLabel().startsWith("Zscaler")).findFirst().get().getId();

        var connections = new ApplicationConnectionsApi(client);
        System.out.println("connection before: "
                + connections.getDefaultProvisioningConnectionForApplication(zscaler).getStatus());
        System.out.println("connection now: " + setToken(client, zscaler).getStatus());

        var createUsers = new UpdateFeatureForApplicationRequest().create(new CapabilitiesCreateObject()
                .lifecycleCreate(new LifecycleCreateSettingObject().status(EnabledStatus.ENABLED)));
        var feature = (UserProvisioningApplicationFeature) new ApplicationFeaturesApi(client)
                .updateFeatureForApplication(zscaler, ApplicationFeatureType.USER_PROVISIONING, createUsers);
        System.out.println("Okta creates users: "
                + feature.getCapabilities().getCreate().getLifecycleCreate().getStatus());
    }

    /** The SDK's own method supports only OAuth 2.0 connections, so this sends the request by hand. */
    static ProvisioningConnectionResponse setToken(ApiClient client, String app) throws Exception {
        var request = new ProvisioningConnectionTokenRequest()
                .baseUrl("https://scim.example.com")
                .profile(new ProvisioningConnectionTokenRequestProfile()
                        .authScheme(ProvisioningConnectionTokenAuthScheme.TOKEN).token("scim-secret"));
        return client.invokeAPI("/api/v1/apps/" + app + "/connections/default", "POST",
                client.parameterToPair("activate", true), List.of(), "", request,
                new HashMap<>(), new HashMap<>(), new HashMap<>(), "application/json", "application/json",
                new String[] {"apiToken", "oauth2"}, new TypeReference<>() {});
    }
}
