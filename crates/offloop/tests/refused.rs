//! What the compiler says of tables that it refuses: once for each mistake, at the task, and what to do.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Each in a table beside one that is fine. At the end of a line: what is said of it, and of nothing else.
const WRONG: &str = "
fn fine(n: u64) -> u64 { n }
mod deep { pub mod down { pub fn text(a: &str) -> u8 { 0 } } }
fn takes(a: u8, b: std::rc::Rc<u8>) -> u8 { a }
fn gives(a: u8) -> Result<u8, std::io::Error> { Ok(a) }
fn bytes(context: &offloop::Context, a: u8, b: &[u8]) -> u8 { a }
fn owned(a: &String) -> u8 { 0 }
fn lends(a: u8) -> &'static str { \"\" }
async fn later(a: u8) -> u8 { a }
fn four(a: u8, b: u8, c: u8, d: u8) -> u8 { a }
fn largest<T: Ord>(all: Vec<T>) -> T { todo!() }
const NUMBER: u8 = 7;

mod a { use super::*; offloop::tasks! { fine,
    takes, // a task cannot take `Rc<u8>`, which does not implement both `serde::Serialize` and `serde::Deserialize`
} }
mod b { use super::*; offloop::tasks! { fine,
    #[idempotent] gives, // a task cannot give `Result<u8, std::io::Error>`, which does not implement both
} }
mod c { use super::*; offloop::tasks! { fine,
    crate::deep::down::text, // a task cannot take the reference `&str`
    bytes as last, // a task cannot take the reference `&[u8]`
    #[cfg(not(windows))] #[idempotent] owned as first, // a task cannot take the reference `&String`
    lends, // a task cannot give the reference `&str`
} }
mod d { use super::*; offloop::tasks! { fine,
    later, // a task cannot give `impl Future<Output = u8>`, which does not implement both
    four, // `fn(u8, u8, u8, u8) -> u8 {four}` cannot be a task
    NUMBER, // `u8` cannot be a task
    missing, // cannot find value `missing` in this scope
} }
mod e { use super::*; offloop::tasks! { fine,
    largest, // a generic function is listed with its types, as in `largest::<u32>`
} }
fn main() {}
";

#[test]
fn each_mistake_is_told_once_and_at_its_task() {
    let said = compile(&format!("extern crate offloop; {WRONG}"), &["--error-format=short"]);
    let mut errors: Vec<&str> = said.lines().filter(|line| line.contains(": error")).collect();
    for (number, line) in WRONG.lines().enumerate() {
        let Some((task, message)) = line.split_once(" // ") else { continue };
        let name = task.trim().trim_end_matches(',').rsplit("] ").next().unwrap();
        let name = name.split(" as ").next().unwrap();
        let place = format!("wrong.rs:{}:{}: error", number + 1, line.find(name).unwrap() + 1);
        let at = errors.iter().position(|error| error.starts_with(&place) && error.contains(message));
        errors.remove(at.unwrap_or_else(|| panic!("nothing at {place} says {message}: {said}")));
    }
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn it_is_told_what_to_take_instead_of_a_reference() {
    let said = compile(WRONG, &["--error-format=human"]);
    for told in
        ["take what owns the data: a `String` for a `&str`", "give what owns the data", "derive(serde::Serialize"]
    {
        assert!(said.contains(told), "{told}: {said}");
    }
}

/// Only looked at, not built: about half a second. What the compiler says.
fn compile(source: &str, arguments: &[&str]) -> String {
    let deps = env::current_exe().unwrap().parent().unwrap().to_path_buf();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("refused{}", arguments.concat()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("wrong.rs"), source).unwrap();
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--edition=2024", "--emit=metadata", "wrong.rs"]).args(arguments).arg("-L").arg(&deps);
    rustc.arg("--extern").arg(format!("offloop={}", newest(&deps).display()));
    let ended = rustc.current_dir(&folder).env("CARGO_CRATE_NAME", "wrong").output().unwrap();
    assert!(!ended.status.success());
    String::from_utf8(ended.stderr).unwrap()
}

/// The library as this test was built with it: whatever is out of date is built again before.
fn newest(deps: &Path) -> PathBuf {
    let files = fs::read_dir(deps).unwrap().map(|file| file.unwrap().path()).filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("liboffloop-") && name.ends_with(".rlib")
    });
    files.max_by_key(|path| path.metadata().unwrap().modified().unwrap()).expect("the library is built")
}
