//! Which of the forms on offer a caller wants (RFC 9110, section 12.5.1).

use http::HeaderMap;
use http::header::ACCEPT;

/// The index of the best of `offers`, lower-case media types in the order this side prefers; `None` if none will do.
///
/// Of forms with the same quality the one that is named more exactly wins, then the one named first: clients that send
/// `application/json, text/plain, */*` mean JSON. Without the header, and for `*/*`, it is the first offer.
pub(super) fn choose(headers: &HeaderMap, offers: &[&str]) -> Option<usize> {
    let mut ranges = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).peekable();
    if ranges.peek().is_none() {
        return Some(0);
    }
    let ranges: Vec<Range> = ranges.flat_map(|value| value.split(',')).filter_map(Range::parse).collect();
    let best = |offer: &str| {
        let matching =
            ranges.iter().enumerate().filter_map(|(place, range)| Some((range.fit(offer)?, place, range.quality)));
        // The most exact range decides, even if it says q=0; of equal ones the first.
        let (fit, place, quality) = matching.max_by_key(|&(fit, place, _)| (fit, usize::MAX - place))?;
        (quality > 0).then_some((quality, fit, usize::MAX - place))
    };
    let scored = offers.iter().enumerate().filter_map(|(index, offer)| Some((best(offer)?, usize::MAX - index, index)));
    scored.max().map(|(_, _, index)| index)
}

struct Range<'a> {
    kind: &'a str,
    /// In thousandths, as fine as the header allows.
    quality: u16,
}

impl<'a> Range<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut fields = text.split(';').map(str::trim);
        let kind = fields.next().filter(|kind| kind.contains('/'))?;
        let quality = fields.find_map(|field| field.strip_prefix("q=").or_else(|| field.strip_prefix("Q=")));
        Some(Self { kind, quality: quality.map_or(Some(1_000), thousandths)? })
    }

    /// How exactly this range names the media type: 2, 1 for `text/*`, 0 for `*/*`.
    fn fit(&self, offer: &str) -> Option<u8> {
        let prefix = |kind: &str| kind.strip_suffix('*').filter(|kind| kind.ends_with('/')).map(str::len);
        match prefix(self.kind) {
            _ if self.kind == "*/*" => Some(0),
            None => self.kind.eq_ignore_ascii_case(offer).then_some(2),
            Some(length) => {
                let (wanted, offered) = (self.kind.get(..length)?, offer.get(..length)?);
                wanted.eq_ignore_ascii_case(offered).then_some(1)
            }
        }
    }
}

/// `0.5` is 500; at most three decimals and at most 1.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fits = matches!(whole, "0" | "1") && fraction.len() <= 3 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let quality = format!("{whole}{fraction:0<3}").parse().ok()?;
    (fits && quality <= 1_000).then_some(quality)
}

#[cfg(test)]
mod tests {
    use http::header::ACCEPT;
    use http::{HeaderMap, HeaderValue};

    use super::choose;

    fn chosen(accept: &[&'static str]) -> Option<&'static str> {
        let offers = ["text/plain", "application/json", "text/event-stream"];
        let mut headers = HeaderMap::new();
        for value in accept {
            headers.append(ACCEPT, HeaderValue::from_static(value));
        }
        choose(&headers, &offers).map(|index| offers[index])
    }

    #[test]
    fn text_is_the_answer_for_those_who_do_not_mind() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8";
        for accept in [&[][..], &["*/*"], &["text/*"], &["text/plain"], &[browser], &["*/*;q=0.1"]] {
            assert_eq!(chosen(accept), Some("text/plain"), "{accept:?}");
        }
    }

    #[test]
    fn the_form_that_is_named_wins() {
        for accept in ["application/json", "APPLICATION/JSON", "application/*", "application/json, text/plain, */*"] {
            assert_eq!(chosen(&[accept]), Some("application/json"), "{accept}");
        }
        assert_eq!(chosen(&["text/event-stream, */*"]), Some("text/event-stream"));
        assert_eq!(chosen(&["image/png", "text/event-stream"]), Some("text/event-stream"));
    }

    #[test]
    fn quality_outweighs_order() {
        assert_eq!(chosen(&["application/json;q=0.5, text/plain"]), Some("text/plain"));
        assert_eq!(chosen(&["text/plain;q=0.5,application/json;q=0.501"]), Some("application/json"));
        assert_eq!(chosen(&["text/plain; charset=utf-8; q=0.2, text/event-stream ; q=0.3"]), Some("text/event-stream"));
    }

    #[test]
    fn a_form_with_quality_zero_is_refused() {
        assert_eq!(chosen(&["text/plain;q=0, */*"]), Some("application/json"));
        assert_eq!(chosen(&["text/plain;q=0"]), None);
        assert_eq!(chosen(&["image/png"]), None);
        assert_eq!(chosen(&["*/*;q=0"]), None);
    }

    #[test]
    fn nonsense_is_skipped() {
        assert_eq!(chosen(&["json, application/json"]), Some("application/json"));
        assert_eq!(chosen(&["application/json;q=2, text/plain;q=0.1"]), Some("text/plain"));
        assert_eq!(chosen(&["nonsense"]), None);
    }
}
