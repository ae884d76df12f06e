terraform {
  required_providers {
    okta = {
      source  = "okta/okta"
      version = "~> 6.0"
    }
  }
}

# Reads the variables that okta-mock-server env terraform prints.
provider "okta" {}

variable "app" {
  description = "Id of the app to provision"
  default     = "0oazscalerbyz0000001"
}

variable "service_app_key" {
  description = "Public key of the service app, as JSON Web Key of the type RSA"
  type        = object({ kid = string, e = string, n = string })
}

resource "okta_app_connection" "scim" {
  id       = var.app
  base_url = "https://scim.example.com"
  action   = "activate"

  profile {
    auth_scheme = "TOKEN"
    token       = "scim-secret"
  }
}

resource "okta_app_features" "users" {
  app_id = okta_app_connection.scim.id
  name   = "USER_PROVISIONING"

  capabilities {
    create {
      lifecycle_create {
        status = "ENABLED"
      }
    }
  }
}

resource "okta_app_oauth" "job" {
  label                      = "Provisioning job (Terraform)"
  type                       = "service"
  grant_types                = ["client_credentials"]
  response_types             = ["token"]
  token_endpoint_auth_method = "private_key_jwt"

  jwks {
    kty = "RSA"
    kid = var.service_app_key.kid
    e   = var.service_app_key.e
    n   = var.service_app_key.n
  }
}

variable "issuer" {
  description = "URL of the org"
}

resource "okta_app_oauth_api_scope" "job" {
  app_id = okta_app_oauth.job.id
  issuer = var.issuer
  scopes = ["okta.apps.read"]
}

resource "okta_app_oauth_role_assignment" "job" {
  client_id = okta_app_oauth.job.client_id
  type      = "APP_ADMIN"
}
