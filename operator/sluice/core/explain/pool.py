"""Who holds a Pool, who waits for it, and since when."""

from collections.abc import Sequence

from sluice.core import Instant, Json
from sluice.core.base import foreign
from sluice.core.base.text import first_names
from sluice.core.explain.answer import Answer, Command, lines
from sluice.core.explain.holders import frees, held_by
from sluice.core.explain.line import holders, name_of, status_of, waiters
from sluice.core.explain.seen import Holder

_SHOWN = 10


def explain_pool(pool: Json, now: Instant, held: Sequence[Holder]) -> Answer:
    """`held` are its holders, with what is known of them."""
    name, status = name_of(pool), status_of(pool)
    slots = foreign.integer(foreign.mapping(pool.get("spec")).get("slots")) or 0
    used, waiting = (foreign.integer(status.get(key)) or 0 for key in ("used", "waiting"))
    in_line = [f"{waiter} for {since}" if since else waiter for waiter, since in waiters(pool, now)]
    runs = [holder.partition("/")[0] for holder in holders(pool)]
    stop = (Command(("sluice", "stop", runs[0]), "frees its slots"),) if runs and waiting else ()
    return Answer(
        head=f"Pool {name} has {used}/{slots} slots in use, {waiting} wait.",
        lines=lines(
            ("no slots", "nothing gets through until spec.slots is raised" if not slots else ""),
            ("held by", held_by(held, now)),
            ("in line", first_names(in_line, max(waiting, len(in_line)), _SHOWN)),
            ("frees", frees(held) if waiting else ""),
        ),
        commands=stop,
    )
