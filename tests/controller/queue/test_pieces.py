"""Work that waits for nothing leaves the event loop to others between its pieces."""

from __future__ import annotations

import asyncio

from sluice.controller.queue.pieces import Pieces
from tests.controller.clock import Hands


async def test_others_have_a_turn_between_long_pieces_of_many_workers() -> None:
    hands, seen = Hands(), []
    pieces = Pieces(hands.clock)

    async def work() -> None:
        for _ in range(3):
            await pieces.turn()
            hands.wait(0.2)
            seen.append("piece")

    async def lease() -> None:
        while True:
            seen.append("lease")
            await asyncio.sleep(0)

    beside = asyncio.create_task(lease())
    await asyncio.gather(*(work() for _ in range(8)))
    beside.cancel()
    assert seen.count("piece") == 24
    assert ("piece", "piece", "piece") not in set(zip(seen, seen[1:], seen[2:], strict=False))


async def test_short_pieces_follow_each_other() -> None:
    pieces, turns = Pieces(Hands().clock), []
    asyncio.get_running_loop().call_soon(turns.append, "others")
    for _ in range(3):
        await pieces.turn()
        turns.append("piece")
    assert turns == ["piece", "piece", "piece"]
