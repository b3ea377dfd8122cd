//! `POST /thumbnail?width=320`: the posted picture, smaller, made on a lane.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::HeaderValue;
use http::header::CONTENT_TYPE;

use super::problem::Problem;
use super::query::{choice, read, whole};
use super::{Shared, admission, body};
use crate::limits::Limits;
use crate::tasks::{Fit, Format, SIDE_MAX, ThumbnailOptions, thumbnail};

pub(super) async fn view(State(shared): State<Arc<Shared>>, request: Request) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let (pool, deadline) = admission::admit(&mut parts, &shared.limits)?;
    let options = options(parts.uri.query(), &shared.limits)?;
    let picture = body::blob(&mut parts, body, shared.limits.picture_max, deadline).await?;
    // What the picture is, its first bytes say: many clients send no type, or a wrong one.
    let made = pool.try_submit(thumbnail, (picture, options))?.await??;
    let kind = HeaderValue::from_static(made.format.mime());
    Ok(([(CONTENT_TYPE, kind)], Bytes::from(made.picture)).into_response())
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
