"""A Pool, as tasks and workflows name it."""

from dataclasses import dataclass

from sluice.core import Json


@dataclass(frozen=True, slots=True)
class Pool:
    """`pools=[Pool("warehouse")]`. `slots` is how many of its slots each pod holds, by default 1."""

    name: str
    slots: int | None = None

    def request(self) -> Json:
        return {"name": self.name} | ({} if self.slots is None else {"slots": self.slots})
