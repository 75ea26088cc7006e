//! What a domain and a path may look like (distribution/reference). What passes leaves nothing to escape in a URL.

use super::ReferenceError;

const MAX_PATH: usize = 255;

/// Checks `host[:port]`, or an IPv6 address in brackets in place of the host.
pub(super) fn check_domain(domain: &str) -> Result<(), ReferenceError> {
    let (host, port) = match domain.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']').ok_or(ReferenceError::Format)?;
            let valid = !address.is_empty() && address.bytes().all(|b| b.is_ascii_hexdigit() || b == b':');
            if !valid {
                return Err(ReferenceError::Format);
            }
            let port = match port {
                "" => None,
                port => Some(port.strip_prefix(':').ok_or(ReferenceError::Format)?),
            };
            (None, port)
        }
        None => match domain.split_once(':') {
            Some((host, port)) => (Some(host), Some(port)),
            None => (Some(domain), None),
        },
    };
    let host_is_valid = host.is_none_or(|host| host.split('.').all(is_host_label));
    let port_is_valid = port.is_none_or(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
    if host_is_valid && port_is_valid { Ok(()) } else { Err(ReferenceError::Format) }
}

fn is_host_label(label: &str) -> bool {
    let inner = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    inner && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
}

/// Checks the components of a path, and its length.
pub(super) fn check_path(path: &str) -> Result<(), ReferenceError> {
    if !path.split('/').all(is_path_component) {
        let lower = path.to_ascii_lowercase();
        if lower != path && lower.split('/').all(is_path_component) {
            return Err(ReferenceError::Uppercase(path.to_owned()));
        }
        return Err(ReferenceError::Format);
    }
    if path.len() > MAX_PATH { Err(ReferenceError::TooLong) } else { Ok(()) }
}

/// Lower-case alphanumerics, joined by one `.`, one or two `_`, or any number of `-`.
fn is_path_component(component: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if !component.starts_with(alphanumeric) || !component.ends_with(alphanumeric) {
        return false;
    }
    component
        .split(alphanumeric)
        .all(|joint| matches!(joint, "" | "." | "_" | "__") || joint.bytes().all(|b| b == b'-'))
}
