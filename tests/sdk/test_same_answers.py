"""One interface, the same answers: in process and over HTTP, sync and async, whole and streamed."""

from __future__ import annotations

import asyncio
import inspect
import sys
from pathlib import Path
from typing import Any

import pytest
from small_server import REQUEST_ID, SmallServer
from twins import TWINS, client, done, streamed

from neo.model.neo_model import NeoModel
from neo_sdk import (
    Answer,
    ApiNotFoundError,
    AsyncNeo,
    BadRequestError,
    BundleError,
    ConfigError,
    InvalidRequestError,
    ItemPart,
    ItemRef,
    Neo,
    NotFoundError,
    TextPart,
)
from neo_sdk.verbs import Streamable, Verbs

ASKED: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("recommend", ("l3",), {"type": "show", "k": 4}),
    ("recommend", (), {"history": ["s-1", "e-2"], "type": "episode", "k": 3, "format": "mixed", "mode": "unfamiliar"}),
    ("recommend", ("l2",), {"k": 9, "filter": {"topics": ["jazz"]}, "exclude": ["s-5"]}),
    ("recommend", ("l2",), {"k": 5, "temperature": 1.5, "seed": 7, "type": "episode", "per_parent": 1}),
    ("search", ("a show about bread",), {"k": 3}),
    ("search", ("chess",), {"type": "audiobook", "within": ["a-1", "a-2"], "format": "mixed"}),
    ("search", ("chess",), {"filter": {"topics": ["nothing has this"]}}),
    ("explain", ("s-1", "l4"), {"max_tokens": 12}),
    ("understand", ("l4",), {"temperature": 0.7, "seed": 1}),
    ("chat", ("Something on volcanoes?", "l1"), {"max_items": 2, "types": ["show"]}),
    ("chat", ("Hi",), {"temperature": 2.0, "seed": 3, "max_items": 3, "max_tokens": 40}),
    ("chat", ([TextPart(text="More like "), ItemRef(item_id="s-3"), TextPart(text="?")],), {"max_tokens": 1}),
    ("chat", ([("system", "Be short."), ("user", "Hi"), ("assistant", "Yes?"), ("user", "Jazz")],), {}),
]
SIMILAR: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [("similar", ("s-1",), {"k": 3, "type": "episode"})]


@pytest.fixture(scope="module")
def here(tiny_bundle_folder: Path) -> Neo:
    return Neo.load(tiny_bundle_folder, device="cpu")


@pytest.fixture(scope="module")
def server(here: Neo) -> SmallServer:
    return SmallServer(here)


@pytest.fixture(scope="module")
def model(tiny_bundle_folder: Path) -> NeoModel:
    return NeoModel.load(tiny_bundle_folder, device="cpu")


def plain(answer: Answer) -> Answer:
    """Without what may differ: the request's id, and the last digits of scores, since the model computes in another
    order where it has read the same prompt before."""
    return answer.model_copy(update={"request_id": None, "parts": tuple(map(rounded, answer.parts))})


def rounded(part: TextPart | ItemPart) -> TextPart | ItemPart:
    if isinstance(part, TextPart) or part.score is None:
        return part
    return part.model_copy(update={"score": round(part.score, 3)})


@pytest.mark.parametrize(("verb", "args", "kwargs"), [*ASKED, *SIMILAR])
def test_a_verb_gives_one_answer_everywhere(
    verb: str, args: tuple[Any, ...], kwargs: dict[str, Any], here: Neo, server: SmallServer
) -> None:
    expected = getattr(here, verb)(*args, **kwargs)
    assert expected.request_id is None
    expected = plain(expected)
    for twin in TWINS:
        answer = done(getattr(client(twin, server), verb)(*args, **kwargs))
        assert plain(answer) == expected
        assert answer.request_id == REQUEST_ID


@pytest.mark.parametrize(("verb", "args", "kwargs"), ASKED)
def test_a_stream_gives_the_same_pieces_and_the_same_answer_everywhere(
    verb: str, args: tuple[Any, ...], kwargs: dict[str, Any], here: Neo, server: SmallServer
) -> None:
    whole = plain(getattr(here, verb)(*args, **kwargs))
    expected, answer = streamed(here, verb, *args, **kwargs)
    assert plain(answer) == whole
    for twin in TWINS:
        pieces, answer = streamed(client(twin, server), verb, *args, **kwargs)
        assert list(map(rounded, pieces)) == list(map(rounded, expected))
        assert plain(answer) == whole
        assert answer.request_id == REQUEST_ID
    assert server.streams[-1].closed


def test_the_cases_hold_texts_items_warnings_and_nothing(here: Neo) -> None:
    answers = [getattr(here, verb)(*args, **kwargs) for verb, args, kwargs in ASKED]
    parts = [part for answer in answers for part in answer.parts]
    assert {part.kind for part in parts} == {"text", "item"}
    assert {answer.finish_reason for answer in answers} >= {"stop", "length", "empty"}
    assert any(answer.warnings for answer in answers)


@pytest.mark.parametrize(("verb", "args", "kwargs"), ASKED[:-1] + SIMILAR)
def test_in_process_it_is_the_models_own_answer(
    verb: str, args: tuple[Any, ...], kwargs: dict[str, Any], here: Neo, model: NeoModel
) -> None:
    if args and isinstance(args[0], list):  # the model itself reads no list of parts that is no message
        args = ([("user", [args[0][0], {"type": "item", "item_id": "s-3"}, args[0][2]])],)
    assert plain(getattr(here, verb)(*args, **kwargs)) == plain(getattr(model, verb)(*args, **kwargs))


def test_an_async_bundle_answers_like_a_sync_one(here: Neo, tiny_bundle_folder: Path) -> None:
    async def asked() -> tuple[Answer, Answer, list[Any], Answer]:
        async with AsyncNeo.load(tiny_bundle_folder, device="cpu") as neo:
            both = asyncio.gather(neo.recommend("l3", k=2), neo.search("jazz", k=2))
            one, two = await both
            async with neo.stream.chat("Hi", "l1") as stream:
                pieces = [piece async for piece in stream]
            assert (await neo.item("s-1")).id == "s-1"
            assert await neo.models() == ["tiny"]
            assert (await neo.health()).status == "ok"
            with pytest.raises(InvalidRequestError, match="does not learn"):
                await neo.events("l1", [{"item": "s-1"}])
            return one, two, pieces, stream.answer

    one, two, pieces, answer = asyncio.run(asked())
    assert plain(one) == plain(here.recommend("l3", k=2))
    assert plain(two) == plain(here.search("jazz", k=2))
    expected, whole = streamed(here, "chat", "Hi", "l1")
    assert (list(map(rounded, pieces)), plain(answer)) == (list(map(rounded, expected)), plain(whole))


@pytest.mark.parametrize("twin", TWINS)
def test_items_models_health_and_events(twin: str, here: Neo, server: SmallServer) -> None:
    neo = client(twin, server)
    assert done(neo.items(["e-5", "s-0"])) == here.items(["e-5", "s-0"])
    assert done(neo.item("a-3")) == here.item("a-3")
    assert here.item("a-3").id == "a-3"
    assert done(neo.models()) == here.models() == ["tiny"]
    assert done(neo.health()).status == here.health().status == "ok"
    assert done(neo.events("l1", [{"item": "s-1"}, {"item": "s-2", "kind": "like", "time": 5}])) == 2


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(
    ("verb", "args", "kwargs", "kind"),
    [
        ("recommend", ("nobody",), {}, NotFoundError),
        ("recommend", (), {"type": "sho"}, NotFoundError),
        ("explain", ("s-999",), {}, NotFoundError),
        ("item", ("s-999",), {}, NotFoundError),
        ("understand", (), {}, InvalidRequestError),
        ("chat", ([("assistant", "Hi")],), {}, InvalidRequestError),
        ("chat", ("",), {}, InvalidRequestError),
        ("chat", ([("user", None)],), {}, InvalidRequestError),
        ("chat", ([{"role": "user"}],), {}, InvalidRequestError),
        ("chat", ([TextPart(text=" ")],), {}, InvalidRequestError),
        ("recommend", (), {"k": "3"}, InvalidRequestError),
        ("search", ("",), {}, InvalidRequestError),
    ],
)
def test_the_same_mistake_is_the_same_error(
    verb: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    kind: type[Exception],
    twin: str,
    here: Neo,
    server: SmallServer,
) -> None:
    with pytest.raises(kind) as in_process:
        getattr(here, verb)(*args, **kwargs)
    with pytest.raises(kind) as over_http:
        done(getattr(client(twin, server), verb)(*args, **kwargs))
    assert str(over_http.value) == str(in_process.value)
    if isinstance(over_http.value, BadRequestError | ApiNotFoundError):
        assert over_http.value.request_id == REQUEST_ID
        assert over_http.value.code == kind.code  # type: ignore[attr-defined]


@pytest.mark.parametrize("twin", TWINS)
def test_a_stream_that_is_refused_says_so_when_it_is_opened(twin: str, here: Neo, server: SmallServer) -> None:
    for neo in (here, client(twin, server)):
        with pytest.raises(NotFoundError, match="nobody"):
            streamed(neo, "chat", "Hi", "nobody")


def test_a_bundle_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError):
        Neo.load(tmp_path / "nothing")


def test_a_bundle_needs_neo_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "neo.model.neo_model", None)
    with pytest.raises(ConfigError, match="install neo-catalog"):
        Neo.load(tmp_path)


def test_both_clients_have_one_interface() -> None:
    """The verbs are inherited; all else is compared, parameter by parameter."""
    for name in vars(Neo):
        if name.startswith("_") or name == "stream":
            continue
        one, other = getattr(Neo, name), getattr(AsyncNeo, name)
        assert list(inspect.signature(one).parameters.values()) == list(inspect.signature(other).parameters.values()), (
            name
        )
    assert {name for name in vars(AsyncNeo) if not name.startswith("_")} == {
        name for name in vars(Neo) if not name.startswith("_")
    }
    verbs = {name for kind in (Streamable, Verbs) for name in vars(kind) if not name.startswith("_")}
    assert verbs == {"chat", "recommend", "search", "explain", "understand", "similar"}
    assert not verbs & (set(vars(Neo)) | set(vars(AsyncNeo)))


def test_in_process_patience_changes_nothing(here: Neo) -> None:
    assert here.with_options(timeout=1, max_retries=0).item("s-1") == here.item("s-1")


def test_items_of_an_answer_can_be_sent_back(here: Neo, server: SmallServer) -> None:
    first = here.recommend("l3", type="show", k=2)
    conversation = [
        ("user", "What would suit me?"),
        ("assistant", first),
        {"role": "user", "content": [first.items[0]]},
    ]
    assert plain(client("sync", server).chat(conversation)) == plain(here.chat(conversation))
    sent = server.requests[-1].content
    assert b"item_id" in sent and first.items[0].title.encode() not in sent
    assert all(isinstance(part, ItemPart) for part in first.parts)
