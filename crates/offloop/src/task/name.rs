//! What tasks are called, worked out by the compiler.

use super::Entry;

/// `render :: tile :: < u8 >` is known as `tile`.
pub(super) const fn last_segment(path: &'static str) -> &'static str {
    let bytes = path.as_bytes();
    let mut end = bytes.len();
    let mut depth = 0_usize;
    // Generic arguments at the end, and what separates them from the name. The `>` of `fn() -> u8` closes nothing.
    while end > 0 {
        match bytes[end - 1] {
            b'>' if end > 1 && bytes[end - 2] == b'-' => {}
            b'>' => depth += 1,
            b'<' => depth -= 1,
            b':' | b' ' => {}
            _ if depth == 0 => break,
            _ => {}
        }
        end -= 1;
    }
    let mut start = end;
    while start > 0 && !matches!(bytes[start - 1], b':' | b' ' | b'#') {
        start -= 1;
    }
    path.split_at(end).0.split_at(start).1
}

/// Whether two tasks of the table go by the same name.
pub(super) const fn has_twins(entries: &[Entry]) -> bool {
    let mut at = 0;
    while at < entries.len() {
        let mut other = 0;
        while other < at {
            if is_same(entries[at].name().as_bytes(), entries[other].name().as_bytes()) {
                return true;
            }
            other += 1;
        }
        at += 1;
    }
    false
}

/// `==`, which is not `const` yet.
const fn is_same(left: &[u8], right: &[u8]) -> bool {
    let mut at = 0;
    while at < left.len() && at < right.len() && left[at] == right[at] {
        at += 1;
    }
    at == left.len() && at == right.len()
}
