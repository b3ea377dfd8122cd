//! Blurs a picture on a Web Worker.

use offloop::{Blob, Error, Executor, Options, WorkerOptions};
use wasm_bindgen::prelude::*;

/// The mean of each pixel and its neighbours to the left and right, `radius` of them on each side, in rows of grey pixels.
fn blur(picture: Blob, width: usize, radius: usize) -> Blob {
    let mean = |pixels: &[u8]| pixels.iter().map(|pixel| usize::from(*pixel)).sum::<usize>() / pixels.len();
    let rows = picture.chunks(width.max(1));
    let blurred = rows.flat_map(|row| {
        (0..row.len()).map(|x| mean(&row[x.saturating_sub(radius)..(x + radius + 1).min(row.len())]).to_le_bytes()[0])
    });
    blurred.collect::<Vec<u8>>().into()
}

offloop::tasks! { blur }

/// A pool of workers, for the page.
#[wasm_bindgen]
pub struct Pool(Executor);

#[wasm_bindgen]
impl Pool {
    /// One worker for each processor.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Result<Pool, Error> {
        Ok(Self(Executor::web_workers(&TASKS, Options::default(), WorkerOptions::default())?))
    }

    /// Blurs on a worker; the pixels travel there and back without being cloned.
    pub async fn blur(&self, picture: Vec<u8>, width: usize, radius: usize) -> Result<Vec<u8>, Error> {
        Ok(self.0.run(blur, (picture.into(), width, radius)).await?.into_vec())
    }
}
