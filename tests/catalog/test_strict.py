from __future__ import annotations

from pathlib import Path

import pytest

from neo.catalog.strict import Strict, load_yaml, parse
from neo_sdk import ConfigError


class Inner(Strict):
    size: int = 1


class Outer(Strict):
    inner: Inner = Inner()
    many: tuple[Inner, ...] = ()
    name: str = "x"


def test_a_good_mapping_becomes_a_frozen_model() -> None:
    model = parse(Outer, {"inner": {"size": 2}, "many": [{"size": 3}]}, "run.yaml")
    assert (model.inner.size, model.many[0].size, model.name) == (2, 3, "x")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"iner": {}}, "run.yaml: unknown key 'iner', did you mean 'inner'?"),
        ({"zzz": 1}, "run.yaml: unknown key 'zzz', known are: inner, many, name"),
        ({"inner": {"sise": 1}}, "run.yaml: inner: unknown key 'sise', did you mean 'size'?"),
        ({"many": [{}, {"size": "big"}]}, "run.yaml: many.1.size: .*got 'big'"),
        ({"name": False}, "run.yaml: name: Input should be a valid string, got False"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(values: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse(Outer, values, "run.yaml")


def test_several_problems_are_told_together() -> None:
    with pytest.raises(ConfigError) as caught:
        parse(Outer, {"inner": {"size": "a"}, "many": [{"sise": 2}]}, "run.yaml")
    assert len(str(caught.value).splitlines()) == 2


def bomb() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 8)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", ":3 gives the key 'a' twice"),
        ("a: {b: 1, b: 2}\n", ":1 gives the key 'b' twice"),
        ("a: [1\n", "is not valid YAML"),
        ("!!python/object/apply:os.system ['true']\n", "is not valid YAML"),
        ("- a\n", "holds a list, expected a mapping"),
        ("a: &x [*x]\n", "contains itself"),
        (bomb(), "aliases of aliases"),
        ("? [a, b]\n: 1\n", "is not valid YAML: .*unhashable key"),
        ("[" * 5_000, "nested too deeply"),
    ],
)
def test_yaml_that_cannot_be_used(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_yaml(path)


def test_yaml_that_can(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("base: &base {x: 1}\nmore: {<<: *base, y: [*base, *base]}\n")
    assert load_yaml(path) == {"base": {"x": 1}, "more": {"x": 1, "y": [{"x": 1}, {"x": 1}]}}
    path.write_text("# nothing\n")
    assert load_yaml(path) == {}
    path.write_bytes(b"a: \xff")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_yaml(path)
    with pytest.raises(ConfigError, match="does not exist"):
        load_yaml(tmp_path / "none.yaml")
