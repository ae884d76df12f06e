//! Import schedules: UNIX cron expressions in IANA time zones.

use croner::parser::{CronParser, Seconds, Year};
use jiff::tz::TimeZone;

use super::super::behaviour as rule;
use super::super::body::{Members, Presence, TEXT_LIMIT, is_blank};
use super::super::error::{OktaError, Refusals};

/// OpenAPI ImportScheduleSettings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    /// The import times as a UNIX cron expression, as sent.
    pub(crate) expression: Box<str>,
    /// The IANA time zone of the expression.
    pub(crate) timezone: Option<Box<str>>,
}

/// The change that a PUT makes to a schedule.
#[derive(Debug)]
pub(crate) enum SchedulePatch<'a> {
    /// Keep the current schedule.
    Unchanged,
    /// `null` or `{}`: remove the schedule.
    None,
    /// Set these members and keep the others.
    Members {
        /// `expression`
        expression: Option<&'a str>,
        /// `timezone`, or the guide's `timeZone`
        timezone: Option<&'a str>,
    },
}

impl<'a> SchedulePatch<'a> {
    pub(super) fn read(schedule: Option<Members<'a>>, name: &str) -> Result<Self, OktaError> {
        let Some(schedule) = schedule else { return Ok(Self::Unchanged) };
        Ok(match schedule.object_or_null(name)? {
            Presence::Absent => Self::Unchanged,
            Presence::Null => Self::None,
            Presence::Value(members) if members.is_empty() => {
                rule::FEATURE_SCHEDULE_EMPTY.apply();
                Self::None
            }
            Presence::Value(members) => Self::Members {
                expression: members.text("expression")?,
                timezone: members.text_by_either_name("timezone", "timeZone")?,
            },
        })
    }

    pub(super) fn merge(&self, current: Option<&Schedule>) -> Result<Option<Schedule>, OktaError> {
        let (expression, timezone) = match self {
            Self::Unchanged => return Ok(current.cloned()),
            Self::None => return Ok(None),
            Self::Members { expression, timezone } => (*expression, *timezone),
        };
        let expression = expression.or(current.map(|schedule| &*schedule.expression)).unwrap_or_default();
        let mut refusals = Refusals::default();
        if is_blank(Some(expression)) {
            refusals.check(Err(OktaError::blank(&rule::FEATURE_SCHEDULE_EXPRESSION, "expression")));
        } else if expression.len() > TEXT_LIMIT || !is_unix_cron(expression) {
            refusals.check(Err(OktaError::invalid(&rule::FEATURE_SCHEDULE_EXPRESSION, "expression")));
        }
        let timezone = timezone.or(current.and_then(|schedule| schedule.timezone.as_deref()));
        if timezone.is_some_and(|name| !is_iana_time_zone(name)) {
            refusals.check(Err(OktaError::invalid(&rule::FEATURE_SCHEDULE_TIMEZONE, "timezone")));
        }
        refusals
            .into_result(Some(Schedule { expression: expression.into(), timezone: timezone.map(Into::into) }))
    }
}

/// Returns true for a UNIX cron expression: five fields of numbers, names of months and days, lists, ranges
/// and steps. croner accepts more; that is refused first.
fn is_unix_cron(text: &str) -> bool {
    let fields: Vec<_> = text.split_ascii_whitespace().collect();
    // The expression is answered as sent, so only single-line text without surrounding blanks is accepted.
    text.trim() == text
        && !text.contains(['\n', '\r', '\x0b', '\x0c'])
        && fields.len() == 5
        && fields.iter().enumerate().all(|(index, field)| is_unix_field(index, field))
        && CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build()
            .parse(text)
            .is_ok()
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

fn is_unix_field(index: usize, field: &str) -> bool {
    let names: &[&str] = match index {
        3 => &MONTHS,
        4 => &DAYS,
        _ => &[],
    };
    field.split(',').all(|item| {
        let (range, step) = item.split_once('/').map_or((item, None), |(range, step)| (range, Some(step)));
        let is_value = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
                || names.contains(&text.to_ascii_lowercase().as_str())
        };
        let is_range = range == "*"
            || is_value(range) && step.is_none()
            || range.split_once('-').is_some_and(|(from, to)| is_value(from) && is_value(to));
        is_range && step.is_none_or(|step| is_step(index, step))
    })
}

/// Returns true if a step is within its field: from 1 to the greatest value of the field.
fn is_step(index: usize, step: &str) -> bool {
    let greatest = [59, 23, 31, 12, 7].get(index).copied().unwrap_or(0);
    let digits = step.bytes().all(|byte| byte.is_ascii_digit());
    digits && step.parse().is_ok_and(|step: u32| (1..=greatest).contains(&step))
}

/// Returns true for a name in the IANA time zone database, in its exact spelling.
fn is_iana_time_zone(name: &str) -> bool {
    (1..=64).contains(&name.len()) && TimeZone::get(name).is_ok_and(|zone| zone.iana_name() == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cron_examples_of_the_sources_are_accepted() {
        for text in [
            "0 */4 * * *",
            "00 21 * * Mon,Thu,Fri,Sat",
            "0 0 * * 0",
            "0 */3 * * *",
            "5,10-20/5 0-23 1,15 JAN-jun 1-5",
            "0 0 * * 7",
        ] {
            assert!(is_unix_cron(text), "{text}");
        }
    }

    #[test]
    fn non_unix_cron_expressions_are_refused() {
        for text in [
            "",
            "* * * *",
            "* * * * * *",
            "0 0 0 1 1 * 2030",
            "@daily",
            "0 0 L * *",
            "0 0 15W * *",
            "0 0 * * 5#2",
            "0 0 * * 5L",
            "0 0 ? * *",
            "60 0 * * *",
            "0 24 * * *",
            "0 0 32 * *",
            "0 0 0 * *",
            "0 0 * 13 *",
            "0 0 * * 8",
            "*/0 * * * *",
            "*/61 * * * *",
            "0 */24 * * *",
            "5-1 * * * *",
            "a * * * *",
            "0 0 * Mon *",
            "1,,2 * * * *",
            "1- * * * *",
            "-1 * * * *",
            "* * * * Monday",
            "1/5 * * * *",
            "*,@daily * * * *",
            "0 0 * * +1",
            "0 0 ٣ * *",
            " 0 0 * * *",
            "0 0 * * *\n",
            "0 0\n* * *",
        ] {
            assert!(!is_unix_cron(text), "{text}");
        }
    }

    #[test]
    fn only_iana_time_zones_are_accepted() {
        for name in ["America/Los_Angeles", "Europe/Berlin", "UTC", "Etc/GMT+5"] {
            assert!(is_iana_time_zone(name), "{name}");
        }
        for name in ["", "Mars/Olympus", "america/los_angeles", "PST8", "+02:00", "Europe/Berlin "] {
            assert!(!is_iana_time_zone(name), "{name}");
        }
    }
}
