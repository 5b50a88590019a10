"""Items come and go while a model stays: new ones get SIDs from the codebooks that are there, gone ones are not named.

No row of the catalog moves and no item that has a SID gets another, so what the model learned and what listeners met
still means the same. A retired item keeps its row and its SID: a history that holds it is read as before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from neo.catalog.catalog import TEXT_TYPE_SCHEMA, Catalog, decode_type
from neo.catalog.load import read_items
from neo.catalog.mapping import DataConfig, ItemSource, TypeConfig, read_config
from neo.decoding.index import SidIndex
from neo.listeners.features import Features
from neo.listeners.item_vectors import ItemVectors
from neo.listeners.model import ListenerModel
from neo.model.bundle import Bundle
from neo.sids.build import SidModel
from neo.sids.drift import TypeDrift, drift
from neo.sids.table import SidTable
from neo_sdk.errors import InvalidRequestError


@dataclass(frozen=True)
class Update:
    """What an update did: catalog rows that are new, changed, retired, and back again; and how new ones fit in."""

    new: np.ndarray
    changed: np.ndarray
    retired: np.ndarray
    back: np.ndarray
    drift: Sequence[TypeDrift]

    @property
    def reasons(self) -> list[str]:
        """Why the SIDs should be learned again; nothing where they need not."""
        return [reason for each in self.drift for reason in each.reasons]


def said(update: Update) -> str:
    """The update in words, a line for each type that has new items."""
    counts = {"new": update.new, "changed": update.changed, "retired": update.retired, "back again": update.back}
    lines = [", ".join(f"{len(rows):,} {what}" for what, rows in counts.items()) + "."]
    for each in update.drift:
        lines.append(
            f"{each.name}: {each.new:,} new of {each.items:,}, {each.unlike:.2f} times as far from old ones as these "
            f"from one another; their codes leave {each.error:.2f} times as much over; {each.full:.1%} of codes in use."
        )
    if update.reasons:
        lines.append(f"Learn the SIDs again, and the model with them: {'; '.join(update.reasons)}.")
    elif update.drift:
        lines.append("The SIDs suit the new items.")
    return "\n".join(lines)


def read_given(bundle: Bundle, files: Sequence[Path], tell: Callable[[str], None]) -> pa.Table:
    """Items from files with NEO's column names, or from those that a YAML names. CatalogError with every problem."""
    if not files:
        return decode_type(bundle.catalog.table).slice(0, 0)
    if len(files) == 1 and files[0].suffix in (".yaml", ".yml"):
        return read_items(read_config(files[0]), files[0].parent, bundle.catalog, tell)
    sources = tuple(ItemSource(path=str(file.absolute())) for file in files)
    types = tuple(TypeConfig(name=t.name, plural=t.plural, parent=t.parent) for t in bundle.catalog.types)
    return read_items(DataConfig(items=sources, types=types), Path(), bundle.catalog, tell)


def updated(bundle: Bundle, given: pa.Table, retire: Sequence[str] = (), whole: bool = False) -> tuple[Bundle, Update]:
    """The bundle with these items (`TEXT_TYPE_SCHEMA`) in place of those with the same ids, and beside all others.

    retire: ids of items that are gone. whole: `given` is all that there is, so what it lacks is gone.

    Raises ConfigError where SIDs have to be learned again: for a type that has none, where codes run out, where SIDs
    came from a file or from what listeners met alone. InvalidRequestError for an item that changes its type, or that is
    given and retired at once; NotFoundError for an id to retire that is not there.
    """
    old = bundle.catalog
    catalog, places = _merged(old, given)
    there, new = places[places < len(old)], np.arange(len(old), len(catalog))
    sids = bundle.sids.assign(catalog, new) if len(new) else bundle.sids
    named, before = _named(bundle.index, len(catalog)), _named(bundle.index, len(old))
    gone = np.array([old.row(item) for item in retire], dtype=np.int64)
    if both := set(gone.tolist()) & set(there.tolist()):
        raise InvalidRequestError(f"{old.id(min(both))!r} is given and retired at once: leave one out.")
    if whole:
        gone = np.setdiff1d(np.arange(len(old)), there)
    named[places], named[gone] = True, False
    made = replace(
        bundle,
        catalog=catalog,
        sids=sids,
        mapped=_index(bundle, sids, named),
        listener_model=_reads(bundle.listener_model, sids.table),
    )
    for name, part in made.index.types.items():
        if not len(part):
            raise InvalidRequestError(f"No item of type {name!r} would be left: an answer could name none.")
    had = np.isin(np.arange(len(old)), np.concatenate([sids.rows for sids in bundle.sids.table.types.values()]))
    return made, Update(
        new=new,
        changed=there[_differs(old, catalog, there)],
        retired=np.flatnonzero(before & ~named[: len(old)]),
        back=np.flatnonzero(had & ~before & named[: len(old)]),
        drift=drift(sids, catalog, new),
    )


def _merged(old: Catalog, given: pa.Table) -> tuple[Catalog, np.ndarray]:
    """The catalog with the given items, and where each of them stands in it, int64 [n]. No old row moves."""
    table, places = decode_type(old.table), old.rows(given["id"])
    known = places >= 0
    were = np.array(table["type"].take(pa.array(places[known])).to_pylist(), dtype=object)
    are = np.array(given["type"].filter(pa.array(known)).to_pylist(), dtype=object)
    for at in np.flatnonzero(were != are)[:1]:
        item = given["id"].filter(pa.array(known))[int(at)].as_py()
        raise InvalidRequestError(
            f"{item!r} was of type {were[at]!r} and is given as {are[at]!r}: retire it, and give the new item an id of "
            f"its own."
        )
    places = np.where(known, places, len(old) + np.cumsum(~known) - 1)
    order = np.arange(len(old) + int((~known).sum()))
    order[places] = len(old) + np.arange(len(given))
    both = pa.concat_tables([table.cast(TEXT_TYPE_SCHEMA), given.cast(TEXT_TYPE_SCHEMA)])
    return Catalog.from_table(both.take(pa.array(order)), old.types), places


def _index(bundle: Bundle, sids: SidModel, named: np.ndarray) -> SidIndex:
    """What may be named, and what the model was trained on: all that the first bundle had, however often it changed."""
    index = SidIndex.build(sids.table).filtered(named)
    before = {name: part.learned for name, part in bundle.index.to("cpu").types.items()}
    if all(learned is None for learned in before.values()):
        counted = [name for name, quantizer in sids.quantizers.items() if quantizer.has_counter]
        return index.learned_from(bundle.sids.table, counted)
    types = {name: replace(part, learned=before[name]) for name, part in index.types.items()}
    return SidIndex(index.levels, types)


def _named(index: SidIndex, count: int) -> np.ndarray:
    """bool [count]: the catalog rows that an answer may name."""
    named = np.zeros(count, dtype=bool)
    for part in index.types.values():
        named[part.rows.cpu().numpy()] = True
    return named


def _reads(model: ListenerModel | None, table: SidTable) -> ListenerModel | None:
    """The listener model of a table with more items: an item's vector is what its codes mean."""
    if model is None:
        return None
    features = model.features
    items = ItemVectors(features.items.books, table)
    return ListenerModel(Features(items, features.types, features.profiles), model.network)


def _differs(old: Catalog, new: Catalog, rows: np.ndarray) -> np.ndarray:
    """bool [n]: which of these rows say something else than they did."""
    found = np.zeros(len(rows), dtype=bool)
    for name in (field.name for field in TEXT_TYPE_SCHEMA if field.name != "type"):
        was, now = (catalog.table[name].take(pa.array(rows)) for catalog in (old, new))
        if pa.types.is_list(was.type):
            was, now = (pc.binary_join(column, "\x1f") for column in (was, now))
        other = pc.fill_null(pc.not_equal(was, now), False)
        found |= pc.or_(other, pc.not_equal(pc.is_null(was), pc.is_null(now))).to_numpy()
    return found
