"""From the objects that a sample met to the bytes of all of them, with a standard error.

An object with one reference belongs to whoever holds it: it stands for as many others as its place in the sample says.
An object with more references may be held by many places of the same variable (a word that a million rows share), or
be held from elsewhere, too (a row that an index of the person's also knows). Its reference count says how many hold it
at most; how often the sample met it again says how many of them are in this variable.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from math import exp, sqrt

IMMORTAL = 1 << 30  # references of an object that the interpreter itself never frees; 10**9 in 3.11's own words
FEW = 3  # up to so many references an object that was not met again is taken to be held from elsewhere
COMMON = 0.3  # expected meetings of an object from which on it is one that the sample can hardly miss


@dataclass(frozen=True)
class Estimate:
    """``nbytes`` of this process, their standard error (0: all of it was looked at), and bytes of other devices."""

    nbytes: int
    error_bytes: int = 0
    device_bytes: int = 0


@dataclass
class Shared:
    """One object or buffer that several may hold. ``references`` is 0 where nothing says how many."""

    references: int
    nbytes: float = 0.0
    on_device: bool = False


@dataclass
class Part:
    """What was met below one container: the variance of its estimate, and each shared object as [times, weight]."""

    variance: float = 0.0
    device: float = 0.0
    sketched: float = 0.0
    met: dict[int, list[float]] = field(default_factory=dict)

    def meet(self, key: int, shared: Shared) -> None:
        """Note that a shared object was met once more."""
        found = self.met.setdefault(key, [0, 0.0])
        found[0] += 1
        found[1] += 1.0
        if not shared.on_device and shared.references:
            few = shared.references <= FEW
            self.sketched += shared.nbytes / (1 if few else shared.references)

    def take(self, other: Part, weight: float) -> None:
        """Add what was met in a sample of which each element stands for ``weight`` elements."""
        self.variance += weight * other.variance
        self.device += weight * other.device
        self.sketched += weight * other.sketched
        for key, (times, weights) in other.met.items():
            found = self.met.setdefault(key, [0, 0.0])
            found[0] += times
            found[1] += weight * weights


@dataclass
class Again:
    """Meetings of known objects again: ``seen`` of the ``expected`` ones, were all references in this variable."""

    seen: float = 0.0
    expected: float = 0.0

    def share(self, references: int) -> tuple[float, float]:
        """Return the share of the references that are in this variable, and its standard error.

        One meeting is invented beside those seen, so that no evidence leaves what is usual.
        """
        usual = 0.0 if references <= FEW else 1.0
        known = 1.0 + self.expected
        return min(1.0, (self.seen + usual) / known), min(0.5, sqrt(max(1.0, self.seen)) / known)


Evidence = defaultdict[int, Again]  # by the number of binary digits of the reference count


def between(sizes: list[float], count: int) -> float:
    """Return the variance of a sum of ``count`` elements that was estimated from some of them, drawn by chance.

    A single one says nothing of the others: then the error is as large as the estimate.
    """
    taken = len(sizes)
    if taken == count:
        return 0.0
    if taken == 1:
        return float((count * sizes[0]) ** 2)
    mean = sum(sizes) / taken
    spread = sum((size - mean) ** 2 for size in sizes) / (taken - 1)
    return count * count * (1 - taken / count) * spread / taken


def settle(private: float, part: Part, shared: dict[int, Shared], evidence: Evidence) -> tuple[float, float, float]:
    """Return (bytes, variance, bytes on other devices) of private and shared objects together."""
    if not part.met:
        return private, part.variance, part.device
    counted = {key: (shared[key], times, weight / times) for key, (times, weight) in part.met.items()}
    for held, times, weight in counted.values():
        if weight > 1 and 1 < held.references < IMMORTAL:
            again = evidence[held.references.bit_length()]
            again.seen += times - 1
            again.expected += (held.references - 1) / weight
    total, device, variance = private, part.device, part.variance
    doubt: dict[int, float] = defaultdict(float)
    alone: list[float] = []
    for held, times, weight in counted.values():
        if held.on_device:
            device += held.nbytes if times > 1 else held.nbytes * weight
        elif weight <= 1 or held.references >= IMMORTAL:
            total += held.nbytes
        elif not held.references:
            total += held.nbytes if times > 1 else held.nbytes * weight
            alone += [held.nbytes * weight] if times == 1 else []
        else:
            digits = held.references.bit_length()
            share, error = evidence[digits].share(held.references)
            total += _stands_for(held, times, weight, share)
            variance += _luck(held, weight, share)
            low, high = max(0.0, share - error), min(1.0, share + error)
            doubt[digits] += (_stands_for(held, times, weight, low) - _stands_for(held, times, weight, high)) / 2
    variance += sum(value * value for value in doubt.values())
    if alone:
        variance += max(0.0, sum(size * size for size in alone) - sum(alone) ** 2 / len(alone))
    return total, variance, device


def _held(shared: Shared, share: float) -> float:
    return 1 + share * (shared.references - 1)


def _stands_for(shared: Shared, times: float, weight: float, share: float) -> float:
    """Return the bytes of this object and of those like it that the sample missed."""
    held = _held(shared, share)
    if held / weight < COMMON:
        return times * weight * shared.nbytes / held
    return shared.nbytes / (1 - exp(-held / weight))


def _luck(shared: Shared, weight: float, share: float) -> float:
    """Return the variance from having met a common object, or not."""
    expected = _held(shared, share) / weight
    if expected < COMMON:
        return 0.0
    chance = 1 - exp(-expected)
    return shared.nbytes**2 * (1 - chance) / chance**2
