//! The browser entry for pages: what `www/` may call.
