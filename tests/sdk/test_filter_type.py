from __future__ import annotations

import datetime as dt
import pickle
from typing import Any

import pytest
from pydantic import ValidationError

from neo_sdk import Filter

FULL: dict[str, Any] = {
    "languages": ["no", "en", "en"],
    "creators": ["Ann"],
    "parents": ["show-1"],
    "topics": ["jazz"],
    "released_since": "2024-05-31",
    "released_until": dt.date(2024, 6, 1),
    "min_duration": 0,
    "max_duration": 1800,
    "explicit": False,
    "attributes": {"tone": ["calm", "calm"], "volume": 3.0, "live": True},
}


def test_filters_that_ask_the_same_are_equal_and_hash_alike() -> None:
    one = Filter(**FULL)
    asked = {"live": "true", "volume": 3, "tone": "calm"}
    two = Filter(**FULL | {"languages": ("en", "no"), "released_since": dt.date(2024, 5, 31), "attributes": asked})
    assert one == two
    assert hash(one) == hash(two)
    assert one.languages == ("en", "no")
    assert one.attributes == {"live": ("true",), "tone": ("calm",), "volume": ("3",)}
    assert one != Filter(**FULL | {"explicit": True})
    assert one != Filter(**FULL | {"attributes": {**asked, "volume": 4}})


def test_a_filter_survives_json_and_pickle() -> None:
    for made in (Filter(**FULL), Filter()):
        assert Filter.model_validate_json(made.model_dump_json()) == made
        assert pickle.loads(pickle.dumps(made)) == made
        assert hash(Filter.model_validate(made.model_dump())) == hash(made)


def test_a_filter_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Filter().explicit = True  # type: ignore[misc]


def test_every_field_is_described() -> None:
    properties = Filter.model_json_schema()["properties"]
    assert all(about["description"].endswith(".") for about in properties.values())


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"langauges": ["en"]}, "no field 'langauges', did you mean 'languages'[?]"),
        ({"kind": "show"}, "the fields are: languages, creators"),
        ({"languages": "en"}, "not allowed as a Sequence"),
        ({"languages": []}, "at least 1 item"),
        ({"languages": [""]}, "at least 1 character"),
        ({"languages": [1]}, "valid string"),
        ({"creators": [b"Ann"]}, "valid string"),
        ({"creators": ["\ud800"]}, "unicode"),
        ({"topics": ["x" * 1001]}, "has 1,001 characters"),
        ({"parents": ["x"] * 10_001}, "at most 10000"),
        ({"released_since": 86_400}, "valid date"),
        ({"released_since": "86400"}, "isoformat"),
        ({"released_until": dt.datetime(2024, 1, 1)}, "valid date"),
        ({"released_since": "2024-05-31", "released_until": "2024-05-30"}, "nothing can pass: swap them"),
        ({"min_duration": 5, "max_duration": 4}, "nothing can pass: swap them"),
        ({"min_duration": -1}, "greater than or equal to 0"),
        ({"min_duration": True}, "valid integer"),
        ({"max_duration": "60"}, "valid integer"),
        ({"max_duration": 1 << 31}, "less than 2147483648"),
        ({"explicit": "no"}, "valid boolean"),
        ({"attributes": [("tone", "calm")]}, "should be a mapping"),
        ({"attributes": {"tone": None}}, "compared with None"),
        ({"attributes": {"tone": []}}, "0 values"),
        ({"attributes": {"tone": {"a": 1}}}, "no text, number or truth value"),
        ({"attributes": {"tone": [float("nan")]}}, "nan"),
        ({"attributes": {"tone": "\ud800"}}, "lone surrogate"),
        ({"attributes": {1: "calm"}}, "names of attributes are texts"),
        ({"attributes": {str(n): n for n in range(101)}}, "at most 100"),
        ({"attributes": {"volume": 10**5000}}, "digits"),
    ],
)
def test_what_cannot_be_used_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Filter(**fields)
