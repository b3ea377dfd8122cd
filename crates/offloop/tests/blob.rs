//! Blobs travel beside the value: by index in the payload, by base64 in JSON, by value where nothing goes beside.
#![allow(clippy::unwrap_used)]

use offloop::wire::Payload;
use offloop::{Blob, Context, Error};

#[derive(serde::Serialize, serde::Deserialize)]
struct Album {
    title: String,
    cover: Option<Blob>,
    pictures: Vec<Blob>,
}

fn echo(blob: Blob) -> Blob {
    blob
}

fn turn(mut album: Album) -> Album {
    album.pictures.reverse();
    album
}

fn album() -> Album {
    let [cover, one, two] = [&b"cover"[..], b"one", b"two"].map(|bytes| Blob::from(bytes.to_vec()));
    Album { title: "a".to_owned(), cover: Some(cover), pictures: vec![one, two] }
}

fn first_and_all(blob: Blob) -> (Blob, Blob) {
    (blob.slice(0, 1).unwrap_or_default(), blob)
}

/// Encodes a value with blobs while the blobs of its own result are being collected.
fn nested(blob: Blob) -> Result<Vec<Blob>, String> {
    let inner =
        TASKS.at(0).ok_or("no task")?.run(&Context::none(), Payload { bytes: vec![0].into(), blobs: vec![blob] });
    inner.map(|payload| payload.blobs).map_err(|error| error.to_string())
}

offloop::tasks! { echo, turn, first_and_all, nested, album }

fn run(name: &str, bytes: &[u8], blobs: &[&[u8]]) -> Result<Payload, Error> {
    let blobs = blobs.iter().map(|blob| Blob::from(blob.to_vec())).collect();
    let entry = TASKS.at(TASKS.named(name)?).unwrap();
    entry.run(&Context::none(), Payload { bytes: bytes.into(), blobs })
}

fn is_malformed(result: &Result<Payload, Error>) -> bool {
    matches!(result, Err(Error::Malformed { .. }))
}

#[test]
fn a_blob_crosses_without_a_copy() {
    let blob = Blob::from(vec![7; 1000]);
    let memory = blob.as_ptr();
    let output =
        TASKS.at(0).unwrap().run(&Context::none(), Payload { bytes: vec![0].into(), blobs: vec![blob] }).unwrap();
    assert_eq!((output.bytes, output.blobs.len()), (vec![0].into(), 1));
    assert_eq!(output.blobs[0].as_ptr(), memory);
}

#[test]
fn a_vector_of_its_own_is_not_copied_either() {
    let bytes = vec![7; 1000];
    let memory = bytes.as_ptr();
    let back = Blob::from(bytes).into_vec();
    assert_eq!(back.as_ptr(), memory);
}

#[test]
fn blobs_deep_in_a_value_keep_their_places() {
    let album = run("album", &[], &[]).unwrap();
    // Between the names of the fields and the kinds of what is in them.
    assert_eq!(album.bytes[4..11], [b"\x01a".as_slice(), b"\x01\x00", b"\x02\x01\x02"].concat());
    let output = run("turn", &album.bytes, &[b"cover", b"one", b"two"]).unwrap();
    assert_eq!(output.bytes, album.bytes);
    assert_eq!(output.blobs.iter().map(|blob| &**blob).collect::<Vec<_>>(), [&b"cover"[..], b"two", b"one"]);
}

#[test]
fn one_blob_may_be_in_a_value_twice() {
    let output = run("first_and_all", &[0], &[b"xyz"]).unwrap();
    assert_eq!(output.blobs, [Blob::from(b"x".to_vec()), Blob::from(b"xyz".to_vec())]);
}

#[test]
fn an_index_without_its_blob_is_malformed() {
    assert!(is_malformed(&run("echo", &[0], &[])));
    assert!(is_malformed(&run("echo", &[1], &[b"x"])));
    assert!(is_malformed(&run("echo", &[0xff, 0xff, 0xff, 0xff, 0x0f], &[b"x"])));
    let mut album: Vec<u8> = run("album", &[], &[]).unwrap().bytes.into();
    assert!(run("turn", &album, &[b"x", b"y", b"z"]).is_ok());
    album[10] = 1;
    assert!(is_malformed(&run("turn", &album, &[b"x", b"y", b"z"])), "each blob is there once");
}

#[test]
fn a_blob_that_nobody_took_is_malformed() {
    assert!(is_malformed(&run("echo", &[0], &[b"x", b"y"])));
}

#[test]
fn a_task_may_code_blobs_of_its_own_while_its_result_is_coded() {
    let output = run("nested", &[0], &[b"x"]).unwrap();
    // What is in the `Result`.
    assert_eq!((&output.bytes[4..6], output.blobs), (&[1, 0][..], vec![Blob::from(b"x".to_vec())]));
}

#[test]
fn a_refused_value_leaves_nothing_behind() {
    let album = run("album", &[], &[]).unwrap();
    assert!(run("turn", &album.bytes, &[b"x"]).is_err());
    assert!(run("echo", &[0], &[]).is_err());
    assert_eq!(run("echo", &[0], &[b"z"]).unwrap().blobs, [Blob::from(b"z".to_vec())]);
}

#[test]
fn outside_of_a_payload_a_blob_is_its_bytes() {
    let bytes = postcard::to_allocvec(&Blob::from(vec![1, 2, 3])).unwrap();
    assert_eq!(bytes, [3, 1, 2, 3]);
    assert_eq!(postcard::from_bytes::<Blob>(&bytes), Ok(Blob::from(vec![1, 2, 3])));
}

#[test]
fn in_json_a_blob_is_base64() {
    for bytes in [&b""[..], b"f", b"fo", b"foo", &[0xff, 0xfe, 0x00]] {
        let text = serde_json::to_string(&Blob::from(bytes.to_vec())).unwrap();
        assert_eq!(&*serde_json::from_str::<Blob>(&text).unwrap(), bytes);
    }
    assert_eq!(serde_json::to_string(&Blob::from(b"foo".to_vec())).unwrap(), r#""Zm9v""#);
    for refused in [r#""Zm9""#, r#""Zm9v=""#, r#""Zm-_""#, r#""Zm 9v""#, "7", "null", "[1,2]", "{}"] {
        assert!(serde_json::from_str::<Blob>(refused).is_err(), "{refused}");
    }
}

#[test]
fn a_slice_shares_memory_and_stays_inside() {
    let blob = Blob::from((0..10).collect::<Vec<u8>>());
    assert_eq!(blob.slice(2, 5).unwrap().as_ptr(), blob[2..].as_ptr());
    assert_eq!(&*blob.slice(2, 5).unwrap(), [2, 3, 4]);
    assert_eq!(blob.slice(10, 10).unwrap().len(), 0);
    for (start, end) in [(5, 4), (0, 11), (11, 11), (usize::MAX, usize::MAX), (1, usize::MAX)] {
        assert_eq!(blob.slice(start, end), None);
    }
}
