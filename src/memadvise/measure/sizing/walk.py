"""How much memory a value holds: found by looking, never by running the person's code, and in bounded time.

Whatever two values share (views, copy-on-write, Arrow buffers) is counted once in a walk, with the first that holds it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from random import Random
from sys import getsizeof
from typing import Any

from memadvise.measure.sizing.estimates import IMMORTAL, Again, Estimate, Evidence, Part, Shared, between, settle
from memadvise.measure.sizing.kinds import ALIGNMENT, ATOM_IDS, own_bytes
from memadvise.measure.sizing.samples import BITS, MOST, SCAN, Draw, references
from memadvise.measure.sizing.sizers import Sizer, sizer_of

NODES = 2000  # objects looked at below one variable
ASKED = 200  # the clock of a thread is dear: it is asked once in so many times
ATOM = 0.25  # of that number: what holds nothing else takes little time
MOST_S = 0.25  # for one kind of variables: an emergency brake, beyond which nothing is looked into any more
SCANS = 180_000  # addresses of elements looked at in a walk, beside the objects
SHARE = 20  # objects looked at below one element of a sample: many elements, each looked at a little
DEEPEST = 40
Addresses = Callable[[dict[int, int], int], tuple[dict[int, int], float]]


class Walk:
    """One pass over values; what it has seen is not counted again. ``looked_at`` counts the objects and addresses."""

    def __init__(self, known: Iterable[object] = ()) -> None:
        self.looked_at = 0
        self._counted = {id(value) for value in known}
        self._shared: dict[int, Shared] = {}
        self._evidence: Evidence = Evidence(Again)
        self._part = Part()
        self._kept: list[object] = []
        self._sizers: dict[int, Sizer] = {}
        self._scans = SCANS
        self._marks: dict[int, int] = {}  # of earlier variables: known objects, each standing for so many
        self.allow()
        self.next_variable()

    def allow(self, most_s: float = MOST_S) -> None:
        """Give the walk that many seconds of its thread's own time from now on."""
        self._until, self._late, self._asked = time.thread_time() + most_s, False, 0

    def next_variable(self, nodes: int = NODES) -> None:
        """Turn to another variable: it has its own number of objects to be looked at.

        That number decides before the time does, so that two walks over the same values find the same sizes;
        ``is_complete`` tells whether it was so.
        """
        self._nodes, self._floor, self._last = float(nodes), 0.0, -nodes
        self._random: Random | None = None  # made where it is needed: that takes longer than a small variable
        self._first_random: Random | None = None
        self.is_complete = True
        self._part, self._shared, self._evidence = Part(), {}, Evidence(Again)

    def allow_nodes(self, nodes: int) -> None:
        """Let so many more objects be looked at in this variable: the columns of a frame are known to be few."""
        self._nodes += nodes

    def room(self) -> int:
        """Return how many elements of a container may be looked at."""
        return min(MOST, self._room())

    def _room(self) -> int:
        return max(1, int(self._nodes - self._floor))

    def draw(self, depth: int) -> Draw:
        """Return what gives random bits: the same for each variable, and others for each of the containers in it."""
        return self._bits if depth else self._first_bits

    def _bits(self, number: int) -> int:
        self._random = self._random or Random(0)
        return self._random.getrandbits(number)

    def _first_bits(self, number: int) -> int:
        self._first_random = self._first_random or Random(1)
        return self._first_random.getrandbits(number)

    def is_first(self, key: int) -> bool:
        """Tell whether an address (of an object or a buffer) was not met yet."""
        return key not in self._counted and key not in self._shared

    def is_new(self, key: int) -> bool:
        """Tell whether an object is met for the first time, and count it no more."""
        is_first = self.is_first(key)
        self._counted.add(key)
        return is_first

    def mark(self, key: int) -> None:
        """Count an object or address no more."""
        self._counted.add(key)

    def estimate(self, look: Callable[[], float]) -> Estimate:
        """Return all that ``look`` finds, what it shares included; what is met later again counts no more."""
        outer, self._part, shared, self._shared = self._part, Part(), self._shared, {}
        evidence, self._evidence = self._evidence, Evidence(Again)
        try:
            private = look()
            nbytes, variance, device = settle(private, self._part, self._shared, self._evidence)
        finally:
            self._counted.update(self._shared)
            self._part, self._shared, self._evidence = outer, shared, evidence
        outer.variance += variance
        outer.device += device
        return Estimate(int(nbytes), int(variance**0.5), int(device))

    def size(self, value: object, depth: int = 0) -> float:
        """Look at a value of which it is not known how many hold it. Never raises."""
        self._kept.append(value)  # a passing object's address would be that of the next one
        return self._once(id(value), lambda: self._private(value, depth), 0)

    def parts(self, held: list[Any], depth: int) -> float:
        """Look at all values that one value holds. Never raises."""
        return self.many(held, len(held), depth)

    def buffer(self, address: int, nbytes: int, references: int = 0, on_device: bool = False) -> float:
        """Count the memory at an address, once."""
        return self._once(address, lambda: nbytes, references, on_device)

    def many(
        self,
        sample: list[Any],
        count: int,
        depth: int,
        again: Addresses | None = None,
        ends: bool = False,
        portion: float = 1.0,
    ) -> float:
        """Return the private bytes of ``count`` elements of which ``sample`` are some, drawn by chance, in no order.

        What is shared is noted for the end (see ``estimates``). ``again`` looks for known addresses in the whole
        container; ``ends`` says that the sample alternates between its two ends, and that the middle is unknown.
        ``portion`` is how much it may take of what may still be looked at.
        """
        if not sample:
            return 0.0
        held, floor = references(sample), self._floor
        self._floor = max(floor, self._nodes - max(1, int((self._nodes - floor) * portion)))
        try:
            if len(sample) == count <= self._room():
                return self._all(sample, held, depth)
            return self._some(sample, held, count, depth, again, ends)
        finally:
            self._floor = floor

    def _all(self, elements: list[Any], held: list[int], depth: int) -> float:
        total, left, floor = 0.0, len(elements), self._floor
        for element, count in zip(elements, held, strict=True):
            if count <= 1 and id(type(element)) in ATOM_IDS:
                total += self._atom(element)
            else:
                self._floor = self._nodes - max(1, int(self._nodes - floor) // left)
                total += self._element(element, count, depth + 1)
            left -= 1
        return total

    def _atom(self, value: object) -> int:
        self._nodes -= ATOM
        self.looked_at += 1
        return -(-getsizeof(value) // ALIGNMENT) * ALIGNMENT

    def _some(
        self, sample: list[Any], held: list[int], count: int, depth: int, again: Addresses | None, ends: bool
    ) -> float:
        floor, room = self._floor, self._room()
        if len(sample) == count:  # in order, so far
            order = self._chosen(count, min(count, room))
            sample, held = [sample[place] for place in order], [held[place] for place in order]
        outer, inner = self._part, Part()
        self._part = inner
        private: list[float] = []
        sketched: list[float] = []
        share = max(1, room // min(len(sample), max(4, room // SHARE)))
        try:
            for element, number in zip(sample, held, strict=True):
                if private and self._nodes <= floor:
                    break
                if number <= 1 and id(type(element)) in ATOM_IDS:
                    private.append(self._atom(element))
                    sketched.append(private[-1])
                    continue
                if private and self._is_late():
                    break
                self._floor, before = self._nodes - share, inner.sketched
                private.append(self._element(element, number, depth + 1))
                sketched.append(private[-1] + inner.sketched - before)
        finally:
            self._part = outer
        taken = len(private)
        outer.take(inner, count / taken)
        outer.variance += between(sketched, count)
        if ends and taken > 1:
            outer.variance += (count * (_mean(sketched[::2]) - _mean(sketched[1::2])) / 2) ** 2
        if again and not depth:  # deeper down, those that hold the same object may be other containers of this variable
            self._look_again(sample[:taken], held[:taken], again, count / taken, sum(sketched))
        return sum(private) * count / taken

    def _chosen(self, count: int, most: int) -> list[int]:
        if most == 1:
            return [self._bits(BITS) * count >> BITS]
        self._random = self._random or Random(0)
        return self._random.sample(range(count), most)

    def _look_again(self, sample: list[Any], held: list[int], again: Addresses, weight: float, nbytes: float) -> None:
        """Find out whether those with several references are held more than once in this very container.

        And whether it holds what an earlier one held (a sorted copy of a list): that was counted there.
        """
        several = zip(sample, held, strict=True)
        known = {id(element): count for element, count in several if 1 < count < IMMORTAL}
        if len(known) * 20 < len(sample) or self._scans < SCAN:
            return
        self._scans -= SCAN
        self.looked_at += SCAN
        found, reached = again(self._marks | known, len(sample))
        for key, count in known.items():
            evidence = self._evidence[count.bit_length()]
            evidence.seen += found.get(key, 0)
            evidence.expected += (count - 1) * reached
        hits = sum(found.get(key, 0) for key in self._marks.keys() - known.keys())
        earlier = sum(found.get(key, 0) * self._marks[key] for key in self._marks.keys() - known.keys()) / reached
        left = max(0.0, 1 - earlier / (weight * len(known)))
        for key in known.keys() & self._part.met.keys():
            self._part.met[key][1] *= left
        if hits:
            self._part.variance += (weight * nbytes) ** 2 / hits * min(1.0, earlier / (weight * len(known))) ** 2
        self._marks |= dict.fromkeys(known, round(weight))

    def _element(self, value: object, held: int, depth: int) -> float:
        if held <= 1:
            return self._private(value, depth)
        return self._once(id(value), lambda: self._private(value, depth), held)

    def _once(self, key: int, look: Callable[[], float], references: int, on_device: bool = False) -> float:
        shared = self._shared.get(key)
        if shared is None:
            if key in self._counted:
                return 0.0
            shared = self._shared[key] = Shared(references, on_device=on_device)
            shared.nbytes = look()
        self._part.meet(key, shared)
        return 0.0

    def _private(self, value: object, depth: int) -> float:
        kind = type(value)
        if id(kind) in ATOM_IDS:
            return self._atom(value)
        self._nodes -= 1
        self.looked_at += 1
        try:
            if depth > DEEPEST or self._nodes < self._last or self._is_late():
                return own_bytes(value)
            return self._sizer(kind)(self, value, depth)
        except Exception:  # noqa: BLE001 (the person's objects may raise anything, and must not stop a measurement)
            return own_bytes(value)

    def _is_late(self) -> bool:
        self._asked += 1
        if not self._late and not self._asked % ASKED:
            self._late = time.thread_time() > self._until
        self.is_complete = self.is_complete and not self._late
        return self._late

    def _sizer(self, kind: type) -> Sizer:
        found = self._sizers.get(id(kind))
        if found is None:
            found = self._sizers[id(kind)] = sizer_of(kind)
        return found


def _mean(sizes: list[float]) -> float:
    return sum(sizes) / len(sizes)
