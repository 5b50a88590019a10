from __future__ import annotations

import numpy as np
import pytest

from neo.model.bundle import Bundle
from neo.model.neo_model import NeoModel
from neo.model.similar import most_similar


@pytest.mark.parametrize("type_name", ["show", "episode"])
def test_equals_cosines_of_summed_codebook_vectors(tiny_bundle: Bundle, type_name: str) -> None:
    sids = tiny_bundle.sids

    def meaning(row: int) -> np.ndarray:
        books = sids.centroids(sids.table.type_of(row))
        return sum(books[level][code] for level, code in enumerate(sids.table.codes_of(row)))

    row = tiny_bundle.catalog.row("e-7")
    cosines = {
        other: meaning(row) @ meaning(other) / np.linalg.norm(meaning(row)) / np.linalg.norm(meaning(other))
        for other in tiny_bundle.catalog.rows_of(type_name).tolist()
        if other != row
    }
    found = most_similar(sids, row, type_name, 100)
    assert {other for other, _ in found} == cosines.keys()
    for other, score in found:
        assert score == pytest.approx(cosines[other], abs=1e-5)
    scores = [score for _, score in found]
    assert scores == sorted(scores, reverse=True)


def test_the_answer_leaves_the_item_itself_out(tiny_bundle: Bundle) -> None:
    answer = NeoModel(tiny_bundle).similar("s-3", k=30)
    assert len(answer.items) == 19
    assert {item.type for item in answer.items} == {"show"}
    assert "s-3" not in [item.id for item in answer.items]
    assert answer.warnings == ("There are no more shows to name: 20 in the catalog.",)


def test_a_filter_and_what_is_left_out_hold_here_too(tiny_bundle: Bundle) -> None:
    neo = NeoModel(tiny_bundle)
    every = [item.id for item in neo.similar("s-3", k=30).items]
    kept = neo.similar("s-3", k=30, filter={"topics": ["bread"]}, exclude=["s-2"])
    bread = [name for name in every if "bread" in tiny_bundle.catalog.item(tiny_bundle.catalog.row(name)).topics]
    assert [item.id for item in kept.items] == [name for name in bread if name != "s-2"]
    assert len(bread) > 1 and "pass the filter" in kept.warnings[0]
    nothing = neo.similar("s-3", filter={"languages": ["xx"]})
    assert nothing.finish_reason == "empty" and "0 pass the filter" in nothing.warnings[0]
