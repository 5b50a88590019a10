"""Which items pass a filter, for all items at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from neo.catalog.catalog import Catalog
from neo.catalog.columns import closest
from neo.catalog.fields import Values
from neo_sdk.errors import NotFoundError
from neo_sdk.types import Filter

SHOWN_NAMES = 10
# What podcast feeds have written into `explicit` over the years, in lower case.
SAYS_EXPLICIT = {True: ("true", "yes", "explicit", "1"), False: ("false", "no", "clean", "0")}


def matching(catalog: Catalog, filter: Filter) -> np.ndarray:
    """bool[len(catalog)]: the items that pass. See `Filter` for what that means.

    Raises NotFoundError, with close names, for a parent that the catalog does not have and an attribute that
    no item has.
    """
    fields, mask = catalog.fields, np.ones(len(catalog), dtype=np.bool_)
    if filter.languages is not None:
        mask &= fields.language.having(speaking(fields.language.names, filter.languages))
    if filter.creators is not None:
        mask &= fields.creator.having(_among(fields.creator.names, filter.creators))
    if filter.parents is not None:
        mask &= fields.parent.having(_parents(catalog, filter.parents))
    if filter.topics is not None:
        mask &= fields.topics.having(_among(fields.topics.names, filter.topics))
    # An unknown date is NaT, which no comparison lets through.
    if filter.released_since is not None:
        mask &= catalog.dates >= np.datetime64(filter.released_since)
    if filter.released_until is not None:
        mask &= catalog.dates <= np.datetime64(filter.released_until)
    if filter.min_duration is not None:
        mask &= fields.durations >= filter.min_duration
    if filter.max_duration is not None:
        mask &= (fields.durations >= 0) & (fields.durations <= filter.max_duration)
    if filter.explicit is not None:
        says = _attribute(catalog, "explicit")
        mask &= says.having(_among(pc.utf8_lower(says.names), SAYS_EXPLICIT[filter.explicit]))
    # The model has made texts of them.
    for name, wanted in cast("Mapping[str, tuple[str, ...]]", filter.attributes).items():
        values = _attribute(catalog, name)
        mask &= values.having(_among(values.names, wanted))
    return mask


def _among(names: pa.Array, wanted: Sequence[str]) -> np.ndarray:
    """bool[v]: the names that are wanted, to the letter."""
    return pc.is_in(names, value_set=pa.array(wanted, pa.string())).to_numpy(zero_copy_only=False)


def speaking(names: pa.Array, wanted: Sequence[str]) -> np.ndarray:
    """bool[v]: the language tags that are wanted, or lie within a wanted one as `en-US` does within `en`."""
    tags = {_tag(language) for language in wanted}

    def passes(name: str) -> bool:
        parts = _tag(name).split("-")
        return any("-".join(parts[:length]) in tags for length in range(1, len(parts) + 1))

    return np.array([passes(name) for name in names.to_pylist()], dtype=np.bool_)


def _tag(language: str) -> str:
    return language.lower().replace("_", "-")


def _parents(catalog: Catalog, wanted: Sequence[str]) -> np.ndarray:
    """bool[v]: the parents that are wanted. NotFoundError for one that is no item at all."""
    found = _among(catalog.fields.parent.names, wanted)
    # Every name here is an item's id, so only a parent without children can be no item.
    if np.count_nonzero(found) < len(wanted):
        unknown = np.flatnonzero(catalog.rows(wanted) < 0)
        if len(unknown):
            catalog.row(wanted[int(unknown[0])])  # raises, naming the close ids
    return found


def _attribute(catalog: Catalog, name: str) -> Values:
    known = catalog.fields.attributes
    if name in known:
        return known[name]
    there = f", there are: {', '.join(list(known)[:SHOWN_NAMES])}" if known else ", the catalog has no extras"
    raise NotFoundError(f"no item has the attribute {name!r:.80}{closest(name[:80], known) or there}")
