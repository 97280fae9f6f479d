//! Networks of addresses, as administrators write them.

use std::{
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

/// An address, or a block of them in CIDR notation (RFC 4632).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: u128,
    mask: u128,
}

impl Network {
    pub fn contains(&self, address: IpAddr) -> bool {
        number(address) & self.mask == self.base
    }
}

/// Both families in one space: IPv4 where RFC 4291 maps it.
fn number(address: IpAddr) -> u128 {
    let address: Ipv6Addr = match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    };
    address.to_bits()
}

impl FromStr for Network {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, length) = text.split_once('/').map_or((text, None), |(a, l)| (a, Some(l)));
        let address: IpAddr = address.parse().map_err(|_| ())?;
        let bits: u32 = if address.is_ipv4() { 32 } else { 128 };
        let length = length.map_or(Ok(bits), |l| l.parse().map_err(|_| ()))?;
        if length > bits {
            return Err(());
        }
        let mask = u128::MAX.checked_shl(bits - length).unwrap_or(0);
        Ok(Self { base: number(address) & mask, mask })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(network: &str, address: &str) -> bool {
        network.parse::<Network>().unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn a_network_holds_its_own_addresses_only() {
        assert!(within("10.0.0.0/8", "10.255.0.1"));
        assert!(!within("10.0.0.0/8", "11.0.0.1"));
        assert!(within("10.1.2.3", "10.1.2.3") && !within("10.1.2.3", "10.1.2.4"));
        assert!(within("0.0.0.0/0", "203.0.113.9") && !within("0.0.0.0/0", "2001:db8::1"));
        assert!(within("::/0", "203.0.113.9") && within("2001:db8::/32", "2001:db8:1::1"));
        assert!(within("10.0.0.0/8", "::ffff:10.1.1.1"));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["", "10.0.0", "10.0.0.0/33", "10.0.0.0/-1", "::/129", "example.com"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
