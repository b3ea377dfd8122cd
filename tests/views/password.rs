//! `POST /password/hash` and `POST /password/verify`.

use serde_json::json;

use super::{Answer, App};

const SECRET: &str = "hunter2-Käse";

fn hash(app: &App, body: &serde_json::Value) -> Answer {
    app.post_json("/password/hash", &body.to_string())
}

fn verify(app: &App, password: &str, hash: &str) -> Answer {
    app.post_json("/password/verify", &json!({ "password": password, "hash": hash }).to_string())
}

#[test]
fn a_hash_verifies_its_password_and_no_other() {
    let app = App::new();
    let hash = hash(&app, &json!({ "password": SECRET })).json()["hash"].as_str().unwrap().to_owned();
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    assert_eq!(verify(&app, SECRET, &hash).json(), json!({ "valid": true, "outdated": false }));
    assert_eq!(verify(&app, "Hunter2-Käse", &hash).json(), json!({ "valid": false, "outdated": false }));
    assert_eq!(app.pool.stats().finished, 3, "computed on lanes");
}

#[test]
fn a_caller_may_choose_the_cost_within_bounds() {
    let app = App::new();
    let asked =
        |memory, iterations| hash(&app, &json!({ "password": SECRET, "memory_kib": memory, "iterations": iterations }));
    assert!(asked(9_216, 4).json()["hash"].as_str().unwrap().contains("$m=9216,t=4,p=1$"));
    for (memory, iterations, parameter) in [
        (1, 1, "memory_kib"),
        (4_000_000_000_u32, 1, "memory_kib"),
        (19_456, 1, "iterations"),
        (65_536, 1_000, "iterations"),
    ] {
        assert_eq!(asked(memory, iterations).problem(400)["parameter"], parameter);
    }
}

#[test]
fn a_hostile_hash_is_refused_at_once() {
    let app = App::new();
    let start = offloop::now();
    for hash in ["", "x", "$argon2id$v=19$m=4194304,t=9,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"] {
        verify(&app, SECRET, hash).problem(422);
    }
    assert!(offloop::now() - start < std::time::Duration::from_secs(1));
}

/// Whatever goes wrong, the password is not in the answer: it might end up in a log.
#[test]
fn no_problem_quotes_the_password() {
    let app = App::new();
    let bodies = [
        json!(SECRET),
        json!([SECRET, 1]),
        json!({ "password": SECRET, "hash": SECRET }),
        json!({ "password": SECRET, "hash": 5 }),
        json!({ "password": [SECRET], "hash": SECRET }),
        json!({ "passwort": SECRET, SECRET: 1 }),
        json!({ "password": SECRET, "memory_kib": SECRET }),
        json!({ "password": SECRET.repeat(100) }),
        json!([SECRET, SECRET]),
        json!([[SECRET], {}]),
        json!([SECRET, { "memory_kib": SECRET }]),
    ];
    let mut texts: Vec<String> = bodies.iter().map(ToString::to_string).collect();
    texts.push(format!(r#"{{"password":"{SECRET}"#));
    for text in texts {
        for route in ["/password/hash", "/password/verify", "/tasks/hash_password", "/tasks/verify_password"] {
            let answer = app.post_json(route, &text);
            assert!(!answer.text.contains("hunter2"), "{route} {text}: {}", answer.text);
        }
    }
    let stats = app.get("/stats").text;
    assert!(!stats.contains("hunter2") && !format!("{:?}", app.pool).contains("hunter2"));
}

#[test]
fn long_bodies_and_other_types_are_refused() {
    let app = App::new();
    hash(&app, &json!({ "password": "x".repeat(20_000) })).problem(413);
    app.ask(http::Request::post("/password/hash").header("content-type", "text/plain"), SECRET).problem(415);
    app.get("/password/hash").problem(405);
    app.post_json("/password/hash?memory=1", "{}").problem(400);
}
