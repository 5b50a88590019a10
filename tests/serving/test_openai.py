"""OpenAI's own client, unmodified: it gets the text, and beside it the items that NeoModel names in process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import openai
import pytest
import torch
from running_server import Running

from neo_sdk.types import Answer, TextPart

SAID: list[Any] = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Bread, or old maps?"}]
IN_PROCESS = [("user", "Be kind.\n\nBread, or old maps?")]
EXTENSION = {"neo": {"listener": "l3", "types": ["episode", "show"], "max_items": 2}}


@pytest.fixture(scope="module", autouse=True)
def eager_to_name(served: Running) -> Iterator[None]:
    """A head that likes to open spans and to end answers."""
    head, vocabulary = served.model.bundle.model.get_output_embeddings(), served.model.bundle.vocabulary
    head.bias = torch.nn.Parameter(torch.zeros(head.weight.shape[0]))
    head.bias.data[[vocabulary.open, vocabulary.end]] = 2.0
    yield
    head.bias = None


@pytest.fixture(scope="module")
def client(served: Running) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{served.url}/v1", api_key="none", max_retries=0)


@pytest.fixture(scope="module")
def wanted(served: Running) -> Answer:
    answer = served.model.chat(IN_PROCESS, "l3", types=["episode", "show"], max_items=2)
    assert answer.items and answer.text
    return answer


def ids(parts: list[dict[str, Any]]) -> list[str]:
    return [part["item"]["id"] for part in parts if part["kind"] == "item"]


def test_a_whole_answer(client: openai.OpenAI, wanted: Answer) -> None:
    done = client.chat.completions.create(model="tiny", messages=SAID, extra_body=EXTENSION)
    message = done.choices[0].message
    assert (message.role, message.content) == ("assistant", wanted.text)
    beside = message.model_extra["neo"]
    assert ids(beside["parts"]) == [item.id for item in wanted.items] and beside["warnings"] == list(wanted.warnings)
    assert done.choices[0].finish_reason == wanted.finish_reason
    usage = (done.usage.prompt_tokens, done.usage.completion_tokens)
    assert usage == (wanted.usage.prompt_tokens, wanted.usage.answer_tokens)
    assert (done.object, done.model) == ("chat.completion", "tiny")


def test_a_stream(client: openai.OpenAI, wanted: Answer) -> None:
    chunks = list(
        client.chat.completions.create(
            model="neo", messages=SAID, extra_body=EXTENSION, stream=True, stream_options={"include_usage": True}
        )
    )
    assert chunks[0].choices[0].delta.role == "assistant"
    deltas = [chunk.choices[0].delta for chunk in chunks[:-1]]
    assert "".join(delta.content or "" for delta in deltas) == wanted.text
    parts = [delta.model_extra["neo"]["part"] for delta in deltas if "part" in delta.model_extra.get("neo", {})]
    assert ids(parts) == [item.id for item in wanted.items]
    titles = [delta.content for delta in deltas if "part" in delta.model_extra.get("neo", {})]
    assert titles == [item.title for item in wanted.items]
    assert [chunk.choices[0].finish_reason for chunk in chunks[:-1]] == [None] * len(deltas[1:]) + [
        wanted.finish_reason
    ]
    assert deltas[-1].model_extra["neo"] == {"warnings": list(wanted.warnings), "guaranteed": list(wanted.guaranteed)}
    assert chunks[-1].choices == [] and chunks[-1].usage.completion_tokens == wanted.usage.answer_tokens
    assert len({chunk.id for chunk in chunks}) == 1


def test_many_at_once_asynchronously(served: Running, wanted: Answer) -> None:
    async def ask() -> list[Any]:
        async with openai.AsyncOpenAI(base_url=f"{served.url}/v1", api_key="none", max_retries=0) as client:
            create = client.chat.completions.create
            asked = [create(model="tiny", messages=SAID, extra_body=EXTENSION) for _ in range(12)]
            streams = [create(model="tiny", messages=SAID, extra_body=EXTENSION, stream=True) for _ in range(4)]

            async def read(stream: Any) -> str:
                return "".join([chunk.choices[0].delta.content or "" async for chunk in await stream])

            whole = await asyncio.gather(*asked)
            return [done.choices[0].message.content for done in whole] + await asyncio.gather(*map(read, streams))

    assert asyncio.run(ask()) == [wanted.text] * 16


def test_a_conversation_goes_on_with_the_items_of_its_answers(
    served: Running, client: openai.OpenAI, wanted: Answer
) -> None:
    first = client.chat.completions.create(model="tiny", messages=SAID, extra_body=EXTENSION)
    later = [*SAID, first.choices[0].message.model_dump(), {"role": "user", "content": "And another one?"}]
    said = [*IN_PROCESS, ("assistant", list(wanted.parts)), ("user", "And another one?")]
    second = client.chat.completions.create(model="tiny", messages=later, user="l3", max_completion_tokens=7)
    expected = served.model.chat(said, "l3", max_tokens=7)
    assert second.choices[0].message.content == expected.text
    assert second.usage.prompt_tokens == expected.usage.prompt_tokens


def test_draws_differ_among_themselves_and_are_the_same_for_a_seed(served: Running, client: openai.OpenAI) -> None:
    def ask(**options: Any) -> list[str]:
        done = client.chat.completions.create(model="tiny", messages=SAID, temperature=1.5, **options)
        assert [choice.index for choice in done.choices] == list(range(len(done.choices)))
        return [choice.message.content for choice in done.choices]

    assert ask(n=3, seed=5) == [served.model.chat(IN_PROCESS, temperature=1.5, seed=5 + n).text for n in range(3)]
    assert len(set(ask(n=4))) > 1
    assert ask() != ask() or ask() != ask()
    stream = client.chat.completions.create(model="tiny", messages=SAID, temperature=1.5, n=3, seed=5, stream=True)
    said = ["", "", ""]
    for chunk in stream:
        said[chunk.choices[0].index] += chunk.choices[0].delta.content or ""
    assert said == ask(n=3, seed=5)


def test_a_temperature_of_zero_is_the_most_probable_answer(client: openai.OpenAI, served: Running) -> None:
    done = client.chat.completions.create(model="tiny", messages=SAID, temperature=0)
    assert done.choices[0].message.content == served.model.chat(IN_PROCESS).text


def test_a_user_that_is_no_listener_is_a_warning_and_one_that_is_counts(client: openai.OpenAI, served: Running) -> None:
    done = client.chat.completions.create(model="tiny", messages=SAID, user="u-77", store=True, metadata={"a": "b"})
    assert "'u-77'" in done.choices[0].message.model_extra["neo"]["warnings"][0]
    assert done.choices[0].message.content == served.model.chat(IN_PROCESS).text
    known = client.chat.completions.create(model="tiny", messages=SAID, user="l3")
    assert known.usage.prompt_tokens == served.model.chat(IN_PROCESS, "l3").usage.prompt_tokens


def test_errors_are_openais(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as missing:
        client.chat.completions.create(model="gpt-4o", messages=SAID)
    assert (missing.value.code, missing.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.BadRequestError, match=r"frequency_penalty is .*expected nothing") as bad:
        client.chat.completions.create(model="tiny", messages=SAID, frequency_penalty=1.0)
    assert bad.value.type == "invalid_request_error" and bad.value.request_id
    assert [model.id for model in client.models.list()] == ["tiny"]
    assert client.models.retrieve("tiny").id == "tiny" == client.models.retrieve("neo").id
    with pytest.raises(openai.NotFoundError, match="There is no model 'gpt-4o' here, expected 'tiny'"):
        client.models.retrieve("gpt-4o")


def test_an_error_in_the_middle_of_a_stream_ends_it(
    client: openai.OpenAI, served: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any) -> Any:
        yield 0, TextPart(text="So")
        raise RuntimeError("a secret of somebody's")

    monkeypatch.setattr(served.model, "stream_words", breaks)
    said = []
    with pytest.raises(openai.APIError, match="could not answer") as caught:
        for chunk in client.chat.completions.create(model="tiny", messages=SAID, stream=True):
            said.append(chunk.choices[0].delta.content)
    assert said == ["", "So"] and "secret" not in str(caught.value)
