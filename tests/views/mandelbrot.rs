//! `GET /mandelbrot`.

use std::io::Cursor;

use offloop_edge::tasks::{Tile, tile};

use super::App;

/// Width, height, and the pixels, three bytes each.
fn decode(file: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(Cursor::new(file)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info.width, info.height, pixels)
}

#[test]
fn the_picture_is_the_same_as_one_tile_of_that_size() {
    let app = App::new();
    let answer = app.get("/mandelbrot?x=-0.7436&y=0.1318&zoom=200&width=300&height=270&iterations=400");
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "image/png"));
    let step = 3.5 / 300.0 / 200.0;
    let whole = Tile {
        left: -0.7436 - 150.0 * step,
        top: 0.1318 - 135.0 * step,
        step,
        width: 300,
        height: 270,
        iterations: 400,
    };
    let whole = tile(whole).unwrap();
    let (width, height, pixels) = decode(&answer.bytes);
    assert_eq!((width, height), (300, 270));
    // Tiles start where sums of floating point numbers are a hair off, so a pixel here and there may differ.
    let same = pixels.chunks(3).zip(whole.chunks(4)).filter(|(a, b)| *a == &b[..3]).count();
    assert!(same > 300 * 270 * 98 / 100, "{same}");
    assert!(app.pool.stats().finished > 4, "in tiles, on lanes");
}

#[test]
fn without_parameters_it_is_the_whole_set() {
    let answer = App::new().get("/mandelbrot");
    let (width, height, pixels) = decode(&answer.bytes);
    assert_eq!((width, height), (640, 480));
    let colour = |x: usize, y: usize| &pixels[(y * 640 + x) * 3..][..3];
    assert_eq!(colour(320, 240), [0x0b, 0x0d, 0x0e], "the middle is inside");
    assert_ne!(colour(0, 0), colour(320, 240));
}

#[test]
fn parameters_are_read_strictly() {
    let app = App::new();
    for (query, parameter) in [
        ("x=abc", "x"),
        ("y=inf", "y"),
        ("zoom=0", "zoom"),
        ("width=0", "width"),
        ("height=2049", "height"),
        ("width=2048&height=2048&iterations=1000", "iterations"),
        ("zoom=1&zoom=1", "zoom"),
        ("colour=red", "colour"),
    ] {
        assert_eq!(app.get(&format!("/mandelbrot?{query}")).problem(400)["parameter"], parameter, "{query}");
    }
}
