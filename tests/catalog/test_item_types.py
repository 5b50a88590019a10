from __future__ import annotations

import pytest

from neo.catalog.item_types import BUILT_IN, MAX_TYPES, ItemType, check_types
from neo_sdk import ConfigError


def test_the_built_in_types_fit_together() -> None:
    assert check_types(BUILT_IN) == BUILT_IN
    assert [item_type.name for item_type in BUILT_IN] == ["show", "episode", "audiobook"]


@pytest.mark.parametrize("name", ["", "Show", "1show", "a b", "a" * 33, "show\n", "<|sid|>"])
def test_a_name_that_cannot_be_a_word_of_ours_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="lower-case"):
        ItemType(name, "things")


def test_an_empty_plural_is_refused() -> None:
    with pytest.raises(ConfigError, match="plural is empty"):
        ItemType("course", " ")


@pytest.mark.parametrize(
    ("types", "message"),
    [
        ([ItemType("a", "as"), ItemType("a", "aa")], "given twice"),
        ([ItemType("a", "as", parent="b")], "not among"),
        ([ItemType(f"t{n}", "ts") for n in range(MAX_TYPES + 1)], "at most"),
    ],
)
def test_types_that_do_not_fit_together_are_refused(types: list[ItemType], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        check_types(types)
