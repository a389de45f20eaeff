from fractions import Fraction

import pytest

from sluice.core.base.quantity import parse, rounded_up

MI, GI = 1024**2, 1024**3


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("2", 2),
        ("0.5", Fraction(1, 2)),
        (".5", Fraction(1, 2)),
        ("5.", 5),
        ("+1", 1),
        ("-1", -1),
        ("500m", Fraction(1, 2)),
        ("128974848000m", 128974848),
        ("1k", 1000),
        ("129M", 129_000_000),
        ("1G", 10**9),
        ("1E", 10**18),
        ("1e3", 1000),
        ("12E6", 12_000_000),
        ("1.5e-1", Fraction(3, 20)),
        ("1Ki", 1024),
        ("64Mi", 64 * MI),
        ("1.5Gi", 1536 * MI),
        ("1Ei", 1024**6),
    ],
)
def test_parse(text, number):
    assert parse(text) == number


@pytest.mark.parametrize("text", ["", "Mi", "64MiB", "64 Mi", "64mi", "1K", "1.2.3", "1e", "lots", "$(params.x)"])
def test_what_is_no_quantity(text):
    assert parse(text) is None


@pytest.mark.parametrize(
    ("size", "like", "text"),
    [
        (128 * MI, "64Mi", "128Mi"),
        (1024 * MI, "512Mi", "1Gi"),
        (1536 * MI, "1Gi", "1536Mi"),
        (Fraction(133 * MI * 13, 10), "100Mi", "173Mi"),  # 172.9: rounded up to a whole one
        (2 * GI * 1024, "1Gi", "2Ti"),
        (Fraction(1536), "1Ki", "1536"),  # less than 1Mi: whole bytes
        (300 * 10**6, "150M", "300M"),
        (2 * 10**9, "1G", "2G"),
        (3 * 10**9, "1.5e9", "3G"),
        (Fraction(5, 2), "1", "3"),
        (256_000_000, "128000000", "256000000"),
        (10**8, "50000000000m", "100M"),
    ],
)
def test_size_is_written_as_the_user_wrote_it(size, like, text):
    assert rounded_up(Fraction(size), like) == text


@pytest.mark.parametrize("text", ["9" * 5_000, "0." + "0" * 5_000 + "1", "1" * 64 + "Mi"])
def test_a_number_that_nobody_means_is_none(text):
    assert parse(text) is None
