from __future__ import annotations

from decoding_reference import tokenizer
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.decoding.text_stream import TextStream
from neo.language.vocabulary import Vocabulary

vocab = Vocabulary.extend(tokenizer(), 2, {"show": 4})


@settings(max_examples=200, deadline=None, derandomize=True)
@given(text=st.text(max_size=30))
def test_text_comes_out_in_whole_characters(text: str) -> None:
    stream = TextStream(vocab)
    pieces = [stream.push(token) for token in vocab.encode(text)]
    clean = text.replace("\ufffd", "")
    assert all("\ufffd" not in piece for piece in pieces) or clean != text
    assert "".join(pieces) + stream.flush() == text.encode("utf-8", "replace").decode()


@settings(max_examples=200, deadline=None, derandomize=True)
@given(ids=st.lists(st.integers(0, 255), max_size=40))
def test_any_tokens_add_up_to_their_decoding(ids: list[int]) -> None:
    stream = TextStream(vocab)
    assert "".join(map(stream.push, ids)) + stream.flush() == vocab.decode(ids)


def test_a_character_is_held_back_until_it_is_whole() -> None:
    stream = TextStream(vocab)
    euro = vocab.encode("€")
    assert len(euro) == 3
    assert [stream.push(token) for token in [*vocab.encode("a"), *euro, *vocab.encode("b")]] == [
        "a",
        "",
        "",
        "€",
        "b",
    ]
    stream.push(euro[0])
    assert stream.flush() == "\ufffd" and stream.flush() == ""
    assert [stream.push(token) for token in euro] == ["", "", "€"]
