"""Cron in time zones: what it says at daylight saving, and over years against a slow walk through the hours."""

from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest

from sluice.core.triggers import cron
from tests.core.counting import calls


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def written(instants):
    return [datetime.fromtimestamp(at, UTC).strftime("%m-%dT%H:%M") for at in instants]


@pytest.mark.parametrize(
    ("expression", "zone", "since", "then"),
    [
        ("0 2 * * *", "UTC", "2026-03-01T02:00", ["03-02T02:00", "03-03T02:00"]),  # strictly later
        ("@daily", "Asia/Kolkata", "2026-03-01T00:00", ["03-01T18:30", "03-02T18:30"]),
        ("0 9 * * MON-FRI", "UTC", "2026-03-06T10:00", ["03-09T09:00", "03-10T09:00"]),
        ("0 0 L * *", "UTC", "2026-02-01T00:00", ["02-28T00:00", "03-31T00:00"]),
        # 29 March: 02:00 to 03:00 does not exist. The first instant after the gap, and once for all of them.
        ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00", ["03-29T01:00", "03-30T00:30"]),
        ("0,15,45 2 * * *", "Europe/Berlin", "2026-03-28T12:00", ["03-29T01:00", "03-30T00:00"]),
        ("30 2,3 * * *", "Europe/Berlin", "2026-03-28T12:00", ["03-29T01:00", "03-29T01:30"]),
        ("30 2 * * *", "Europe/Berlin", "2026-03-29T01:00", ["03-30T00:30", "03-31T00:30"]),
        # 25 October: 02:00 to 03:00 comes twice. The first time.
        ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", ["10-25T00:30", "10-26T01:30"]),
        ("30 2 * * *", "Europe/Berlin", "2026-10-25T00:45", ["10-26T01:30", "10-27T01:30"]),
        # With * in the minute or the hour: by elapsed time, each time that the clock shows it.
        ("*/30 * * * *", "Europe/Berlin", "2026-10-25T00:15", ["10-25T00:30", "10-25T01:00"]),
        ("@hourly", "Europe/Berlin", "2026-10-25T00:15", ["10-25T01:00", "10-25T02:00"]),
        ("30 * * * *", "Europe/Berlin", "2026-03-29T00:00", ["03-29T00:30", "03-29T01:30"]),
        ("*/30 2 * * *", "Europe/Berlin", "2026-10-25T00:45", ["10-25T01:00", "10-25T01:30"]),
        ("*/30 2 * * *", "Europe/Berlin", "2026-03-28T02:00", ["03-30T00:00", "03-30T00:30"]),
        ("0 12 * * *", "Pacific/Apia", "2011-12-29T00:00", ["12-29T22:00", "12-30T10:00"]),  # a day that was not
    ],
)
def test_the_next_times(expression, zone, since, then):
    assert written(islice(cron.after(expression, ZoneInfo(zone), utc(since)), 2)) == then


@pytest.mark.parametrize(
    ("expression", "zone", "until", "then"),
    [
        ("0 2 * * *", "UTC", "2026-03-02T02:00", ["03-01T02:00", "02-28T02:00"]),  # strictly earlier
        ("30 2 * * *", "Europe/Berlin", "2026-03-29T01:30", ["03-29T01:00", "03-28T01:30"]),
        ("30 2 * * *", "Europe/Berlin", "2026-03-29T01:00", ["03-28T01:30", "03-27T01:30"]),
        (
            "30 2 * * *",
            "Europe/Berlin",
            "2026-10-25T01:15",
            ["10-25T00:30", "10-24T00:30"],
        ),  # 02:15 again
        ("45 2 * * *", "Europe/Berlin", "2026-10-25T00:15", ["10-24T00:45", "10-23T00:45"]),
    ],
)
def test_the_last_times(expression, zone, until, then):
    assert written(islice(cron.before(expression, ZoneInfo(zone), utc(until)), 2)) == then


STEP = timedelta(minutes=30)

CRONS = {
    "30 2 * * *": lambda t: (t.hour, t.minute) == (2, 30),
    "0 0 * * *": lambda t: (t.hour, t.minute) == (0, 0),
    "*/30 1-4 * * SUN": lambda t: t.hour in (1, 2, 3, 4) and t.weekday() == 6,
    "0 * 1-7 * *": lambda t: t.minute == 0 and t.day <= 7,
    "*/30 * 25-31 3,10 *": lambda t: t.month in (3, 10) and t.day >= 25,
    "30 */2 1 * *": lambda t: t.hour % 2 == 0 and t.minute == 30 and t.day == 1,
    "0 3 13 * FRI": lambda t: (t.hour, t.minute) == (3, 0) and (t.day == 13 or t.weekday() == 4),
}


def by_elapsed_time(expression):
    return "*" in (expression[0], expression.split()[1][0])


def walked(zone, start, end):
    """The slow way: look at the clock on the wall every half hour, and keep what it shows for the first time.
    What it has jumped over counts as shown when it lands.
    """
    shown = start.astimezone(zone).replace(tzinfo=None)  # what has * in the minute or the hour: whatever it shows
    found = {expression: [] for expression in CRONS}
    at = start
    while (at := at + STEP) < end:
        wall = at.astimezone(zone).replace(tzinfo=None)
        new = {expression for expression, matches in CRONS.items() if by_elapsed_time(expression) and matches(wall)}
        while shown < wall:
            shown += STEP
            new |= {
                expression
                for expression, matches in CRONS.items()
                if not by_elapsed_time(expression) and matches(shown)
            }
        for expression in new:
            found[expression].append(at.timestamp())
    return found


@pytest.mark.parametrize(
    ("zone", "year"),
    [
        ("Europe/Berlin", 2020),
        ("Australia/Lord_Howe", 2020),  # half an hour of daylight saving
        ("America/Santiago", 2020),  # the gap is at midnight
        ("Pacific/Apia", 2009),  # 30 December 2011 was left out
    ],
)
def test_ten_years_are_as_a_clock_on_the_wall_shows_them(zone, year):
    start, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 10, 1, 1, tzinfo=UTC)
    first, last = start.timestamp(), end.timestamp()
    for expression, expected in walked(ZoneInfo(zone), start, end).items():
        forward = list(takewhile(lambda at: at < last, cron.after(expression, ZoneInfo(zone), first)))
        assert forward == expected, expression
        back = list(takewhile(lambda at: at > first, cron.before(expression, ZoneInfo(zone), last)))
        assert back[::-1] == expected, expression


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("0 2 * * *", ""),
        ("@weekly", ""),
        ("0 0 29 2 *", ""),
        ("0 2 * *", "has 4 fields, not the five of cron: minute, hour, day-of-month, month, day-of-week"),
        ("0 0 2 * * *", "has 6 fields, not the five of cron"),
        ("0 25 * * *", "field 2 (hour) of '0 25 * * *' is '25'; it takes 0-23, *, lists"),
        ("0 2 * * FOO", "field 5 (day-of-week) of '0 2 * * FOO' is 'FOO'; it takes 0-7 or SUN-SAT"),
        ("*/0 * * * *", "field 1 (minute)"),
        ("0 0 30 2 *", "never comes"),
        ("@reboot", "there is no @reboot; write one of @hourly"),
    ],
)
def test_faults_name_the_field(expression, words):
    found = cron.fault(expression)
    assert found.find(words) >= 0
    assert bool(found) == bool(words)


@pytest.mark.parametrize("walk", [cron.after, cron.before])
def test_a_rare_time_costs_no_look_at_each_day_and_each_change_of_the_clock_until_then(walk):
    cost = calls(lambda: next(walk("0 */23 29 2 */7", ZoneInfo("Africa/Casablanca"), utc("2026-09-21T00:00"))))
    assert cost < 5000
