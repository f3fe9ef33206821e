//! Whether an address is one of the public internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether nobody but the public internet answers there. What is reserved, private, local, shared by a provider's
/// customers, for documentation or for groups is not; nor is an address that stands for another one that is not (IPv4 in
/// IPv6, 6to4, NAT64). After the registries of special-purpose addresses (RFC 6890, IANA).
pub fn is_global(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_global_v4(address),
        IpAddr::V6(address) => is_global_v6(address),
    }
}

fn is_global_v4(address: Ipv4Addr) -> bool {
    let reserved = match address.octets() {
        // "This network".
        [0, ..] => true,
        // Carrier-grade NAT, 100.64.0.0/10.
        [100, second, ..] => second & 0xc0 == 64,
        // IETF protocol assignments, and the relays of 6to4, which are gone.
        [192, 0, 0, _] | [192, 88, 99, _] => true,
        // Benchmarks of networks, 198.18.0.0/15.
        [198, 18 | 19, ..] => true,
        // Groups, and all that is above them.
        [224..=255, ..] => true,
        _ => false,
    };
    !(reserved
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_broadcast())
}

fn is_global_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_global_v4(Ipv4Addr::new(a, b, c, d))
    };
    match [a, b, c, d, e, f] {
        // NAT64 (RFC 6052): the address behind it is the last 32 bits.
        [0x64, 0xff9b, 0, 0, 0, 0] => v4(g, h),
        // 6to4: the address of the relay's network.
        [0x2002, ..] => v4(b, c),
        // Teredo, benchmarks, ORCHID and other protocols, 2001::/23.
        [0x2001, second, ..] if second < 0x200 => false,
        // Documentation.
        [0x2001, 0xdb8, ..] => false,
        [0x3fff, second, ..] if second < 0x1000 => false,
        // Everything that is public is in 2000::/3: not ::1, ::ffff:0:0/96, fc00::/7, fe80::/10, ff00::/8.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_public_internet_are_global() {
        let global = [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "198.17.0.1",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2a00:1450:4009::200e",
            "64:ff9b::808:808",
            "2002:808:808::1",
        ];
        let other = [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "169.254.170.2",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:10::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:a9fe:a9fe::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ];
        for text in global {
            assert!(is_global(text.parse().unwrap()), "{text}");
        }
        for text in other {
            assert!(!is_global(text.parse().unwrap()), "{text}");
        }
    }
}
