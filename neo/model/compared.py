"""A wish for something shorter or longer than what was named, as the length that it comes to."""

from __future__ import annotations

from collections.abc import Sequence

from neo.catalog.catalog import Catalog
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
    named = items_of(turns[-1:])
    if not len(named):
        answers = (items_of([Turn((), turn.answer)]) for turn in reversed(turns))
        named = next((rows for rows in answers if len(rows)), named)
    seconds = [
        int(catalog.fields.durations[row])
        for row in named.tolist()
        if not said.types or catalog.type_of(row) in said.types
    ]
    known = [each for each in seconds if each > 0]
    if not known:
        return ()
    if said.compared == "longer":
        return (Wish("length", length("over", -(-max(known) // 60))),)
    minutes = min(known) // 60  # whole ones that it takes, so it is not under them itself
    return (Wish("length", length("under", minutes)),) if minutes else ()
