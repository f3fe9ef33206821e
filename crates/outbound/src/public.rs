//! Names that lead to the public internet, and nowhere else.

use std::error::Error;
use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;

use crate::address::is_global;

/// A name led to an address that is not one of the public internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name leads to an address that is not public")]
pub struct PrivateAddress;

/// Looks names up, and refuses those that lead anywhere but the public internet: even one such address among several, as
/// whoever answers so is up to something. The client connects to the addresses that were looked at, and to no others.
///
/// Hosts that are addresses themselves are not looked up: whoever takes URLs must look at those with
/// [`is_global`](crate::is_global), or refuse them.
#[derive(Debug, Clone, Copy)]
pub struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let addresses = public(lookup_host((name.as_str(), 0)).await?.collect())?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Whether a request was not sent because of [`PublicOnly`].
pub fn is_private(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(problem) = cause {
        if problem.is::<PrivateAddress>() {
            return true;
        }
        cause = problem.source();
    }
    false
}

/// The addresses of a name, if all of them are of the public internet.
fn public(addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, PrivateAddress> {
    match addresses.iter().all(|address| is_global(address.ip())) {
        true => Ok(addresses),
        false => Err(PrivateAddress),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_that_is_not_public_among_several_is_enough_to_refuse_a_name() {
        for (addresses, is_public) in [
            (&["1.1.1.1:0", "8.8.8.8:0", "[2606:4700:4700::1111]:0"][..], true),
            (&["1.1.1.1:0", "10.0.0.1:0", "8.8.8.8:0"], false),
            (&["10.0.0.1:0", "1.1.1.1:0"], false),
            (&["1.1.1.1:0", "[fe80::1]:0"], false),
            (&["1.1.1.1:0", "[::ffff:169.254.169.254]:0"], false),
        ] {
            let addresses: Vec<SocketAddr> = addresses.iter().map(|text| text.parse().unwrap()).collect();
            let looked_at = public(addresses.clone());
            assert_eq!(
                looked_at.ok(),
                is_public.then_some(addresses.clone()),
                "{addresses:?}"
            );
        }
    }
}
