"""Who holds a Pool, who waits for it, and since when."""

from sluice.core import Instant, Json
from sluice.core.base import foreign
from sluice.core.base.text import first_names
from sluice.core.explain.answer import Answer, Command, lines
from sluice.core.explain.line import holders, name_of, status_of, waiters

_SHOWN = 10


def explain_pool(pool: Json, now: Instant) -> Answer:
    name, status, held_by = name_of(pool), status_of(pool), holders(pool)
    slots = foreign.integer(foreign.mapping(pool.get("spec")).get("slots")) or 0
    used, waiting = (foreign.integer(status.get(key)) or 0 for key in ("used", "waiting"))
    in_line = [f"{waiter} for {since}" if since else waiter for waiter, since in waiters(pool, now)]
    runs = [holder.partition("/")[0] for holder in held_by]
    stop = (Command(("sluice", "stop", runs[0]), "frees its slots"),) if runs and waiting else ()
    return Answer(
        head=f"Pool {name} has {used}/{slots} slots in use, {waiting} wait.",
        lines=lines(
            ("no slots", "nothing gets through until spec.slots is raised" if not slots else ""),
            ("held by", first_names(held_by, len(held_by), _SHOWN)),
            ("in line", first_names(in_line, max(waiting, len(in_line)), _SHOWN)),
            ("frees", "unknown when: a slot is free as soon as a holder ends" if waiting else ""),
        ),
        commands=stop,
    )
