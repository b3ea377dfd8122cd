//! `POST /thumbnail?width=320`: the posted picture, smaller, made on a lane.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::HeaderValue;
use http::header::CONTENT_TYPE;

use super::body::{COPIED, UnreadBody};
use super::memory::{Account, Kind, length};
use super::problem::Problem;
use super::query::{choice, read, whole};
use super::turns::Turn;
use super::{Shared, admission, body};
use crate::limits::{Limits, RESULT_MAX};
use crate::tasks::{Fit, Format, SIDE_MAX, ThumbnailOptions, thumbnail};

/// What a picture at a lane counts at least: a small file may take as long as a large one.
const LEAST_AT_LANE: usize = 3 << 20;

/// How long a picture usually takes: 12 megapixels do.
const USUAL: Duration = Duration::from_millis(60);

pub(super) async fn view(State(shared): State<Arc<Shared>>, request: Request) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let (pool, deadline) = admission::admit(&mut parts, &shared.limits)?;
    let options = options(parts.uri.query(), &shared.limits)?;
    let account = Account::of(&parts)?;
    account.reserve(Kind::Result, expected(&options))?;
    // One whose length is not known cannot go on to a lane as it comes: it is read here, where it takes several times its size.
    let read_here = length(&parts.headers).is_none();
    let most =
        if read_here { shared.limits.picture_max.min(shared.limits.body_max) } else { shared.limits.picture_max };
    let passed_on = parts.extensions.get::<UnreadBody>().map(|UnreadBody(body)| body.len());
    let passed_on = passed_on.filter(|length| (COPIED + 1..=most).contains(length));
    match passed_on {
        Some(length) => account.reserve(Kind::Lane, length.max(LEAST_AT_LANE))?,
        None => account.expect(&parts.headers, most)?,
    }
    let picture = body::blob(&mut parts, body, most, deadline).await?;
    // Whoever sends a picture while it goes on to a lane keeps nobody from computing, however long that takes.
    let _turn = match passed_on {
        Some(_) => None,
        None => {
            account.read(picture.len());
            Some(Turn::take(&shared, USUAL, pool.lanes(), deadline).await?)
        }
    };
    // What the picture is, its first bytes say: many clients send no type, or a wrong one.
    let made = pool.try_submit(thumbnail, (picture, options))?.await??;
    account.result(made.picture.len(), RESULT_MAX)?;
    let kind = HeaderValue::from_static(made.format.mime());
    Ok(([(CONTENT_TYPE, kind)], Bytes::from(made.picture)).into_response())
}

/// What a thumbnail usually has, in bytes: as a file without loss, and no higher than wide if nothing is said.
fn expected(options: &ThumbnailOptions) -> usize {
    let (width, height) = (options.width.or(options.height), options.height.or(options.width));
    let pixels = u64::from(width.unwrap_or(SIDE_MAX)) * u64::from(height.unwrap_or(SIDE_MAX));
    usize::try_from(pixels * 3 / 2).map_or(RESULT_MAX, |bytes| bytes.min(RESULT_MAX)) + (16 << 10)
}

fn options(query: Option<&str>, limits: &Limits) -> Result<ThumbnailOptions, Problem> {
    let [width, height, fit, format, quality] = read(query, ["width", "height", "fit", "format", "quality"])?;
    let side = |name, text: Option<&str>| -> Result<Option<u32>, Problem> {
        let side = whole(name, text, 0, 1..=SIDE_MAX.into())?;
        Ok(text.and(u32::try_from(side).ok()))
    };
    let default = ThumbnailOptions::default();
    let fits = [("scale-down", Fit::ScaleDown), ("contain", Fit::Contain), ("cover", Fit::Cover)];
    let formats = [("jpeg", Format::Jpeg), ("png", Format::Png), ("webp", Format::Webp)];
    let quality = whole("quality", quality.as_deref(), default.quality.into(), 1..=100)?;
    Ok(ThumbnailOptions {
        width: side("width", width.as_deref())?,
        height: side("height", height.as_deref())?,
        fit: choice("fit", fit.as_deref(), fits)?.unwrap_or(default.fit),
        format: choice("format", format.as_deref(), formats)?,
        quality: u8::try_from(quality).unwrap_or(default.quality),
        pixels_max: limits.pixels_max,
    })
    .and_then(|options| match options {
        ThumbnailOptions { width: None, height: None, .. } => Err(Problem::parameter(
            "width",
            "is missing",
            format!("a whole number from 1 to {SIDE_MAX}, or height instead"),
        )),
        options => Ok(options),
    })
}
