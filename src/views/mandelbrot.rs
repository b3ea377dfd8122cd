//! `GET /mandelbrot`: the Mandelbrot set as a PNG, its tiles computed on lanes.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use offloop::Blob;

use super::problem::Problem;
use super::query::{decimal, read, whole};
use super::{Shared, admission};
use crate::tasks::{Mosaic, Tile, mosaic, tile};

/// The longest side of a picture.
const SIDE_MAX: u16 = 2048;

/// The most iterations for a whole picture, should no point ever escape: some ten seconds of one lane.
const WORK_MAX: u64 = 4_000_000_000;

/// The most iterations for one tile, some 20 ms, so that a lane is free again soon.
const TILE_WORK: u64 = 10_000_000;

/// What is to be seen.
#[derive(Debug)]
struct View {
    left: f64,
    top: f64,
    step: f64,
    width: u16,
    height: u16,
    iterations: u32,
}

pub(super) async fn view(State(shared): State<Arc<Shared>>, request: Request) -> Result<Response, Problem> {
    let (mut parts, _) = request.into_parts();
    let (pool, _) = admission::admit(&mut parts, &shared.limits)?;
    let view = View::read(parts.uri.query())?;
    let edge = view.edge();
    let refused = |error: String| Problem::internal(error);
    let tiles: Vec<Blob> = pool
        .map(tile, view.tiles(edge))
        .map(|result| result.map_err(Problem::from)?.map_err(refused))
        .try_collect()
        .await?;
    // Compressing takes long enough to be work for a lane, too.
    let put_together = Mosaic { width: view.width.into(), height: view.height.into(), edge: edge.into(), tiles };
    let picture = pool.run(mosaic, put_together).await?.map_err(refused)?;
    Ok(([(CONTENT_TYPE, HeaderValue::from_static("image/png"))], Bytes::from(picture)).into_response())
}

impl View {
    fn read(query: Option<&str>) -> Result<Self, Problem> {
        let [x, y, zoom, width, height, iterations] = read(query, ["x", "y", "zoom", "width", "height", "iterations"])?;
        let x = decimal("x", x.as_deref(), -0.75, -4.0..=4.0)?;
        let y = decimal("y", y.as_deref(), 0.0, -4.0..=4.0)?;
        // Deeper than that, neighbouring points are the same number.
        let zoom = decimal("zoom", zoom.as_deref(), 1.0, 0.1..=1e13)?;
        let side = |name, text: Option<&str>, default| {
            whole(name, text, default, 1..=SIDE_MAX.into()).map(|side| u16::try_from(side).unwrap_or(SIDE_MAX))
        };
        let width = side("width", width.as_deref(), 640)?;
        let height = side("height", height.as_deref(), 480)?;
        let pixels = u64::from(width) * u64::from(height);
        let most = (WORK_MAX / pixels).min(100_000);
        let iterations = whole("iterations", iterations.as_deref(), most.min(300), 1..=most)?;
        let (across, down) = (f64::from(width), f64::from(height));
        // At zoom 1 the whole set is to be seen, whatever the shape of the picture.
        let step = (3.5 / across).max(2.5 / down) / zoom;
        let (left, top) = (x - step * across / 2.0, y - step * down / 2.0);
        let iterations = u32::try_from(iterations).unwrap_or(u32::MAX);
        Ok(Self { left, top, step, width, height, iterations })
    }

    /// The edge of a tile.
    fn edge(&self) -> u16 {
        let pixels = TILE_WORK / u64::from(self.iterations.max(1));
        u16::try_from(pixels.isqrt()).unwrap_or(u16::MAX).clamp(64, 256)
    }

    /// Row by row, from left to right; those at the right and at the bottom may be smaller.
    fn tiles(&self, edge: u16) -> Vec<Tile> {
        let starts = |side: u16| (0..side).step_by(usize::from(edge));
        let tile = |row: u16, column: u16| Tile {
            left: self.left + f64::from(column) * self.step,
            top: self.top + f64::from(row) * self.step,
            step: self.step,
            width: edge.min(self.width - column),
            height: edge.min(self.height - row),
            iterations: self.iterations,
        };
        starts(self.height)
            .flat_map(|row| starts(self.width).map(move |column| (row, column)))
            .map(|(row, column)| tile(row, column))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::View;

    #[test]
    fn tiles_cover_the_picture_once() {
        for (query, count) in
            [("width=640&height=480", 6 * 4), ("width=1&height=1", 1), ("width=500&height=3&iterations=100000", 8)]
        {
            let view = View::read(Some(query)).ok().unwrap();
            let tiles = view.tiles(view.edge());
            assert!(tiles.len() <= count, "{query}: {}", tiles.len());
            let area: u64 = tiles.iter().map(|tile| u64::from(tile.width) * u64::from(tile.height)).sum();
            assert_eq!(area, u64::from(view.width) * u64::from(view.height), "{query}");
        }
    }

    #[test]
    fn the_middle_is_where_it_was_asked_for() {
        let view = View::read(Some("x=-0.5&y=0.25&zoom=10&width=200&height=100")).ok().unwrap();
        assert!((view.left + view.step * 100.0 + 0.5).abs() < 1e-12);
        assert!((view.top + view.step * 50.0 - 0.25).abs() < 1e-12);
    }

    #[test]
    fn the_work_for_a_picture_is_bounded() {
        assert!(View::read(Some("width=2048&height=2048&iterations=953")).is_ok());
        for query in [
            "width=2048&height=2048&iterations=954",
            "width=2049",
            "height=0",
            "zoom=0",
            "zoom=1e14",
            "x=5",
            "y=NaN",
            "iterations=0",
        ] {
            assert!(View::read(Some(query)).is_err(), "{query}");
        }
    }
}
