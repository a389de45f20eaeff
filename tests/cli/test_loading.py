"""Garbage is collected again where it was before."""

import gc

import pytest

from sluice.cli.loading import loading


@pytest.mark.parametrize("collects", [True, False])
def test_what_was_switched_off_stays_off(collects):
    before = gc.isenabled()
    try:
        (gc.enable if collects else gc.disable)()
        with loading():
            assert not gc.isenabled()
        assert gc.isenabled() is collects
    finally:
        gc.unfreeze()
        (gc.enable if before else gc.disable)()
