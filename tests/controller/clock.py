"""A clock that stands still until the test moves it."""

from sluice.controller.clock import Clock

HOUR = 3600.0


class Hands:
    """`clock` shows them: `wall` may be set, `elapsed` only goes on."""

    def __init__(self) -> None:
        self.wall, self.elapsed = 1_767_225_600.0, 1000.0
        self.clock = Clock(lambda: self.wall, lambda: self.elapsed)

    def wait(self, seconds: float) -> None:
        self.wall += seconds
        self.elapsed += seconds

    def set_by(self, seconds: float) -> None:
        self.wall += seconds
