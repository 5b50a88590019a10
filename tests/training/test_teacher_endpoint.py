"""The endpoint teacher against a fake OpenAI-compatible server on this machine."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from fake_endpoint import FakeServer, Reply, completion, refusal
from pydantic import ValidationError
from teacher_worlds import make_history, make_world

from neo.language.answer_cache import AnswerCache, request_key
from neo.language.endpoint import Malformed
from neo.language.facts import NOBODY, FactBook
from neo.language.segments import ItemRef, Text
from neo.training.teacher import built_in
from neo.training.teacher.ask import Ask, Teacher, streams
from neo.training.teacher.endpoint import EndpointTeacher, TeacherConfig
from neo.training.teacher.messages import messages, read
from neo_sdk.errors import ConfigError, TrainingError

KEY = "sk-never-shown"


@pytest.fixture
def server() -> Iterator[FakeServer]:
    fake = FakeServer()
    yield fake
    fake.close()


@pytest.fixture
def make_teacher(server, tmp_path, monkeypatch) -> Callable[..., EndpointTeacher]:
    monkeypatch.setenv("TEACHER_KEY", KEY)
    defaults = {
        "base_url": server.url,
        "model": "m",
        "api_key_env": "TEACHER_KEY",
        "max_retries": 2,
        "concurrency": 3,
    }
    return lambda **changes: EndpointTeacher(TeacherConfig(**{**defaults, **changes}), tmp_path / "run" / "a.jsonl")


def some_asks(count: int, task: str = "recommend_mixed") -> list[Ask]:
    """Asks that all differ."""
    world = make_world(2)
    book = FactBook(world.catalog, world.listeners)
    listener = book.listener(make_history(4, len(world.rows)), 0)
    return [
        Ask(task, (book.item(row),), listener, "a query" if task == "search_mixed" else None) for row in range(count)
    ]


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_answers_come_in_order_with_items_for_markers(server, make_teacher):
    def reply(body: dict[str, Any], number: int) -> Reply:
        title = json.loads(body["messages"][1]["content"])["items"][0]["title"]
        time.sleep(0.002 * (5 - number % 5))
        return completion(f" Try [1]:\n it is  {title}. ")

    server.reply = reply
    asks = some_asks(12)
    teacher: Teacher = make_teacher()
    found = teacher.answers(asks, rng())
    assert found == [(Text("Try "), ItemRef(a.items[0].row), Text(f": it is {a.items[0].title}.")) for a in asks]
    assert set(server.keys) == {f"Bearer {KEY}"}
    assert {(r["model"], r["temperature"], r["max_tokens"]) for r in server.requests} == {("m", 0.7, 200)}


def test_several_items_may_come_in_any_order(server, make_teacher):
    server.reply = lambda body, number: completion("First [3], then [1] and [2].")
    items = tuple(ask.items[0] for ask in some_asks(3))
    (found,) = make_teacher().answers([Ask("chat_mixed", items)], rng())
    assert [s.row for s in found if isinstance(s, ItemRef)] == [items[2].row, items[0].row, items[1].row]


def test_text_that_looks_like_a_control_token_stays_text(server, make_teacher):
    server.reply = lambda body, number: completion("Take <|sid|> and {0}: [1].")
    (found,) = make_teacher().answers(some_asks(1), rng())
    assert found == (Text("Take <|sid|> and {0}: "), ItemRef(0), Text("."))


def test_a_reasoning_model_may_think_first(server, make_teacher):
    server.reply = lambda body, number: completion("<think>[2] or [1]?\nOne.</think>\n\nTry [1].")
    assert make_teacher().answers(some_asks(1), rng()) == [(Text("Try "), ItemRef(0), Text("."))]


def test_429_and_500_are_tried_again(server, make_teacher):
    server.reply = lambda body, number: (
        refusal(429) if number == 1 else refusal(500) if number == 2 else completion("Try [1].")
    )
    assert make_teacher().answers(some_asks(1), rng()) == [(Text("Try "), ItemRef(0), Text("."))]
    assert len(server.requests) == 3


MALFORMED = {
    "empty": completion(""),
    "null": completion(None),
    "blank": completion(" \n "),
    "no item": completion("Try this one."),
    "unknown item": completion("Try [1] and [2]."),
    "an item twice": completion("Try [1], yes, [1]."),
    "too long": completion("Try [1] " + "now " * 60),
    "one long word": completion("Try [1] " + "x" * 2000),
    "control characters": completion("Try [1]\x00."),
    "half a character": completion("Try [1] \ud800."),
    "cut off": completion("Try [1], which", "length"),
}


@pytest.mark.parametrize("bad", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_answer_is_asked_for_again_with_the_problem(server, make_teacher, bad):
    server.reply = lambda body, number: bad if number == 1 else completion("Try [1].")
    teacher = make_teacher()
    assert teacher.answers(some_asks(1), rng()) == [(Text("Try "), ItemRef(0), Text("."))]
    assert (teacher.endpoint.paid, teacher.endpoint.cached, teacher.replaced) == (2, 0, 0)
    first, second = (request["messages"] for request in server.requests)
    assert second[: len(first)] == first and "cannot be used" in second[-1]["content"]


def test_a_number_of_thousands_of_digits_is_malformed():
    with pytest.raises(Malformed, match="that no item has"):
        read(f"Try [1] [{'1' * 4_400}].", some_asks(1)[0], 400)


def test_text_only_tasks_refuse_item_numbers(server, make_teacher):
    server.reply = lambda body, number: completion("It is [1]." if number == 1 else "It suits you.")
    assert make_teacher().answers(some_asks(1, "explain"), rng()) == [(Text("It suits you."),)]


def test_what_stays_malformed_is_written_by_the_built_in_teacher(server, make_teacher, caplog):
    server.reply = lambda body, number: completion("No item at all.")
    asks = some_asks(3)
    teacher = make_teacher()
    found = teacher.answers(asks, rng())
    assert found == [built_in.answer(ask, stream) for ask, stream in zip(asks, streams(rng(), 3), strict=True)]
    assert teacher.replaced == 3 and "3 labels" in caplog.text


def test_a_run_that_was_cut_off_resumes_without_paying_twice(server, make_teacher, tmp_path):
    server.reply = lambda body, number: refusal(500) if number > 5 else completion("Try [1].")
    asks = some_asks(12)
    with pytest.raises(TrainingError, match="500"):
        make_teacher(max_retries=0, concurrency=1).answers(asks, rng())
    path = tmp_path / "run" / "a.jsonl"
    assert len(path.read_bytes().splitlines()) == 5
    path.write_bytes(path.read_bytes()[:-20])  # the crash cut the fifth answer in two

    server.requests.clear()
    server.reply = lambda body, number: completion("Try [1].")
    teacher = make_teacher()
    found = teacher.answers(asks, rng())
    assert [s.row for answer in found for s in answer if isinstance(s, ItemRef)] == [a.items[0].row for a in asks]
    assert (teacher.endpoint.paid, teacher.endpoint.cached, len(server.requests)) == (8, 4, 8)

    again = make_teacher()
    assert again.answers(asks, rng()) == found
    assert (again.endpoint.paid, again.endpoint.cached, len(server.requests)) == (0, 12, 8)


def test_malformed_answers_are_not_paid_for_twice_either(server, make_teacher):
    server.reply = lambda body, number: completion("" if number == 1 else "Try [1].")
    make_teacher().answers(some_asks(1), rng())
    again = make_teacher()
    assert again.answers(some_asks(1), rng()) == [(Text("Try "), ItemRef(0), Text("."))]
    assert (again.endpoint.paid, again.endpoint.cached) == (0, 2)


def test_equal_asks_are_paid_for_once(server, make_teacher):
    asks = some_asks(1) * 6
    assert make_teacher(concurrency=6).answers(asks, rng()) == [(Text("Try "), ItemRef(0), Text("."))] * 6
    assert len(server.requests) == 1


def test_another_model_or_temperature_is_another_answer(server, make_teacher):
    for changes in (
        {},
        {"model": "n"},
        {"temperature": None},
        {"extra_body": {"seed": 1}},
        {"max_tokens": None},
    ):
        make_teacher(**changes).answers(some_asks(1), rng())
    assert len(server.requests) == 5
    assert server.requests[3]["seed"] == 1
    assert "temperature" not in server.requests[2] and "max_tokens" not in server.requests[4]


def test_no_more_requests_at_once_than_allowed(server, make_teacher):
    def reply(body: dict[str, Any], number: int) -> Reply:
        time.sleep(0.02)
        return completion("Try [1].")

    server.reply = reply
    make_teacher(concurrency=3).answers(some_asks(12), rng())
    assert 2 <= server.most_at_once <= 3


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (refusal(401), "TEACHER_KEY"),
        (refusal(404), "404"),
        (refusal(429), "concurrency"),
        (refusal(400), "400"),
        ((200, {}, b'{"hello": 1}'), "base_url"),
        ((200, {}, b'{"choices": []}'), "base_url"),
        ((200, {}, b"{broken"), "base_url"),
        ((200, {"content-type": "text/html"}, b"<html>"), "base_url"),
    ],
)
def test_a_refusal_is_one_clear_line(server, make_teacher, reply, words):
    server.reply = lambda body, number: reply
    with pytest.raises(TrainingError) as caught:
        make_teacher(max_retries=1).answers(some_asks(3), rng())
    text = str(caught.value)
    assert words in text and server.url in text and KEY not in text and "\n" not in text


def test_an_endpoint_that_is_not_there(server, make_teacher):
    teacher = make_teacher(base_url="http://127.0.0.1:9/v1", max_retries=0)
    with pytest.raises(TrainingError, match="cannot be reached"):
        teacher.answers(some_asks(1), rng())


def test_what_is_missing_is_said_before_any_work(make_teacher, monkeypatch):
    with pytest.raises(ConfigError, match="NO_SUCH_KEY"):
        make_teacher(api_key_env="NO_SUCH_KEY")
    make_teacher(api_key_env=None)
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(ConfigError, match="package openai"):
        make_teacher()


@pytest.mark.parametrize(
    "changes",
    [
        {"base_url": "127.0.0.1:8000"},
        {"base_url": "http://user:key@host/v1"},
        {"concurrency": 0},
        {"colour": "red"},
    ],
)
def test_configurations_that_make_no_sense(changes):
    with pytest.raises(ValidationError):
        TeacherConfig(**{"base_url": "http://127.0.0.1/v1", "model": "m", **changes})


def test_a_cache_that_cannot_be_written_is_an_error(make_teacher, tmp_path):
    (tmp_path / "run").write_text("a file where a folder should be")
    with pytest.raises(TrainingError, match="cannot be kept"):
        make_teacher()


def test_the_cache_skips_what_is_no_answer(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"key": "a", "answer": "A"}\n\xff\xfe\n[1]\n{"key": "b"}\n\n{"key": "c", "answer": "C"}')
    cache = AnswerCache(path)
    cache.put("d", "line\nbreak \u2028")
    cache = AnswerCache(path)
    assert {key: cache.get(key) for key in "abcd"} == {
        "a": "A",
        "b": None,
        "c": "C",
        "d": "line\nbreak \u2028",
    }


def test_keys_do_not_depend_on_the_order_of_fields():
    assert request_key({"a": 1, "b": {"c": 2, "d": 3}}) == request_key({"b": {"d": 3, "c": 2}, "a": 1})
    assert request_key({"a": 1}) != request_key({"a": "1"})


def test_messages_hold_facts_and_no_rows_or_ids():
    world = make_world(2)
    book = FactBook(world.catalog, world.listeners)
    history = [0, 0, 0, *range(24)]
    item = book.item(5)
    system, user = messages(Ask("search_mixed", (item,), book.listener(history, 0), 'say "[1]"'))
    facts = json.loads(user["content"])
    assert "exactly once" in system["content"] and facts["request"] == 'say "[1]"'
    assert facts["items"][0]["title"] == item.title and facts["items"][0].get("topics", []) == list(item.topics)
    assert set(item.topics) <= facts["listener"]["history"]["topics"].keys()
    assert set(facts["items"][0]) <= {
        "number",
        "type",
        "title",
        "part of",
        "creator",
        "topics",
        "tone",
        "length",
    }
    _, nobody = messages(Ask("portrait", (), NOBODY))
    assert json.loads(nobody["content"])["listener"] == {"history": {"events": 0}}
