"""What is said of the mistakes in a manifest."""

from sluice.core.base.faults import Fault, listed


def test_what_is_quoted_is_cut():
    (fault,) = listed([Fault("spec." + "k" * 40_000, "v" * 40_000)])
    assert (len(fault.path), len(fault.message)) == (512, 2048)
