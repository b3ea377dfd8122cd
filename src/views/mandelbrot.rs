//! `GET /mandelbrot`: the Mandelbrot set as a PNG, drawn and compressed strip by strip on lanes. Pixels never come here: of a picture with
//! 12 MB of them, a few at a time are at a lane, and what is left of them after compression is put together.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use offloop::Executor;

use super::memory::{Account, Kind};
use super::problem::Problem;
use super::query::{decimal, read, whole};
use super::turns::Sharing;
use super::{Shared, admission};
use crate::limits::RESULT_MAX;
use crate::tasks::{Picture, Rows, Strip, strip};

/// The longest side of a picture.
const SIDE_MAX: u16 = 2048;

/// The most iterations for a whole picture, should no point ever escape: some ten seconds of one lane.
const WORK_MAX: u64 = 4_000_000_000;

/// The most iterations for one strip, some 20 ms, so that a lane is free again soon.
const STRIP_WORK: u64 = 8_000_000;

/// The most pixels of a strip: to compress them takes some milliseconds.
const STRIP_PIXELS: usize = 64 << 10;

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
    let account = Account::of(&parts)?;
    account.reserve(Kind::Result, view.bytes().min(RESULT_MAX))?;
    let strips = draw(&shared, &pool, view.strips(), &account).await?;
    let mut picture = Picture::default();
    let mut file = Picture::head(view.width, view.height);
    for strip in strips {
        picture.add(&strip);
        file.extend_from_slice(&strip.chunk);
    }
    file.extend(picture.tail());
    account.result(file.len(), RESULT_MAX)?;
    Ok(([(CONTENT_TYPE, HeaderValue::from_static("image/png"))], Bytes::from(file)).into_response())
}

/// The strips in their order, drawn by lanes that this request shares with others.
async fn draw(
    shared: &Arc<Shared>,
    pool: &Executor,
    rows: Vec<Rows>,
    account: &Account,
) -> Result<Vec<Strip>, Problem> {
    let work = |rows: &Rows| u64::from(rows.width) * u64::from(rows.height) * u64::from(rows.iterations);
    let mut left: u64 = rows.iter().map(work).sum();
    let mut sharing = Sharing::new(Arc::clone(shared), time(left));
    let mut strips: Vec<Option<Strip>> = vec![None; rows.len()];
    let mut rows = rows.into_iter().enumerate();
    let (mut running, mut bytes) = (FuturesUnordered::new(), 0);
    loop {
        while running.len() < shared.turns.window(pool.lanes())
            && let Some((index, rows)) = rows.next()
        {
            let drawn = pool.run(strip, rows);
            running.push(async move { (index, work(&rows), drawn.await) });
        }
        let Some((index, done, drawn)) = running.next().await else { break };
        let strip = drawn?.map_err(Problem::internal)?;
        bytes += strip.chunk.len();
        if bytes > RESULT_MAX {
            account.result(bytes, RESULT_MAX)?;
        }
        left -= done;
        sharing.set_left(time(left));
        strips.get_mut(index).into_iter().for_each(|place| *place = Some(strip.clone()));
    }
    Ok(strips.into_iter().flatten().collect())
}

/// How long so many iterations take a lane at most.
fn time(iterations: u64) -> Duration {
    Duration::from_nanos(iterations.saturating_mul(5) / 2)
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

    /// What the file has at most, in bytes.
    fn bytes(&self) -> usize {
        usize::from(self.width) * usize::from(self.height) * 3 + (16 << 10)
    }

    /// From the top, and from left to right where a row is too much work for one strip.
    fn strips(&self) -> Vec<Rows> {
        let pixels = usize::try_from(STRIP_WORK / u64::from(self.iterations.max(1))).unwrap_or(usize::MAX);
        let pixels = pixels.clamp(1, STRIP_PIXELS);
        let width = usize::from(self.width).min(pixels);
        let height = if width < usize::from(self.width) { 1 } else { pixels / width };
        let mut strips = Vec::new();
        for row in (0..self.height).step_by(height) {
            for from in (0..self.width).step_by(width) {
                let most = |size: usize, rest: u16| u16::try_from(size).unwrap_or(u16::MAX).min(rest);
                strips.push(Rows {
                    left: self.left,
                    top: self.top + f64::from(row) * self.step,
                    step: self.step,
                    from,
                    width: most(width, self.width - from),
                    height: most(height, self.height - row),
                    iterations: self.iterations,
                });
            }
        }
        strips
    }
}

#[cfg(test)]
mod tests {
    use super::{Rows, STRIP_WORK, View};

    #[test]
    fn strips_cover_the_picture_once_and_each_is_short() {
        for (query, count) in [
            ("width=640&height=480", 12),
            ("width=1&height=1", 1),
            ("width=500&height=3&iterations=100000", 3 * 7),
            ("width=2048&height=1&iterations=100000", 26),
            ("width=2048&height=2048&iterations=953", 512),
        ] {
            let strips = View::read(Some(query)).ok().unwrap().strips();
            assert_eq!(strips.len(), count, "{query}");
            let pixels = |rows: &Rows| u64::from(rows.width) * u64::from(rows.height);
            let view = View::read(Some(query)).ok().unwrap();
            assert_eq!(
                strips.iter().map(pixels).sum::<u64>(),
                u64::from(view.width) * u64::from(view.height),
                "{query}"
            );
            assert!(strips.iter().all(|rows| pixels(rows) * u64::from(rows.iterations) <= STRIP_WORK), "{query}");
            assert!(strips.iter().all(|rows| rows.from == 0 || rows.height == 1), "{query}");
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
