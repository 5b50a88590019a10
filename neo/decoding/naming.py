"""Names as they were told: where a model hesitates between two, its answer takes the one that the facts hold.

Right before it speaks of an item, or of who asks, a model reads what is true of them (`neo.language.asides`). A small
one may still say what it remembers: "on Business and marketing" of what is on Business and industry, "by Jamal Before
Breakfast" of a Jamal Beaumont, "Dear Theoremicem". No word is forbidden for it. Only where an item's topics are told
and the next token would begin another topic of the catalog, or where a name would be left half said, or gone on with
letters when it is whole: there what was told is written instead, if it is not improbable beside that.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch

ODDS = 0.05  # of what was told to what would be written, from which on it is not improbable;
ODDS_OF_TOPIC = 0.002  # where a topic of what it speaks of comes next, and another of the catalog would be written
TOPICS = 4  # that are told in a row
FEW = 50  # of the most probable tokens, among which what is no name is looked for


class Names:
    """Names, or other words, as token ids, each with the space before it."""

    def __init__(self, names: Iterable[Sequence[int]] = ()) -> None:
        self._next: dict[tuple[int, ...], set[int]] = {}
        self.names: set[tuple[int, ...]] = set()
        for name in map(tuple, names):
            for at, token in enumerate(name):
                self._next.setdefault(name[:at], set()).add(token)
            self.names.add(name)
        self.longest = max(map(len, self.names), default=0)

    @property
    def first(self) -> set[int]:
        """What they begin with."""
        return self._next.get((), set())

    def begun(self, said: Sequence[int]) -> list[int]:
        """How many tokens long the beginnings of names are that what was said ends with."""
        sizes = range(1, min(self.longest - 1, len(said)) + 1)
        return [size for size in sizes if tuple(said[-size:]) in self._next]

    def next(self, said: Sequence[int]) -> set[int]:
        """What goes on with them."""
        return set().union(*(self._next[tuple(said[-size:])] for size in self.begun(said)))

    def whole(self, said: Sequence[int]) -> list[int]:
        """How many tokens long the names are that it ends with."""
        sizes = range(1, min(self.longest, len(said)) + 1)
        return [size for size in sizes if tuple(said[-size:]) in self.names]


@dataclass(frozen=True, eq=False)
class Told:
    """The names that the facts before an answer's words hold. every: all of them; topics: those of what it speaks of,
    which stand behind a cue, "show about", and then behind a joint, ", and"."""

    every: Names
    topics: Names = field(default_factory=Names)
    cues: Names = field(default_factory=Names)
    joints: Names = field(default_factory=Names)

    @property
    def longest(self) -> int:
        """How much of what was said tells what may be named."""
        return self.every.longest + TOPICS * (self.every.longest + self.joints.longest) + self.cues.longest

    def behind(self, said: Sequence[int]) -> Names:
        """What is named there: one of its topics, if these are just being told, and none a second time."""
        for before in (said, *(said[:-size] for size in self.topics.begun(said))):
            if (named := self._named(tuple(before), TOPICS)) is not None:
                return Names(self.topics.names - named)
        listed = self._listed(tuple(said), TOPICS)
        return Names(self.every.names - listed) if listed else self.every  # "on Health and Health"

    def _listed(self, said: tuple[int, ...], most: int) -> frozenset[tuple[int, ...]]:
        """The names in a row right before a joint that was just said."""
        found = frozenset[tuple[int, ...]]()
        for joint in self.joints.whole(said) if most else ():
            before = said[:-joint]
            for size in self.every.whole(before):
                found |= {before[-size:], *self._listed(before[:-size], most - 1)}
        return found

    def _named(self, said: tuple[int, ...], most: int) -> frozenset[tuple[int, ...]] | None:
        """The topics between the last cue and here, if there is nothing else."""
        if self.cues.whole(said):
            return frozenset()
        for joint in self.joints.whole(said) if most else ():
            listed = said[:-joint]
            for size in self.topics.whole(listed):
                if (named := self._named(listed[:-size], most - 1)) is not None:
                    return named | {listed[-size:]}
        return None


@dataclass(frozen=True, eq=False)
class Naming:
    """Where an answer stands that may name something. told: what its facts hold; others: what the catalog has.

    said: the end of what was written, as many tokens as decide it.
    """

    told: Told
    others: Names
    said: tuple[int, ...]

    @cached_property
    def names(self) -> Names:
        """Those that may stand here."""
        return self.told.behind(self.said)

    @property
    def _odds(self) -> float:
        return ODDS_OF_TOPIC if self.names.names <= self.told.topics.names else ODDS

    @cached_property
    def begun(self) -> set[int]:
        """What goes on with one of them."""
        return self.names.next(self.said)

    def doubts(self, token: int, parts: Container[int]) -> bool:
        """Whether the token would leave a name half said or add to it, or name another where topics are told.

        parts: the tokens that go on with a word.
        """
        if token in self.begun:
            return False
        if self._adds(token, parts) or (self.begun and not self.told.every.whole(self.said)):
            return True
        other = token in self.others.next(self.said) or token in self.others.first
        return other and token not in self.names.first and self.names is not self.told.every

    def settled(self, token: int, logp: torch.Tensor, parts: Container[int]) -> int:
        """The token, or what is to be written instead; logp: float [tokens], of all that may be written here."""
        if not self.doubts(token, parts):
            return token
        barred = parts if self._adds(token, parts) else self.others.first if not self.names.names else None
        if barred is None:
            told = sorted(self.begun or self.names.first)
        else:  # all of it is said: anything else will do
            told = [at for at in logp.topk(min(FEW, len(logp))).indices.tolist() if at not in barred]
        if not told:
            return token
        weights = logp[told]
        best = int(weights.argmax())
        return told[best] if float(weights[best]) >= float(logp[token]) + math.log(self._odds) else token

    def _adds(self, token: int, parts: Container[int]) -> bool:
        """Whether it would add letters to a whole name."""
        return token in parts and not self.begun and bool(self.told.every.whole(self.said))
