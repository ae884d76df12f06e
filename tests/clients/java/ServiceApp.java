import com.fasterxml.jackson.core.type.TypeReference;
import com.okta.sdk.client.AuthorizationMode;
import com.okta.sdk.client.Clients;
import com.okta.sdk.resource.api.ApplicationApi;
import com.okta.sdk.resource.api.ApplicationGrantsApi;
import com.okta.sdk.resource.api.RoleAssignmentClientApi;
import com.okta.sdk.resource.client.ApiClient;
import com.okta.sdk.resource.client.ApiException;
import com.okta.sdk.resource.model.AssignRoleToGroupRequest;
import com.okta.sdk.resource.model.OAuth2ScopeConsentGrant;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.interfaces.RSAPublicKey;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Creates a service app, connects as this app with its private key, and deletes it.
 * The SDK reads OKTA_CLIENT_ORGURL, OKTA_CLIENT_TOKEN and, for http, OKTA_TESTING_DISABLEHTTPSCHECK.
 */
public class ServiceApp {
    static final String KEY_ID = "provisioning-job";

    public static void main(String... args) throws Exception {
        boolean dpop = Arrays.asList(args).contains("--dpop");
        ApiClient admin = Clients.builder().build();
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        KeyPair key = generator.generateKeyPair();
        String id = create(admin, (RSAPublicKey) key.getPublic(), dpop);
        try {
            new ApplicationGrantsApi(admin).grantConsentToScope(
                    id, new OAuth2ScopeConsentGrant().issuer(admin.getBasePath()).scopeId("okta.apps.read"));
            new RoleAssignmentClientApi(admin).assignRoleToClient(
                    id, new AssignRoleToGroupRequest().type("APP_ADMIN"));
            connectAs(id, key);
        } finally {
            new ApplicationApi(admin).deactivateApplication(id);
            new ApplicationApi(admin).deleteApplication(id);
        }
    }

    static void connectAs(String id, KeyPair key) throws ApiException {
        ApiClient job = Clients.builder()
                .setAuthorizationMode(AuthorizationMode.PRIVATE_KEY)
                .setClientId(id)
                .setScopes(Set.of("okta.apps.read"))
                .setPrivateKey(key.getPrivate())
                .setKid(KEY_ID)
                .build();
        var apps = new ApplicationApi(job);
        System.out.println("the service app sees "
                + apps.listApplications(null, null, null, null, null, null, null).size() + " apps");
        try {
            apps.deactivateApplication(id);
            throw new IllegalStateException("the service app changed an app");
        } catch (ApiException refused) {
            System.out.println("without okta.apps.manage it changes none: " + refused.getCode());
        }
    }

    /** The SDK's model of a key drops the key itself, so this sends the request by hand. */
    static String create(ApiClient admin, RSAPublicKey key, boolean dpop) throws ApiException {
        var app = Map.of(
                "name", "oidc_client",
                "label", "Provisioning job (Java)",
                "signOnMode", "OPENID_CONNECT",
                "credentials", Map.of("oauthClient", Map.of("token_endpoint_auth_method", "private_key_jwt")),
                "settings", Map.of("oauthClient", Map.of(
                        "application_type", "service",
                        "grant_types", List.of("client_credentials"),
                        "response_types", List.of("token"),
                        "dpop_bound_access_tokens", dpop,
                        "jwks", Map.of("keys", List.of(Map.of(
                                "kty", "RSA", "kid", KEY_ID, "use", "sig",
                                "n", encode(key.getModulus()), "e", encode(key.getPublicExponent())))))));
        Map<String, Object> created = admin.invokeAPI("/api/v1/apps", "POST",
                List.of(), List.of(), "", app, new HashMap<>(), new HashMap<>(), new HashMap<>(),
                "application/json", "application/json", new String[] {"apiToken"}, new TypeReference<>() {});
        return (String) created.get("id");
    }

    static String encode(BigInteger number) {
        byte[] bytes = number.toByteArray();
        int sign = bytes[0] == 0 ? 1 : 0;
        return Base64.getUrlEncoder().withoutPadding()
                .encodeToString(Arrays.copyOfRange(bytes, sign, bytes.length));
    }
}
