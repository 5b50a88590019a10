"""What a request wishes for by what was named: something shorter or longer, by who made it, or a part of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from neo.catalog.catalog import Catalog
from neo.language.facts import FactBook, sayable
from neo.language.lengths import length
from neo.language.said import Said
from neo.language.segments import Turn
from neo.language.wishes import Wish
from neo.model.spoken import items_of


def compared(catalog: Catalog, turns: Sequence[Turn], said: Said) -> tuple[Wish, ...]:
    """At most one: it leaves out the very item that it compares with, the shortest or longest of the type asked for.

    None where no such item has a length. turns: the last one's request may hold what it means; else it is what the
    latest answer with an item named.
    """
    if said.compared is None:
        return ()
    seconds = [
        int(catalog.fields.durations[row])
        for row in _meant(turns).tolist()
        if not said.types or catalog.type_of(row) in said.types
    ]
    known = [each for each in seconds if each > 0]
    if not known:
        return ()
    if said.compared == "longer":
        return (Wish("length", length("over", -(-max(known) // 60))),)
    minutes = min(known) // 60  # whole ones that it takes, so it is not under them itself
    return (Wish("length", length("under", minutes)),) if minutes else ()


def by_the_same(facts: FactBook, turns: Sequence[Turn], said: Said) -> tuple[Wish, ...]:
    """At most one: nothing is wished for where what is meant has no maker, or several. turns: as for `compared`."""
    makers = {facts.item(row).creator for row in _meant(turns).tolist()} if said.same else set()
    maker = makers.pop() if len(makers) == 1 else None
    return (Wish("creator", maker, avoid=said.same == "by others"),) if sayable(maker) else ()


def part_of_it(catalog: Catalog, turns: Sequence[Turn], said: Said) -> Said:
    """With what is to be a part of what was named, where that has parts, or is one. turns: as for `compared`."""
    rows = _meant(turns).tolist() if said.part else []
    if len(rows) != 1:
        return said
    row = rows[0]
    whole = row if len(catalog.children(np.array([row]))) else int(catalog.parent_rows[row])
    if whole < 0:
        return said
    kinds = tuple(kind.name for kind in catalog.types if kind.parent == catalog.type_of(whole))
    others = {kind for kind in said.types if kind not in (*kinds, catalog.type_of(whole))}
    if others or said.same:  # "which audiobook should I start with?"
        return said
    most = said.most or ("oldest" if said.part == "first" else None)
    wishes = (
        Wish("parent", f"{whole} {catalog.title(whole)}"),
        *(wish for wish in said.wishes if wish.aspect != "mention"),
    )
    count = said.count or (1 if said.part == "first" else None)
    return replace(said, wishes=wishes, types=kinds, most=most, count=count, parts=())


def _meant(turns: Sequence[Turn]) -> np.ndarray:
    """int64[]: the items of the last request or, where it has none, of the latest answer with any."""
    named = items_of(turns[-1:])
    answers = (items_of([Turn((), turn.answer)]) for turn in reversed(turns))
    return named if len(named) else next((rows for rows in answers if len(rows)), named)
