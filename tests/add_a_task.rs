//! Follows `docs/add-a-task.md` word for word: copies the package, does what its blocks say, and runs the last one as a test.
#![allow(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PAGE: &str = include_str!("../docs/add-a-task.md");

/// The fenced blocks in this language, in order.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    PAGE.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let name = entry.unwrap().file_name();
            copy(&from.join(&name), &to.join(&name));
        }
    } else {
        fs::copy(from, to).unwrap();
    }
}

/// Applies the additions of a block in diff form: each goes before the first line of the file that matches the next unchanged
/// line of the block, or after the last one that did.
fn apply(file: &Path, diff: &str) {
    let text = fs::read_to_string(file).unwrap();
    let anchor = diff.lines().find_map(|line| line.strip_prefix(' ')).unwrap();
    assert_eq!(text.lines().filter(|line| *line == anchor).count(), 1, "{anchor} is there once");
    let (before, after) = diff.split_once(&format!(" {anchor}\n")).unwrap();
    let added =
        |lines: &str| lines.lines().map(|line| line.strip_prefix('+').unwrap().to_owned() + "\n").collect::<String>();
    let patched = text.replace(&format!("{anchor}\n"), &format!("{}{anchor}\n{}", added(before), added(after)));
    fs::write(file, patched).unwrap();
}

/// Copies the package, follows the page, and runs cargo in the copy.
fn follow(name: &str, arguments: &[&str]) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let copied = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&copied);
    for part in [
        "Cargo.toml",
        "Cargo.lock",
        "src",
        "crates/offloop/Cargo.toml",
        "crates/offloop/src",
        "crates/offloop/js",
        // Other members of the workspace.
        "tests/conformance-edge",
        "tests/counts",
    ] {
        fs::create_dir_all(copied.join(part).parent().unwrap()).unwrap();
        copy(&root.join(part), &copied.join(part));
    }
    let [function, example] = blocks("rust")[..] else { panic!("two blocks of Rust") };
    let [table, bound] = blocks("diff")[..] else { panic!("two blocks of changes") };
    fs::write(copied.join("src/tasks/count_words.rs"), function).unwrap();
    apply(&copied.join("src/tasks.rs"), table);
    apply(&copied.join("src/tasks/bounds.rs"), bound);
    fs::create_dir_all(copied.join("tests")).unwrap();
    fs::write(copied.join("tests/count_words.rs"), example).unwrap();
    // The package's target folder, so that what it depends on is not built again.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(&copied)
        .env("CARGO_TARGET_DIR", target)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_page_leads_to_a_task_that_runs() {
    // A target folder of its own: the name of a cdylib's file has no hash, so this build would take the place of the package's own.
    let target = concat!(env!("CARGO_TARGET_TMPDIR"), "/add-a-task");
    let arguments = ["test", "--no-default-features", "--features", "offloop/json", "--test", "count_words"];
    follow("native", &[&arguments[..], &["--target-dir", target]].concat());
}

/// A native run need not have the target for wasm, so this is a suite of its own: `npm test -- --only add-a-task`.
#[test]
#[ignore = "needs the target wasm32-unknown-unknown"]
fn the_page_leads_to_a_task_that_compiles_for_browser_and_edge() {
    for feature in ["browser", "edge"] {
        let arguments =
            ["check", "--lib", "--target", "wasm32-unknown-unknown", "--no-default-features", "--features", feature];
        follow("wasm", &arguments);
    }
}

#[test]
fn the_page_adds_fewer_than_ten_lines_outside_the_function() {
    let added = blocks("diff").iter().flat_map(|block| block.lines()).filter(|line| line.starts_with('+')).count();
    assert!(added < 10, "{added}");
}
