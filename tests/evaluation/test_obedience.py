from __future__ import annotations

import pytest

from neo.evaluation.obedience import span_of, type_obedience
from neo_sdk.errors import InvalidRequestError

SHOW = [("show", 0, 3), ("show", 1, 0), ("show", 2, 9)]
BOOK = [("audiobook", 0, 3), ("audiobook", 1, 0), ("audiobook", 2, 9)]


def test_share_counts_beams_over_all_prompts() -> None:
    assert type_obedience([[SHOW, BOOK, SHOW], [BOOK]], ["show", "audiobook"], levels=3) == 0.75


@pytest.mark.parametrize(
    "beam",
    [SHOW[:2], SHOW[::-1], [SHOW[0], BOOK[1], SHOW[2]], [SHOW[0], None, SHOW[2]], [*SHOW, SHOW[2]], []],
)
def test_what_is_no_whole_span_does_not_count(beam: list[tuple[str, int, int] | None]) -> None:
    assert span_of(beam, levels=3) is None and span_of(SHOW, levels=3) == ("show", (3, 0, 9))
    assert type_obedience([[beam, SHOW]], ["show"], levels=3) == 0.5


def test_nothing_to_count_is_told() -> None:
    with pytest.raises(InvalidRequestError, match="not a single beam"):
        type_obedience([[]], ["show"], levels=3)
    with pytest.raises(InvalidRequestError, match="1 asked types"):
        type_obedience([], ["show"], levels=3)
