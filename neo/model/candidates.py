"""Which items an answer may name: those of the asked types that pass the filter, less what was heard or left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from neo.catalog.catalog import Catalog
from neo.catalog.item_types import ItemType
from neo.decoding.index import SidIndex
from neo.model.listener import NOTHING
from neo.sids.table import SidTable


@dataclass(frozen=True, eq=False)
class Passing:
    """What of a catalog passes a filter. index: the items that have SIDs; counts: int64[types], all of them."""

    index: SidIndex
    counts: np.ndarray
    what: str

    @classmethod
    def compile(cls, catalog: Catalog, index: SidIndex, mask: np.ndarray, what: str = "the filter") -> Passing:
        """Of a mask bool[items]: a pass over the whole index. what: they pass, in words."""
        counts = np.bincount(catalog.type_codes[mask], minlength=len(catalog.types))
        return cls(index.filtered(mask), counts, what)


@dataclass(frozen=True, eq=False)
class Candidates:
    """What may be named. types: the asked types that have SIDs; index: what of them is left; there: how many of them an
    answer could name at all.

    asked, heard, excluded, within, passing: what the request said, in types and catalog rows, and what passes
    its filter, to explain a gap with. let_go: what words wish for and nothing left grants, as people say it.
    """

    types: tuple[str, ...]
    index: SidIndex
    asked: tuple[ItemType, ...]
    there: int
    heard: np.ndarray
    excluded: np.ndarray
    within: np.ndarray | None
    passing: Passing | None = None
    familiar: np.ndarray | None = None
    met: np.ndarray = field(default_factory=lambda: NOTHING)
    named: np.ndarray = field(default_factory=lambda: NOTHING)
    guaranteed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    let_go: tuple[str, ...] = ()

    @classmethod
    def choose(
        cls,
        index: SidIndex,
        table: SidTable,
        asked: tuple[ItemType, ...],
        heard: np.ndarray = NOTHING,
        excluded: np.ndarray = NOTHING,
        within: np.ndarray | None = None,
        passing: Passing | None = None,
        familiar: np.ndarray | None = None,
        met: np.ndarray = NOTHING,
        named: np.ndarray = NOTHING,
        guaranteed: tuple[str, ...] = (),
    ) -> Candidates:
        """From a whole catalog's index, at the cost of the rows that are named here.

        passing: what of the same catalog passes the filter, None for no filter. familiar, met: what a discovery mode
        leaves, None for everything, and what it rules out. named: what the conversation has named before. guaranteed:
        the arguments that narrow the choice.
        """
        types = tuple(item_type.name for item_type in asked if item_type.name in index.types)
        every = index.only(types)
        chosen = every if passing is None else passing.index.only(types)
        for only in (within, familiar):
            if only is not None:
                chosen = chosen.among(table, only)
        chosen = chosen.without_rows(table, np.unique(np.concatenate([heard, excluded, met, named])))
        return cls(types, chosen, asked, len(every), heard, excluded, within, passing, familiar, met, named, guaranteed)

    def __len__(self) -> int:
        return len(self.index)

    def gap(self, catalog: Catalog, per_parent: int | None = None) -> str:
        """Why there are no more of them: what the catalog has, and what the request leaves out."""
        codes = [catalog.type_code(item_type.name) for item_type in self.asked]
        plurals = " or ".join(item_type.plural for item_type in self.asked)
        total = int(np.isin(catalog.type_codes, codes).sum())
        if not total:
            return f"The catalog has no {plurals}."

        def count(rows: np.ndarray) -> int:
            return int(np.isin(catalog.type_codes[np.unique(rows)], codes).sum())

        reasons = [f"{total:,} in the catalog"]
        if gone := total - self.there:
            reasons.append(f"{gone:,} of them retired or without a SID")
        if self.passing is not None:
            passing = int(self.passing.counts[codes].sum())
            reasons.append(f"{passing:,} {'passes' if passing == 1 else 'pass'} {self.passing.what}")
        if self.within is not None:
            reasons.append(f"{count(self.within):,} in `within`")
        if self.familiar is not None:
            reasons.append(f"{count(self.familiar):,} familiar to the listener")
        if met := count(self.met):
            reasons.append(f"{met:,} of what the listener has met")
        if heard := count(self.heard):
            reasons.append(f"{heard:,} heard before")
        if named := count(self.named):
            reasons.append(f"{named:,} named before in this conversation")
        if excluded := count(self.excluded):
            reasons.append(f"{excluded:,} in `exclude`")
        if per_parent is not None:
            reasons.append(f"at most {per_parent} of one parent")
        return f"There are no more {plurals} to name: {', '.join(reasons)}."


def every_type(catalog: Catalog, names: Sequence[str] | None) -> tuple[ItemType, ...]:
    """The item types of some names, all of them for None; NotFoundError for one that the catalog has not."""
    if names is None:
        return catalog.types
    return tuple(catalog.types[catalog.type_code(name)] for name in dict.fromkeys(names))
