//! Time zones: how far a clock on somebody's wall is from UTC at some moment. The one place that knows the zones of the world.

use jiff::{
    Timestamp,
    tz::{Offset, TimeZone},
};
use orchestron_domain::Time;

/// Seconds that clocks in `zone` (`Europe/Berlin`, `UTC`, `+05:30`; none = the machine's own) are ahead of UTC at that moment.
/// None when there is no such zone.
#[must_use]
pub fn offset_s(zone: Option<&str>, at: Time) -> Option<i32> {
    let zone = match zone {
        None => TimeZone::system(),
        Some(name) => named(name)?,
    };
    let at = Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
    Some(zone.to_offset(at).seconds())
}

/// Whether there is a zone of this name.
#[must_use]
pub fn is_known(name: &str) -> bool {
    named(name).is_some()
}

fn named(name: &str) -> Option<TimeZone> {
    if let Some(offset) = fixed(name) {
        return Some(TimeZone::fixed(offset));
    }
    TimeZone::get(name).ok()
}

/// `+05:30`, `-08`, `Z`.
fn fixed(text: &str) -> Option<Offset> {
    if text == "Z" {
        return Some(Offset::UTC);
    }
    let (sign, rest) = match text.strip_prefix('+') {
        Some(rest) => (1, rest),
        None => (-1, text.strip_prefix('-')?),
    };
    let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "00"));
    let number = |text: &str, most: i32| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse::<i32>().ok().filter(|_| digits)?;
        (number <= most).then_some(number)
    };
    let seconds = number(hours, 18)? * 3_600 + number(minutes, 59)? * 60;
    Offset::from_seconds(sign * seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::{is_known, offset_s};
    use orchestron_domain::Time;

    /// 2026-07-01 and 2026-12-01, noon in UTC.
    const SUMMER: Time = Time(1_782_907_200_000);
    const WINTER: Time = Time(1_796_126_400_000);

    #[test]
    fn zones_have_summers() {
        for (zone, summer, winter) in [
            ("Europe/Berlin", 7_200, 3_600),
            ("America/Los_Angeles", -7 * 3_600, -8 * 3_600),
            ("Asia/Kolkata", 19_800, 19_800),
            ("UTC", 0, 0),
            ("+05:30", 19_800, 19_800),
            ("-08", -8 * 3_600, -8 * 3_600),
            ("Z", 0, 0),
        ] {
            assert_eq!(offset_s(Some(zone), SUMMER), Some(summer), "{zone}");
            assert_eq!(offset_s(Some(zone), WINTER), Some(winter), "{zone}");
        }
    }

    #[test]
    fn what_is_no_zone_is_none() {
        for zone in [
            "",
            "Berlin",
            "+5",
            "+19:00",
            "+05:60",
            "5:30",
            "Europe/Atlantis",
            "../../etc/passwd",
        ] {
            assert!(!is_known(zone), "{zone}");
        }
        assert!(offset_s(None, WINTER).is_some(), "the machine has one");
    }
}
