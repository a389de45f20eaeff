"""The reasons of tasks that do not run, counted by their first word: what holds up a run is known at once."""

from dataclasses import dataclass, field

NO_OBSTACLE = frozenset({"WaitingFor", "Starting", "Scheduling", "ReadingLog"})
"""Something else holds these up, or nothing: they are on their way."""
_ASKS_A_PERSON = "Approval"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What holds up most tasks, or asks a person. `number` is one of these tasks, `tasks` how many they are."""

    number: int
    reason: str
    tasks: int


@dataclass(slots=True)
class WaitingReasons:
    _by_word: dict[str, dict[int, str]] = field(default_factory=dict)
    """By first word, the reason of each task. None is empty."""
    _words: dict[int, str] = field(default_factory=dict)

    def note(self, number: int, reason: str) -> None:
        """The reason of a task as it is now; empty if it has none, or has ended."""
        before, word = self._words.pop(number, ""), reason.partition(":")[0]
        if before and before != word:
            del self._by_word[before][number]
            if not self._by_word[before]:
                del self._by_word[before]
        if word:
            self._words[number] = word
            self._by_word.setdefault(word, {})[number] = reason

    @property
    def main_obstacle(self) -> Obstacle | None:
        """Takes time in proportion to the number of words that there are."""
        words = self._by_word.keys() - NO_OBSTACLE
        if not words:
            return None
        word = max(words, key=lambda each: (each == _ASKS_A_PERSON, len(self._by_word[each]), each))
        number, reason = next(iter(self._by_word[word].items()))
        return Obstacle(number, reason, len(self._by_word[word]))
