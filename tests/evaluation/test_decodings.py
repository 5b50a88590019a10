"""Other decodings than beam search, for evaluation."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from neo.evaluation import decodings
from neo.evaluation.decodings import DecodingMethod
from neo.evaluation.protocol import RecommendCase
from neo.language.prompts import about_listener
from neo.model.bundle import Bundle
from neo.model.neo_model import NeoModel

DRAWS = 600


def test_what_is_drawn_first_stands_first(tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list with all items in it: how often each stands first is how probable it is."""
    monkeypatch.setattr(decodings, "TOP_P", 1.0)
    neo, history, about = NeoModel(tiny_bundle), tiny_bundle.events.history(3), about_listener(tiny_bundle.listeners, 3)
    case = RecommendCase(3, history, tiny_bundle.events.times(3), "show", 0)
    lists = DecodingMethod(neo, "top-p sampling").recommend([case] * DRAWS, 20)
    (found,) = neo.recommend_rows([history], [about], "show", k=20, exclude=[history])
    assert len(found) > 10 and all(sorted(rows.tolist()) == sorted(row for row, _ in found) for rows in lists)
    first = Counter(int(rows[0]) for rows in lists)
    expected = {row: math.exp(score - float(neo.standing[row])) for row, score in found}  # the model's own
    assert {row: first[row] / DRAWS for row in expected} == pytest.approx(expected, abs=0.04)
