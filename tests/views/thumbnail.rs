//! `POST /thumbnail`. What thumbnails look like is in `tests/pictures.rs`.

use http::Request;

use super::{Answer, App};

const PICTURE: &[u8] = include_bytes!("../fixtures/pictures/rgb.png");
const ANIMATION: &[u8] = include_bytes!("../fixtures/pictures/animated.webp");

fn post(app: &App, query: &str, body: &'static [u8]) -> Answer {
    app.ask(Request::post(format!("/thumbnail{query}")), body)
}

#[test]
fn a_picture_becomes_smaller_in_the_format_that_is_asked_for() {
    let app = App::new();
    for (query, kind, magic) in [
        ("?width=50", "image/png", &b"\x89PNG"[..]),
        ("?width=50&height=50&fit=cover&format=jpeg&quality=60", "image/jpeg", b"\xff\xd8\xff"),
        ("?height=20&format=webp&fit=contain", "image/webp", b"RIFF"),
    ] {
        let answer = post(&app, query, PICTURE);
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, kind), "{query}: {}", answer.text);
        assert!(answer.bytes.starts_with(magic), "{query}");
    }
    assert_eq!(app.pool.stats().finished, 3, "made on lanes");
}

#[test]
fn parameters_are_read_strictly() {
    let app = App::new();
    for (query, parameter) in [
        ("", "width"),
        ("?width=0", "width"),
        ("?width=2049", "width"),
        ("?width=1e3", "width"),
        ("?height=-1", "height"),
        ("?width=1&fit=Cover", "fit"),
        ("?width=1&format=gif", "format"),
        ("?width=1&quality=0", "quality"),
        ("?width=1&quality=101", "quality"),
        ("?width=1&width=1", "width"),
        ("?widht=1", "widht"),
    ] {
        assert_eq!(post(&app, query, PICTURE).problem(400)["parameter"], parameter, "{query}");
    }
    assert_eq!(app.pool.stats().submitted, 0);
}

#[test]
fn what_is_no_still_picture_says_so() {
    let app = App::new();
    assert!(
        post(&app, "?width=9", b"GIF89a...").problem(415)["detail"].as_str().unwrap().contains("JPEG, PNG or WebP")
    );
    post(&app, "?width=9", b"").problem(415);
    post(&app, "?width=9", ANIMATION).problem(422);
    post(&app, "?width=9", PICTURE.split_at(PICTURE.len() / 2).0).problem(422);
}

#[test]
fn too_many_bytes_or_pixels_are_refused() {
    let options = offloop::Options::default().lanes(1);
    let app = App::with(&[("PICTURE_MAX", "1000")], options.clone());
    post(&app, "?width=9", PICTURE).problem(413);
    let app = App::with(&[("PIXELS_MAX", "7499")], options);
    let detail = post(&app, "?width=9", PICTURE).problem(422)["detail"].to_string();
    assert!(detail.contains("100 x 75") && detail.contains("7499"), "{detail}");
}

#[test]
fn what_wraps_a_picture_is_told_to_send_the_picture_itself() {
    let app = App::new();
    let form = b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n\x89PNG\r\n\x1a\n\r\n--x--\r\n";
    for body in [&b""[..], form, b"\x1f\x8b\x08\0\0\0\0\0", b"data:image/png;base64,iVBORw0KGgo=", b"{\"image\":\"\"}"]
    {
        let problem = post(&app, "?width=9", body).problem(415);
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("send the picture itself as the body"), "{body:?}: {detail}");
    }
}

#[test]
fn a_result_beyond_its_format_names_the_limit() {
    let app = App::new();
    let mut tall = Vec::new();
    let mut encoder = png::Encoder::new(&mut tall, 1, 300);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().unwrap().write_image_data(&[7; 300]).unwrap();
    let request = Request::post("/thumbnail?width=100&fit=contain&format=webp");
    let detail = app.ask(request, tall).problem(422)["detail"].to_string();
    assert!(detail.contains("100 x 30000") && detail.contains("at most 16383"), "{detail}");
}
