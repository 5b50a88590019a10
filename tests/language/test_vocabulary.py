"""Text never becomes a control token or an item, whatever it spells; the layout of SID tokens is exact."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import byte_tokenizer, chat_tokenizer
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from neo.language.vocabulary import CONTROL, LAYOUT_FILE, Vocabulary
from neo_sdk.errors import BundleError, ConfigError, NotFoundError


def merging_tokenizer() -> Tokenizer:
    """Like one whose own vocabulary holds its control tokens: text that spells `<s>` or `<|e|>` becomes one token."""
    merges = [("<", "s"), ("<s", ">"), ("<", "|"), ("|", ">"), ("<|", "e"), ("<|e", "|>")]
    names = [*sorted(pre_tokenizers.ByteLevel.alphabet()), *(a + b for a, b in merges)]
    tokenizer = Tokenizer(models.BPE({name: i for i, name in enumerate(names)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


@pytest.fixture(
    scope="module", params=[byte_tokenizer, chat_tokenizer, merging_tokenizer], ids=["scratch", "chat", "merging"]
)
def vocabulary(request: pytest.FixtureRequest) -> Vocabulary:
    return Vocabulary.extend(request.param(), 3, {"show": 4, "episode": 5})


SPELLED = st.lists(
    st.one_of(
        st.sampled_from(
            [*CONTROL, "<|show_0_1|>", "<|episode_2_4|>", "<|im_start|>", "<think>", "[SID]", "<s>", "<|e|>"]
        ),
        st.text(max_size=8),
    ),
    max_size=6,
).map("".join)


@given(SPELLED)
@settings(max_examples=150)
def test_text_stays_text(vocabulary: Vocabulary, text: str) -> None:
    for ids in (vocabulary.encode(text), *vocabulary.encode_batch([text])):
        assert all(i < vocabulary.text_size for i in ids) and vocabulary.special_ids.isdisjoint(ids)
        assert vocabulary.decode(ids) == text


@pytest.mark.parametrize("name", ["<s>", "<|e|>"])
def test_a_control_token_of_the_bases_own_vocabulary_is_spelled(name: str) -> None:
    base = merging_tokenizer()
    (named,) = base.encode(name).ids
    vocabulary = Vocabulary.extend(base, 3, {"show": 4})
    plain, *others = vocabulary.encode_batch([f"a{name}b", "<|s> <e|>"])
    assert plain == vocabulary.encode(f"a{name}b") and named not in plain
    assert vocabulary.decode(plain) == f"a{name}b"
    assert others == [base.encode("<|s> <e|>").ids]  # what names none has its tokens


def test_a_letter_that_is_a_control_token_is_left_out() -> None:
    base = byte_tokenizer()
    base.add_special_tokens(["~"])
    vocabulary = Vocabulary.extend(base, 3, {"show": 4})
    assert vocabulary.decode(vocabulary.encode("a~b")) == "ab"


def test_lone_surrogate_is_encoded_as_a_question_mark(vocabulary: Vocabulary) -> None:
    assert vocabulary.decode(vocabulary.encode("a\ud800b")) == "a?b"


def test_every_sid_token_has_one_place(vocabulary: Vocabulary) -> None:
    seen = {
        vocabulary.code_start(name, level) + code: (name, level, code)
        for name in vocabulary.type_names
        for level in range(vocabulary.levels)
        for code in range(vocabulary.codes(name))
    }
    assert len(seen) == 3 * (4 + 5)
    v = vocabulary
    controls = {v.pad, v.prompt, v.answer, v.end, v.open, v.close}
    assert len(controls) == len(CONTROL)
    assert set(vocabulary.new_rows) == controls | set(seen)
    for token in range(vocabulary.size):
        assert vocabulary.type_level_code(token) == seen.get(token)


def test_span_of_an_item(vocabulary: Vocabulary) -> None:
    ids = vocabulary.sid_ids((1, 0, 3), "show")
    assert ids[0] == vocabulary.open and ids[-1] == vocabulary.close
    assert [vocabulary.type_level_code(i) for i in ids[1:-1]] == [("show", 0, 1), ("show", 1, 0), ("show", 2, 3)]


def test_decode_leaves_control_and_sid_tokens_out(vocabulary: Vocabulary) -> None:
    ids = [vocabulary.prompt, *vocabulary.encode("hi"), *vocabulary.sid_ids((0, 0, 0), "show"), vocabulary.end]
    assert vocabulary.decode(ids) == "hi"


def test_special_tokens_of_the_base_are_known() -> None:
    vocabulary = Vocabulary.extend(chat_tokenizer(), 2, {"show": 4})
    assert vocabulary.special_ids >= {256, 257, 258}  # <think> among them: it is no text


def test_save_and_load(vocabulary: Vocabulary, tmp_path: Path) -> None:
    vocabulary.save(tmp_path)
    again = Vocabulary.load(tmp_path)
    assert again.layout == vocabulary.layout
    assert again.encode("Let <|sid|> be") == vocabulary.encode("Let <|sid|> be")
    exported = PreTrainedTokenizerFast(tokenizer_file=str(tmp_path / "tokenizer.json"))
    assert len(exported) == vocabulary.size
    assert exported.convert_tokens_to_ids("<|episode_2_4|>") == vocabulary.size - 1


def test_unreadable_and_impossible_vocabularies(vocabulary: Vocabulary, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"No readable vocabulary"):
        Vocabulary.load(tmp_path)
    vocabulary.save(tmp_path)
    (tmp_path / LAYOUT_FILE).write_text("{}")
    with pytest.raises(BundleError):
        Vocabulary.load(tmp_path)
    with pytest.raises(ConfigError, match="needs text, item types"):
        Vocabulary.extend(byte_tokenizer(), 0, {"show": 4})
    taken = byte_tokenizer()
    taken.add_special_tokens(["<|sid|>"])
    with pytest.raises(ConfigError, match=r"already has <\|sid\|>"):
        Vocabulary.extend(taken, 2, {"show": 4})
    with pytest.raises(NotFoundError, match="'course'"):
        vocabulary.code_start("course", 0)
