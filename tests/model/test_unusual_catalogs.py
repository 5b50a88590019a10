"""Catalogs with a type without items, an item without a SID, and SIDs that several items share."""

from __future__ import annotations

import dataclasses

import pyarrow as pa
import pytest

from neo.catalog.catalog import Catalog
from neo.catalog.item_types import ItemType
from neo.model.bundle import Bundle
from neo.model.neo_model import NeoModel
from neo.sids.table import SidTable
from neo_sdk.errors import NotFoundError
from neo_sdk.types import Answer


def ids_of(answer: Answer) -> list[str]:
    return [item.id for item in answer.items]


def test_a_type_without_items_and_an_item_without_a_sid(tiny_bundle: Bundle) -> None:
    old = tiny_bundle.catalog
    more = pa.table({"id": ["late"], "type": ["show"], "title": ["Too late for a SID"]})
    table = pa.concat_tables([old.table, Catalog.from_table(more).table])
    catalog = Catalog(table.unify_dictionaries(), (*old.types, ItemType("course", "courses")))
    neo = NeoModel(dataclasses.replace(tiny_bundle, catalog=catalog))
    answer = neo.recommend(type="course")
    assert (answer.finish_reason, answer.warnings) == ("empty", ("The catalog has no courses.",))
    assert neo.recommend_rows([[1]], [""], "course") == [[]]
    assert neo.similar("s-1", type="course").finish_reason == "empty"
    assert len(neo.search("bread", k=200).items) == 100
    with pytest.raises(NotFoundError, match="'late' has no SID"):
        neo.explain("late")
    seen = neo.recommend(history=["late", "s-1"])
    assert seen.warnings == ("1 items of the history have no SID yet and were not read.",)


def test_shared_tuples_name_the_most_popular_and_then_the_next(tiny_bundle: Bundle) -> None:
    """The paper's canonical rule: many items have one tuple, and only one of them answers to it."""
    sids = tiny_bundle.sids
    rows = {name: part.rows for name, part in sids.table.types.items()}
    codes = {name: part.codes.copy() for name, part in sids.table.types.items()}
    codes["show"][:3] = codes["show"][0]
    table = SidTable.from_codes(rows, codes, sids.table.codebook_sizes)
    neo = NeoModel(dataclasses.replace(tiny_bundle, sids=dataclasses.replace(sids, table=table)))
    assert {"s-0", "s-1", "s-2"} & set(ids_of(neo.recommend(k=20))) == {"s-0"}
    assert {"s-0", "s-1", "s-2"} & set(ids_of(neo.recommend(k=20, exclude=["s-0"]))) == {"s-1"}
