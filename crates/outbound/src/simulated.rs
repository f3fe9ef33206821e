//! Carriers that are simulated: for local runs only.

use ringback_lambda::{BadVariable, Vars};
use url::{Host, Url};

/// The setting `SIMULATED_CARRIERS`: where every request to a carrier goes instead, or `none`. It counts only together
/// with `ALLOW_HTTP` = `on`, so that no deployment is led astray by one setting alone.
///
/// # Errors
/// Names the variable that is wrong.
pub fn simulated_carriers(vars: &Vars) -> Result<Option<Url>, BadVariable> {
    let allowed = vars.parsed("ALLOW_HTTP", false, "on or off", |word| match word {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    })?;
    vars.parsed(
        "SIMULATED_CARRIERS",
        None,
        "none, or with ALLOW_HTTP=on http:// and a loopback address with a port, without a path: it is for local runs",
        |text| match text {
            "none" => Some(None),
            _ if allowed => loopback(text).map(Some),
            _ => None,
        },
    )
}

/// An address, and no name: a name could lead anywhere.
fn loopback(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let loopback = match url.host()? {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(_) => false,
    };
    let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let nobody = url.username().is_empty() && url.password().is_none();
    (url.scheme() == "http" && loopback && plain && nobody).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_loopback_address_and_only_where_http_is_allowed() {
        let of =
            |url, http| simulated_carriers(&Vars::from([("SIMULATED_CARRIERS", url), ("ALLOW_HTTP", http)]));
        for url in ["http://127.0.0.1:9000", "http://[::1]:9000/"] {
            assert!(of(url, "on").unwrap().is_some(), "{url}");
            assert_eq!(of(url, "off").unwrap_err().name, "SIMULATED_CARRIERS");
        }
        assert_eq!(of("none", "off"), Ok(None));
        assert_eq!(of("none", "yes").unwrap_err().name, "ALLOW_HTTP");
        for url in [
            "https://127.0.0.1:9000",
            "http://localhost:9000",
            "http://192.0.2.1:9000",
            "http://127.0.0.1.example.com:9000",
            "http://user@127.0.0.1:9000",
            "http://127.0.0.1:9000/path",
        ] {
            assert!(of(url, "on").is_err(), "{url}");
        }
    }
}
