"""The objects of one kind as they were last seen, with indexes and handlers: client-go's store, for slim views.

1. An older resourceVersion never overwrites a newer one.
2. A deleted object stays deleted: its UID is kept as a tombstone, as a LIST or an answer may be older than that.
3. An object is its UID: another one by the same name means that the first was deleted.
4. Indexes follow before handlers are called, so a handler sees the store as it is after the change.
"""

import logging
from bisect import bisect_left, insort
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from sluice.controller.kube.objects import Key

_TOMBSTONES = 10_000

log = logging.getLogger("sluice.store")


class View(Protocol):
    """What a store has to know of an object."""

    @property
    def uid(self) -> str: ...

    @property
    def version(self) -> int: ...


V = TypeVar("V", bound=View)
V_contra = TypeVar("V_contra", bound=View, contravariant=True)
N = TypeVar("N")
I = TypeVar("I")  # noqa: E741  # what an index goes by
E = TypeVar("E", bound=tuple[object, ...])


@dataclass(frozen=True, slots=True)
class ObjectChange(Generic[V]):
    """`object` is as it is now or, if `deleted`, as it was last seen; `before` is as the store had it, if it did."""

    object: V
    before: V | None
    deleted: bool = False


class Tombstones:
    """The UIDs of the objects that were deleted last."""

    def __init__(self) -> None:
        self._uids: dict[str, None] = {}  # the oldest first

    def add(self, uid: str) -> None:
        self._uids[uid] = None
        if len(self._uids) > _TOMBSTONES:
            del self._uids[next(iter(self._uids))]

    def __contains__(self, uid: str) -> bool:
        return uid in self._uids


class Store(Mapping[Key, V]):
    """`key_of` is the key of an object. `kept` is what is kept of one; its second argument is the older view, if there
    is one, which may have what was worked out for it. Reading works as with any mapping.
    """

    def __init__(
        self,
        key_of: Callable[[V], Key],
        tombstones: Tombstones,
        kept: Callable[[V, V | None], V] = lambda seen, _before: seen,
    ) -> None:
        self._key_of, self._tombstones, self._kept = key_of, tombstones, kept
        self._objects: dict[Key, V] = {}
        self._indexes: list[Follower[V]] = []
        self._handlers: list[Callable[[ObjectChange[V]], None]] = []

    def __getitem__(self, key: Key) -> V:
        return self._objects[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._objects)

    def __len__(self) -> int:
        return len(self._objects)

    def __contains__(self, key: object) -> bool:
        return key in self._objects

    def subscribe(self, handler: Callable[[ObjectChange[V]], None]) -> None:
        """`handler` is told every change from now on."""
        self._handlers.append(handler)

    def index(self, value_of: Callable[[V], I | None]) -> "Index[I, V]":
        """An index that is kept in step with the store. None keeps an object out of it."""
        index = Index(self._objects, value_of)
        self._indexes.append(index)
        return index

    def sorted_index(self, entry_of: Callable[[V], tuple[I, E] | None]) -> "SortedIndex[I, E, V]":
        """The same, in order."""
        index = SortedIndex(entry_of)
        self._indexes.append(index)
        return index

    def upsert(self, seen: V) -> None:
        """An object as a watch, a LIST or an answer has it. What is not newer than what is known changes nothing."""
        key = self._key_of(seen)
        before = self._objects.get(key)
        if seen.uid in self._tombstones or (before is not None and seen.version <= before.version):
            return
        if before is not None and before.uid != seen.uid:
            self.delete(before)
            before = None
        seen = self._kept(seen, before)
        self._put(key, before, seen)
        self._publish(ObjectChange(seen, before))

    def keep_less(self, known: V) -> None:
        """Less of an object may have to be kept than when it came. Nobody is told."""
        self._put(self._key_of(known), known, self._kept(known, known))

    def delete(self, last: V) -> None:
        """An object is gone; `last` is how it was last seen. Handlers are told even if the store did not have it: it
        may have been evicted.
        """
        if last.uid in self._tombstones:
            return
        self._tombstones.add(last.uid)
        known = self.current(last)
        if known is not None:
            self._put(self._key_of(last), known, None)
        self._publish(ObjectChange(last, known, deleted=True))

    def evict(self, known: V) -> None:
        """Makes room: the object still exists, but it is no longer kept here."""
        self._put(self._key_of(known), known, None)

    def replace(self, listed: Iterable[V], version: int, namespace: str = "", unreadable: Collection[str] = ()) -> None:
        """After a LIST of a namespace, or of all: what it does not have and is not newer than it has gone unseen.
        `unreadable` are the UIDs of objects that it has too, and that stay as they were last read.
        """
        listed = list(listed)
        uids = {seen.uid for seen in listed}.union(unreadable)
        for key, known in list(self._objects.items()):
            if namespace in ("", key.namespace) and known.version <= version and known.uid not in uids:
                self.delete(known)
        for seen in listed:
            self.upsert(seen)

    def current(self, other: V) -> V | None:
        """The same object as the store has it, if it does."""
        known = self._objects.get(self._key_of(other))
        return known if known is not None and known.uid == other.uid else None

    def _put(self, key: Key, before: V | None, now: V | None) -> None:
        if now is None:
            del self._objects[key]
        else:
            self._objects[key] = now
        for index in self._indexes:
            index.update(key, before, now)

    def _publish(self, change: ObjectChange[V]) -> None:
        notify(self._handlers, change, self._key_of(change.object))


def notify(handlers: Iterable[Callable[[N], None]], change: N, about: Key) -> None:
    """What one object does to one handler must not keep it from the others, nor stop the informer of all."""
    for handler in handlers:
        try:
            handler(change)
        except Exception:
            log.exception("change of %s: a bug of ours", about)


class Follower(Protocol[V_contra]):
    """Only the store calls it, for each change."""

    def update(self, key: Key, before: V_contra | None, now: V_contra | None) -> None: ...


class Index(Generic[I, V]):
    """The objects of a store by something that they have in common, such as their Workflow."""

    def __init__(self, objects: Mapping[Key, V], value_of: Callable[[V], I | None]) -> None:
        self._objects, self._value_of = objects, value_of
        self._keys: dict[I, dict[Key, None]] = {}  # sets that keep their order

    def __contains__(self, value: I) -> bool:
        return value in self._keys

    def keys(self, value: I) -> list[Key]:
        return list(self._keys.get(value, ()))

    def count(self, value: I) -> int:
        return len(self._keys.get(value, ()))

    def objects(self, value: I) -> list[V]:
        return [self._objects[key] for key in self._keys.get(value, ())]

    def update(self, key: Key, before: V | None, now: V | None) -> None:
        was = None if before is None else self._value_of(before)
        is_ = None if now is None else self._value_of(now)
        if was == is_:
            return
        if was is not None:
            del self._keys[was][key]
            if not self._keys[was]:
                del self._keys[was]
        if is_ is not None:
            self._keys.setdefault(is_, {})[key] = None


class SortedIndex(Generic[I, E, V]):
    """Entries for the objects of a store in groups, each group in order. `entry_of` gives an object's group and entry,
    which no other object has; None keeps it out.
    """

    def __init__(self, entry_of: Callable[[V], tuple[I, E] | None]) -> None:
        self._entry_of = entry_of
        self._groups: dict[I, list[E]] = {}

    def __getitem__(self, value: I) -> Sequence[E]:
        """A group as it is now; empty if nothing is in it."""
        return self._groups.get(value, ())

    def since(self, value: I, begin: E) -> Sequence[E]:
        """The entries of a group from `begin` on."""
        group = self[value]
        return group[bisect_left(group, begin) :]

    def update(self, _key: Key, before: V | None, now: V | None) -> None:
        was = None if before is None else self._entry_of(before)
        is_ = None if now is None else self._entry_of(now)
        if was == is_:
            return
        if was is not None:
            value, entry = was
            group = self._groups[value]
            del group[bisect_left(group, entry)]
            if not group:
                del self._groups[value]
        if is_ is not None:
            value, entry = is_
            insort(self._groups.setdefault(value, []), entry)
