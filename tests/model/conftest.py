"""What the tests of this room look at the model with."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """The prompts of lists from here on."""
    from neo.model import neo_model as module

    prompts: list[list[int]] = []
    search = module.search_spans

    def spy(*arguments: Any, **options: Any) -> Any:
        prompts.append(arguments[3][0])
        return search(*arguments, **options)

    monkeypatch.setattr(module, "search_spans", spy)
    return prompts
