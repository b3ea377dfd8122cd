//! The browser entry for fetch events: the same views, with no server at all.
