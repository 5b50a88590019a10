"""What the tests ask a server, and the answers that it must give."""

from __future__ import annotations

from typing import Any

import pytest
from running_server import Running

ASKED: list[tuple[str, dict[str, Any]]] = [
    ("recommend", {"listener": "l3", "type": "episode", "k": 4}),
    ("recommend", {"listener": "l3", "k": 2, "format": "mixed", "max_tokens": 8}),
    ("recommend", {"history": ["s-1"], "filter": {"topics": ["bread"]}, "temperature": 1.5, "seed": 3}),
    ("search", {"query": "old maps", "k": 30, "within": ["s-1", "e-1", "a-3"]}),
    ("search", {"query": "old maps", "format": "mixed", "temperature": 0.7, "seed": 1, "max_tokens": 8}),
    ("explain", {"item": "s-2", "listener": "l4", "max_tokens": 9}),
    ("understand", {"listener": "l4", "max_tokens": 9}),
    ("similar", {"item": "s-2", "k": 3}),
]


def expected(served: Running, verb: str, asked: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = getattr(served.model, verb)(**asked).model_dump(mode="json")
    return found


def same(got: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Up to the id of the request and the rounding of scores."""
    scores = [[part.get("score") or 0.0 for part in answer["parts"]] for answer in (got, wanted)]
    assert scores[0] == pytest.approx(scores[1], abs=1e-4)
    return without_scores(got) == without_scores(wanted)


def without_scores(answer: dict[str, Any]) -> dict[str, Any]:
    parts = [{key: value for key, value in part.items() if key != "score"} for part in answer["parts"]]
    return {**answer, "parts": parts, "request_id": None}
