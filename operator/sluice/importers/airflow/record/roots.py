"""Where the modules of a DAG file are looked for, and under which path each file travels with the Workflow.

As in Airflow: the nearest folder `dags` above the file, and the folder `plugins` beside it. Then the folders above up
to the repository, and last the file's own folder.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Roots:
    """`folders` in the order of the search; `dags` is the one of that name, if there is one."""

    folders: tuple[Path, ...]
    dags: Path | None

    @classmethod
    def of(cls, file: Path, given: Sequence[Path] = ()) -> "Roots":
        above = list(file.resolve().parents)
        repository = next((each for each in above if (each / ".git").exists()), None)
        dags = next((each for each in above if each.name == "dags"), None)
        up_to = above[: above.index(repository) + 1] if repository else above[:1]
        found = [dags, dags.parent / "plugins"] if dags else []
        if dags and not repository:
            up_to = [*above[: above.index(dags) + 1], dags.parent]
        order = dict.fromkeys(each for each in (*found, *(each.resolve() for each in given), *up_to[1:], above[0]))
        return cls(tuple(each for each in order if each.is_dir()), dags)

    def path_of(self, file: Path) -> str | None:
        """The path by which the file is imported, from the first root above it. None: it lies under no root."""
        for root in self.folders:
            if file.is_relative_to(root):
                return file.relative_to(root).as_posix()
        return None
