"""A small fact checker: reads the built-in teacher's texts with the teacher's own patterns.

What a pattern claims of a listener is held against counts of the raw rows and taken out of the text; what is
left may name nothing but facts of the items.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from teacher_worlds import CREATORS, TONES, TOPICS, World

from neo.language.facts import LENGTHS, FactBook
from neo.language.segments import Segment, Text
from neo.training.teacher import built_in, phrases

NAME = "|".join(map(re.escape, [*TOPICS, *CREATORS, *TONES])) + r"|Xitle \w+|episodes|shows|audiobooks"
Check = Callable[[list[str]], bool]


def shown(segments: Sequence[Segment]) -> str:
    """The text of an answer, with # for its items."""
    return "".join(s.text if isinstance(s, Text) else "#" for s in segments)


class Truth:
    """What holds of one listener, counted from the raw rows."""

    def __init__(self, world: World, history: list[int], onboarding: tuple[str, ...]) -> None:
        self.world, self.history, self.onboarding = world, history, onboarding
        met: list[str | None] = []
        for row in history:
            met += [*world.topics(row), world.creator(row), world.rows[row]["type"] + "s"]
            own = row if world.rows[row]["type"] == "show" else world.parent(row)
            met += [world.rows[own]["title"]] if own >= 0 else []
        self.times = Counter(met)
        self.tones = Counter(world.tone(row) for row in history if world.tone(row))
        facts = FactBook(world.catalog).listener(history)  # checked by test_teacher_facts
        self.main, self.turn = facts.main_topics, facts.turn

    def take_out(self, text: str) -> str:
        """The text with * for every claim on the listener; one that does not hold is an AssertionError."""
        claims = [(pattern, holds) for patterns, holds in self._claims() for pattern in patterns]
        for pattern, holds in sorted(claims, key=lambda claim: -len(re.sub(r"\{\w+\}", "", claim[0]))):
            source = _regex(pattern)
            for match in re.finditer(source, text, re.IGNORECASE):
                names = re.findall(NAME, " ".join(match.groups()))
                assert holds(names), f"{pattern!r} of {names} in {text!r}"
            text = re.sub(source, "*", text, flags=re.IGNORECASE)
        return text

    def linked(self, row: int) -> bool:
        """Whether anything but its type ties an item to the history."""
        world, parent = self.world, self.world.parent(row)
        names = [*world.topics(row), world.creator(row), world.rows[row]["title"]]
        names += [world.rows[parent]["title"]] if parent >= 0 else []
        return any(self.times[name] for name in names if name)

    def _at_least(self, times: float) -> Check:
        return lambda names: all(self.times[name] >= times for name in names)

    def _named(self, names: list[str]) -> bool:
        return set(names) <= set(self.onboarding)

    def _claims(self) -> list[tuple[tuple[str, ...], Check]]:
        """Patterns, and when they hold."""
        events, times, often, twice = len(self.history), self.times, self._at_least(3), self._at_least(2)
        most_met_type = max(times[plural] for plural in ("episodes", "shows", "audiobooks"))
        return [
            (phrases._PARENT_OFTEN, often),
            (phrases._PARENT_KNOWN, self._at_least(1)),
            (phrases._TOPIC_OFTEN, often),
            (phrases._TOPIC_MAIN, lambda names: often(names) and set(names) <= set(self.main)),
            (phrases._TOPIC_TWICE, twice),
            (phrases._TOPIC_ONCE, lambda names: [times[name] for name in names] == [1]),
            (phrases._TWO_TOPICS, lambda names: len(names) == 2 and twice(names)),
            (phrases._TURN, lambda names: names == [self.turn]),
            (phrases._CREATOR_OFTEN, often),
            (phrases._CREATOR_KNOWN, self._at_least(1)),
            (phrases._NAMED, lambda names: events > 0 and self._named(names)),
            (phrases._NAMED_ONLY, lambda names: not events and self._named(names)),
            (phrases._TONE, lambda names: self.tones[names[0]] == max(self.tones.values()) >= 3),
            (phrases._NEW_TOPIC, lambda names: twice(names[:-1]) and not times[names[-1]]),
            (phrases._FRESH, lambda names: events > 0 and not times[names[0]]),
            (phrases._STRANGER, lambda names: not events),
            (phrases._STRANGER_NAMED, lambda names: not events and self._named(names)),
            (built_in._PORTRAIT, lambda names: tuple(names) == self.main),
            (built_in._PORTRAIT_REPEATED, lambda names: tuple(names) == self.main and twice(names)),
            (built_in._PORTRAIT_TYPES, lambda names: times[names[0]] == most_met_type and not self.main),
            (built_in._PORTRAIT_NAMED, lambda names: not events and self._named(names)),
            (built_in._PORTRAIT_EMPTY, lambda names: not events and not self.onboarding),
            (built_in._HABIT_PARENT, often),
            (built_in._HABIT_CREATOR, often),
            (built_in._HABIT_TURN, lambda names: names == [self.turn]),
            (built_in._HABIT_TONE, lambda names: 2 * self.tones[names[0]] >= self.tones.total()),
            (built_in._HABIT_NAMED, lambda names: self._named(names) and not times[names[0]]),
        ]


def _regex(pattern: str) -> str:
    names = rf"((?:{NAME})(?:(?:, next |, and then |, |,? and )(?:{NAME}))*)"
    parts = re.split(r"(\{\w+\})", pattern)
    return rf"(?<!\w){''.join(names if part[:1] == '{' else re.escape(part) for part in parts)}(?!\w)"


def check_item_claims(rest: str, world: World, rows: list[int]) -> None:
    """What the rest of a text names are facts of the items; the lengths it names are theirs."""
    facts = {name for row in rows for name in (*world.topics(row), world.creator(row), world.tone(row))}
    facts |= {world.rows[r]["title"] for row in rows for r in (row, world.parent(row)) if r >= 0}
    assert set(re.findall(NAME, rest)) <= facts, rest
    lower = 0.0
    for bound, phrase in LENGTHS:
        if phrase in rest:
            assert any(lower <= (world.rows[row]["duration"] or -1) < bound for row in rows), rest
        lower = bound
