from __future__ import annotations

import pickle

import pytest

import neo_sdk


def test_every_error_has_one_root_and_a_code_of_its_own() -> None:
    kinds = [getattr(neo_sdk, name) for name in neo_sdk.__all__ if name.endswith("Error")]
    assert all(issubclass(kind, neo_sdk.NeoError) for kind in kinds)
    over_http = {neo_sdk.BadRequestError: neo_sdk.InvalidRequestError, neo_sdk.ApiNotFoundError: neo_sdk.NotFoundError}
    assert all(kind.code == local.code and issubclass(kind, local) for kind, local in over_http.items())
    assert len({kind.code for kind in kinds}) == len(kinds) - len(over_http)


def test_catalog_error_keeps_all_and_shows_twenty() -> None:
    problems = [neo_sdk.Problem("a.csv", line, "title", "is empty") for line in range(1, 31)]
    error = neo_sdk.CatalogError(problems)
    assert error.problems == problems
    text = str(error)
    assert text.splitlines()[0] == "30 problems in the data:"
    assert "a.csv:20 [title] is empty" in text and "a.csv:21" not in text and "... and 10 more" in text


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (neo_sdk.Problem("a.csv", 3, "id", "is empty"), "a.csv:3 [id] is empty"),
        (neo_sdk.Problem("a.csv", None, None, "does not exist"), "a.csv does not exist"),
    ],
)
def test_a_problem_is_one_line(problem: neo_sdk.Problem, text: str) -> None:
    assert str(problem) == text


def test_an_error_of_a_server_survives_pickling() -> None:
    error = neo_sdk.BadRequestError("No.", status=400, param="k", code="c", request_id="r", body={"a": 1})
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), "No.", vars(error))


def test_every_name_of_the_sdk_exists() -> None:
    assert all(getattr(neo_sdk, name) is not None for name in neo_sdk.__all__)
    with pytest.raises(AttributeError, match="nothing_such"):
        neo_sdk.nothing_such  # noqa: B018
