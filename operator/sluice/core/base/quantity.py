"""Kubernetes' quantities as exact numbers: `64Mi`, `1.5G`, `500m`, `1e9`.

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

import re
from fractions import Fraction
from math import ceil

_BINARY = {unit: Fraction(1024) ** power for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), start=1)}
_DECIMAL = {unit: Fraction(1000) ** power for power, unit in enumerate(["n", "u", "m", "", *"kMGTPE"], start=-3)}
_UNITS = _BINARY | _DECIMAL
_LONGEST = 64  # characters; Python refuses to read a number of more than 4,300 digits
_QUANTITY = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:[eE]([+-]?[0-9]{1,2})|([KMGTPE]i|[numkMGTPE])?)")


def parse(text: str) -> Fraction | None:
    """The exact number, or None if the text is no quantity, or a longer one than anybody means."""
    found = _QUANTITY.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        return None
    number, exponent, unit = found.groups()
    return Fraction(number) * (Fraction(10) ** int(exponent) if exponent else _UNITS[unit or ""])


def rounded_up(size: Fraction, like: str) -> str:
    """A size in bytes as a quantity in the unit system of `like`: binary (Mi, Gi), decimal (M, G) or a plain number.

    It is rounded up: to whole Mi or M if it is larger than one, else to whole bytes.
    """
    unit = like.lstrip("+-.0123456789")
    if unit in _BINARY:
        units, smallest = _BINARY, _BINARY["Mi"]
    elif unit:
        units, smallest = {name: _DECIMAL[name] for name in "kMGTPE"}, _DECIMAL["M"]
    else:
        return str(ceil(size))
    whole = ceil(size / smallest) * smallest if size > smallest else Fraction(ceil(size))
    best = max((name for name in units if whole % units[name] == 0), key=units.__getitem__, default="")
    return f"{whole / _UNITS[best]}{best}"
