from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.catalog.plain_text import SUSPECT, clean_text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("<p>One</p><p>Two</p>", "One Two"),
        ("a<br/>b<BR>c", "a b c"),
        ("<b>bold</b>ly <a href='x.html' title=\"y\">go</a>", "boldly go"),
        ("&lt;p&gt;twice &amp;amp; escaped&lt;/p&gt;", "twice &amp; escaped"),
        ("R&amp;B &#8211; caf&eacute;&nbsp;!", "R&B \u2013 café !"),
        ("x<script>alert('<b>')</script>y<style>p{}</style>z", "x y z"),
        ("<!-- hidden -->shown", "shown"),
        ("<img src=x onerror=alert(1)>pic", "pic"),
        ("<scr\x00ipt>x</scr\u200bipt>pic", "pic"),
        ("&lt;im&#8203;g src=x&gt;pic", "pic"),
        ("<img<p<p>> src=x onerror=alert(1)>", "img src=x onerror=alert(1)>"),
        ("&lt;img&lt;p&gt; src=x onerror=alert(1)&gt;", "img src=x onerror=alert(1)>"),
    ],
)
def test_html_becomes_plain(text: str, plain: str) -> None:
    assert clean_text(text) == (plain, True)


@pytest.mark.parametrize(
    "text",
    [
        "1 < 2 and 3 > 2",
        "AT&T",
        "I <3 you",
        "mail <ann@example.org>",
        "Q&A; more",
        "C<|sid|>D",
        "سلام‌دنیا",
        "👩‍👩‍👧",
    ],
)
def test_what_is_no_html_stays(text: str) -> None:
    assert clean_text(text) == (text, False)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a\x00b\x1b[31mc\x7f", "ab[31mc"),
        ("  two \t words\r\n\u2028here \u00a0", "two words here"),
        ("evil\u202etxt.exe\ufeff\u200b", "eviltxt.exe"),
        ("lone \ud800 surrogate", "lone \ufffd surrogate"),
        ("\t\n", ""),
    ],
)
def test_controls_spaces_and_surrogates(text: str, plain: str) -> None:
    assert clean_text(text) == (plain, False)


def test_every_letter_that_is_not_suspect_is_plain_already() -> None:
    """Below 0x10000, where all lie that are left out."""
    texts = [f"a{chr(code)}b" for code in range(0x10000) if not 0xD800 <= code < 0xE000]
    suspect = pc.match_substring_regex(pa.array(texts), SUSPECT).to_pylist()
    assert 0 < sum(suspect) < 100
    for text, found in zip(texts, suspect, strict=True):
        assert found or clean_text(text) == (text, False)


TRICKY = st.sampled_from(list("<>&;/!?-# abp\t\n\x00\x85\xa0\u200b\u202e\ufeff")) | st.characters(
    exclude_categories=["Cs"]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(TRICKY).map("".join))
def test_a_text_that_is_not_suspect_is_plain_already(text: str) -> None:
    if not pc.match_substring_regex(pa.array([text]), SUSPECT)[0].as_py():
        assert clean_text(text) == (text, False)


PIECES = st.sampled_from(["<", ">", "<p", "<p>", "</b>", "<i ", "&lt;", "&gt;", "&amp;", "<!--", "-->", "a", " "])


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=20).map("".join))
def test_no_tag_is_left_however_they_are_nested(text: str) -> None:
    plain, _ = clean_text(text)
    assert not re.search(r"</?[a-z]+(\s[^<>]*)?>", plain)


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_the_result_is_one_line_without_controls(text: str) -> None:
    plain, _ = clean_text(text)
    assert plain.strip(" ") == plain
    assert not any(ord(letter) < 32 or 0xD800 <= ord(letter) < 0xE000 for letter in plain)
    assert "  " not in plain


def test_unclosed_tags_in_great_number_do_not_hang() -> None:
    count = 20_000  # quadratic work would take minutes
    assert clean_text("<script>" * count) == ("", True)
    assert clean_text("<!--" * count) == ("<!--" * count, False)
    assert clean_text("<a " * count) == (("<a " * count).strip(), False)
    assert clean_text("&" * count + "<" * count)[1] is False
    assert "<" not in clean_text("<p" * count + ">" * count)[0]
