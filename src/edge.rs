//! The Cloudflare entry: the fetch event and the lane object.
