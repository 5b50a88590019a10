"""What a prompt says of a listener."""

from __future__ import annotations

import pyarrow as pa

from neo.catalog.activity import Listeners
from neo.language.prompts import about_listener


def test_a_topic_as_long_as_an_essay_is_read_to_its_beginning() -> None:
    listeners = Listeners(pa.table({"id": ["a"], "country": ["NO"], "topics": [["birds", "x" * 10_000]]}))
    assert about_listener(listeners, 0) == f"NO, likes birds and {'x' * 80}"
