"""Whatever fits the document, or nearly fits it, is answered as the document says: never with a 500."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from running_server import Running
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from neo.serving.openapi import openapi
from neo.serving.problems import TYPES
from neo.serving.verbs import VERBS
from neo_sdk.wire import Ask

CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]
OPERATIONS = [found.ok() for found in schemathesis.openapi.from_dict(openapi()).get_all_operations()]
MODES = [
    (operation, mode)
    for operation in OPERATIONS
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or operation.body or operation.query or operation.path_parameters
]
OFTEN = settings(
    max_examples=20, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
EXAMPLES = pytest.mark.parametrize("examples", [20, pytest.param(500, marks=pytest.mark.slow)])


@EXAMPLES
@pytest.mark.parametrize(("operation", "mode"), MODES, ids=lambda given: getattr(given, "label", None) or given.value)
def test_no_request_is_a_server_error(
    served: Running, operation: APIOperation, mode: GenerationMode, examples: int
) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(OFTEN, max_examples=examples)
    def ask(case: schemathesis.Case) -> None:
        response = case.call(base_url=served.url, timeout=60)
        case.validate_response(response, checks=CHECKS)

    ask()
    assert served.server.batches.waiting == 0 and served.server.health() == "ok"


ids = st.sampled_from(["s-1", "s-2", "e-1", "e-59", "a-3", "a-4", "s-99"])
some_ids = st.lists(ids, max_size=4)
filters = st.sampled_from(
    [{"topics": ["bread", "jazz"]}, {"parents": ["s-1"]}, {"creators": ["Author 3"]}, {}, {"x": 1}]
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "listener": st.sampled_from(["l0", "l3", "l9", "l99"]),
    "history": some_ids,
    "type": st.sampled_from(["show", "episode", "audiobook", "album"]),
    "k": st.integers(0, 101),
    "format": st.sampled_from(["items", "mixed"]),
    "mode": st.sampled_from(["any", "familiar", "unfamiliar"]),
    "beams": st.integers(0, 129),
    "filter": filters,
    "within": some_ids,
    "exclude": some_ids,
    "per_parent": st.integers(0, 3),
    "temperature": st.sampled_from([0.0, 1e-300, 0.5, 1.0, 100.0, 1e300]),
    "seed": st.integers(0, (1 << 63) - 1),
    "max_tokens": st.integers(0, 5),
    "query": st.text(max_size=30),
    "item": ids,
}


@EXAMPLES
@pytest.mark.parametrize("model", VERBS, ids=lambda model: model.verb)
def test_no_mix_of_arguments_is_a_server_error(served: Running, model: type[Ask], examples: int) -> None:
    """Ids that are there, so that the model is asked, with extreme values beside ordinary ones."""
    fields = {name: VALUES.get(name, st.booleans()) for name in model.model_fields}
    must = {name: fields.pop(name) for name in ("query", "item") if name in fields}

    @given(body=st.fixed_dictionaries(must, optional=fields))
    @settings(OFTEN, max_examples=examples)
    def ask(body: dict[str, Any]) -> None:
        response = served.post(model.path, body)
        assert response.status_code in (200, 400, 404), (body, response.text)
        if response.status_code == 200:
            assert "event: error" not in response.text, (body, response.text)
        else:
            assert response.json()["error"]["type"] == TYPES[response.status_code]

    ask()
