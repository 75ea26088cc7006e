//! Where a token may be asked for, and where a password may go.
//!
//! A realm is a registry's word (CVE-2020-15157, GHSA-xf85-363p-868w): it is followed as far as the address guard allows, and gets a secret
//! only if it belongs to the registry.

use url::{Host, Url};

use super::{
    endpoint::Endpoint,
    guard::{Refusal, authority, is_own_host, is_token_host},
};

const MAX_REALM: usize = 2 * 1024;

/// Domains below which strangers live side by side; there, only the very same host belongs together.
const SHARED_DOMAINS: &[&str] = &[
    "amazonaws.com",
    "amazonaws.com.cn",
    "on.aws",
    "cloudfront.net",
    "elasticbeanstalk.com",
    "azurecr.io",
    "azurewebsites.net",
    "azure.com",
    "azure.net",
    "windows.net",
    "cloudapp.net",
    "googleapis.com",
    "googleusercontent.com",
    "appspot.com",
    "run.app",
    "pkg.dev",
    "gcr.io",
    "web.app",
    "firebaseapp.com",
    "github.io",
    "githubusercontent.com",
    "github.dev",
    "gitlab.io",
    "bitbucket.io",
    "herokuapp.com",
    "pages.dev",
    "workers.dev",
    "trycloudflare.com",
    "vercel.app",
    "netlify.app",
    "fly.dev",
    "onrender.com",
    "railway.app",
    "digitaloceanspaces.com",
    "ondigitalocean.app",
    "ngrok.io",
    "ngrok.app",
    "ngrok.dev",
    "ngrok-free.app",
    "ngrok-free.dev",
    "loca.lt",
    "jfrog.io",
    "cloudsmith.io",
    "nip.io",
    "sslip.io",
    "duckdns.org",
    "dyndns.org",
    "ddns.net",
    "no-ip.org",
    "hopto.org",
    "oraclecloud.com",
    "ocir.io",
    "aliyuncs.com",
    "myqcloud.com",
    "r2.dev",
    "backblazeb2.com",
    "wasabisys.com",
    "linodeobjects.com",
    "ts.net",
    "deno.dev",
    "repl.co",
    "replit.dev",
    "surge.sh",
    "glitch.me",
    "readthedocs.io",
    "blogspot.com",
    "wordpress.com",
    "myshopify.com",
    "lhr.life",
];
/// Second levels under which countries register names: `co.uk`, `com.au`.
const COUNTRY_SECOND_LEVELS: &[&str] = &[
    "ac", "co", "com", "edu", "go", "gob", "gov", "govt", "gv", "id", "ltd", "me", "mil", "ne", "net", "nom",
    "or", "org", "plc", "sch",
];

/// Checks the form of a realm: a URL as safe as the registry's own, with nothing hidden in it.
pub(super) fn check(endpoint: &Endpoint, realm: &Url) -> Result<(), Refusal> {
    let refused = |why| Err(Refusal { target: authority(realm), why });
    let scheme_is_safe =
        realm.scheme() == "https" || (realm.scheme() == "http" && endpoint.base.scheme() == "http");
    if !scheme_is_safe {
        return refused("its token endpoint is not https");
    }
    if realm.host_str().is_none_or(str::is_empty) {
        return refused("its token endpoint has no host");
    }
    if !realm.username().is_empty() || realm.password().is_some() || realm.fragment().is_some() {
        return refused("its token endpoint has user information or a fragment");
    }
    if realm.as_str().len() > MAX_REALM {
        return refused("its token endpoint is too long");
    }
    Ok(())
}

/// Whether the registry's secrets may go to the realm.
pub(super) fn may_have_secrets(endpoint: &Endpoint, realm: &Url) -> bool {
    is_own_host(endpoint, realm) || is_token_host(endpoint, realm) || is_of_one_domain(&endpoint.base, realm)
}

/// Parents, children and siblings under one registered domain.
fn is_of_one_domain(one: &Url, other: &Url) -> bool {
    let (Some(Host::Domain(one)), Some(Host::Domain(other))) = (one.host(), other.host()) else {
        return false;
    };
    let domain = registered_domain(one);
    domain.is_some() && domain == registered_domain(other)
}

fn registered_domain(host: &str) -> Option<&str> {
    let host = host.strip_suffix('.').unwrap_or(host);
    let shared =
        |domain: &&str| host == *domain || host.strip_suffix(*domain).is_some_and(|h| h.ends_with('.'));
    if SHARED_DOMAINS.iter().any(shared) {
        return None;
    }
    let labels: Vec<_> = host.rsplit('.').take(3).collect();
    let wanted = match labels[..] {
        [top, second, ..] if top.len() == 2 && COUNTRY_SECOND_LEVELS.contains(&second) => 3,
        _ => 2,
    };
    if labels.len() < wanted || labels.iter().any(|label| label.is_empty()) {
        return None;
    }
    let length = labels.iter().take(wanted).map(|label| label.len() + 1).sum::<usize>() - 1;
    host.get(host.len() - length..)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{super::endpoint::Endpoints, *};
    use crate::config::RegistryConfig;

    fn endpoint(host: &str, config: RegistryConfig) -> Endpoint {
        let host = host.parse().unwrap();
        Endpoints::new(&BTreeMap::from([(Clone::clone(&host), config)])).unwrap().site(&host).unwrap().origin
    }

    #[test]
    fn a_password_goes_to_its_own_registry_and_its_family_and_nowhere_else() {
        for (registry, realm, may) in [
            ("docker.io", "https://auth.docker.io/token", true),
            ("ghcr.io", "https://ghcr.io/token", true),
            ("registry.gitlab.com", "https://gitlab.com/jwt/auth", true),
            ("quay.io", "https://quay.io/v2/auth", true),
            ("quay.io", "https://quay.io.evil.example/v2/auth", false),
            ("myquay.io", "https://quay.io/v2/auth", false),
            ("registry.example.com", "https://sso.example.com/", true),
            ("registry.example.com", "https://example.org/", false),
            ("registry.example.co.uk", "https://evil.co.uk/", false),
            ("registry.example.co.uk", "https://auth.example.co.uk/", true),
            ("1.dkr.ecr.eu-west-1.amazonaws.com", "https://evil.s3.amazonaws.com/", false),
            ("me.github.io", "https://you.github.io/", false),
            ("mine.azurecr.io", "https://mine.azurecr.io/oauth2/token", true),
            ("mine.azurecr.io", "https://other.azurecr.io/oauth2/token", false),
            ("127.0.0.1:5000", "http://127.0.0.1:6000/token", true),
            ("127.0.0.1:5000", "http://127.0.0.2:5000/token", false),
            ("registry", "http://auth/token", false),
            ("10.0.0.1", "https://11.0.0.1/token", false),
        ] {
            let endpoint = endpoint(registry, RegistryConfig::default());
            assert_eq!(may_have_secrets(&endpoint, &realm.parse().unwrap()), may, "{registry} to {realm}");
        }
    }

    #[test]
    fn an_operator_can_name_other_token_hosts() {
        let config =
            RegistryConfig { token_hosts: vec!["SSO.corp".into(), "x:8443".into()], ..Default::default() };
        let endpoint = endpoint("registry.lan", config);
        for (realm, may) in [
            ("https://sso.corp/t", true),
            ("https://x:8443/t", true),
            ("https://x/t", false),
            ("https://y/t", false),
        ] {
            assert_eq!(may_have_secrets(&endpoint, &realm.parse().unwrap()), may, "{realm}");
        }
    }

    #[test]
    fn a_realm_must_be_as_safe_as_its_registry_and_hide_nothing() {
        for (registry, realm, fine) in [
            ("ghcr.io", "https://ghcr.io/token", true),
            ("ghcr.io", "http://ghcr.io/token", false),
            ("127.0.0.1:5000", "http://127.0.0.1:5001/token", true),
            ("127.0.0.1:5000", "https://auth.example/token", true),
            ("ghcr.io", "https://user@ghcr.io/token", false),
            ("ghcr.io", "https://ghcr.io/token#x", false),
            ("ghcr.io", "file:///etc/passwd", false),
            ("ghcr.io", "data:text/plain,x", false),
        ] {
            let endpoint = endpoint(registry, RegistryConfig::default());
            assert_eq!(check(&endpoint, &realm.parse().unwrap()).is_ok(), fine, "{registry} to {realm}");
        }
    }
}
