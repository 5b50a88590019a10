"""Feeds become items, whatever is in them; what is fetched has limits, and comes from the internet alone."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from neo.catalog import fetch as fetch_module
from neo.catalog.feed_import import import_feeds
from neo.catalog.feeds import read_feed, read_opml
from neo.catalog.fetch import Fetcher
from neo.cli import main
from neo.model.bundle import Bundle
from neo.model.update import read_given
from neo_sdk.errors import CatalogError

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:atom="http://www.w3.org/2005/Atom">
<channel><title>Salt &lt;b&gt;&amp;amp; Stone&lt;/b&gt;</title><link>https://salt.example</link>
<atom:link rel="self" href="https://salt.example/feed.xml"/><language>en-GB</language>
<itunes:author>Ann Ore</itunes:author><description>On minerals.</description>
<itunes:category text="Science"><itunes:category text="Earth"/></itunes:category>"""
EPISODE = """<item><guid isPermaLink="false">{guid}</guid><title>{title}</title>
<pubDate>Mon, 02 Jan 2023 23:30:00 -0200</pubDate>
<itunes:duration>1:02:03</itunes:duration><link>{link}</link>
<description><![CDATA[<p>Hello <script>alert(1)</script>world</p>]]></description></item>"""


def feed(*entries: str, head: str = HEAD) -> bytes:
    return (head + "".join(entries) + "</channel></rss>").encode()


def entry(guid: str = "1", title: str = "One", link: str = "https://salt.example/1") -> str:
    return EPISODE.format(guid=guid, title=title, link=link)


def test_a_show_and_its_episodes() -> None:
    found = read_feed(feed(entry(), entry("2", "Two")), "salt.xml")
    show, one, two = found.rows
    assert show["title"] == "Salt & Stone" and show["creator"] == "Ann Ore" and show["language"] == "en"
    assert show["topics"] == ["Science", "Earth"] and show["url"] == "https://salt.example"
    assert (one["parent"], one["type"], one["creator"]) == (show["id"], "episode", "Ann Ore")
    assert (one["date"], one["duration"], one["description"]) == ("2023-01-03", 3723, "Hello world")
    assert one["id"] != two["id"] and found.notes == ("2 episodes",)


def test_ids_stay_wherever_a_feed_is_read_from_and_whatever_comes_in() -> None:
    first = read_feed(feed(entry()), "here.xml").rows
    later = read_feed(feed(entry("2", "Two"), entry()), "https://elsewhere.example").rows
    assert first[0]["id"] == later[0]["id"] and first[1]["id"] == later[2]["id"]


def test_atom_is_read_too() -> None:
    data = b"""<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:x</id><title>Notes</title>
    <author><name>Bo</name></author><entry><id>urn:y</id><title>A note</title><updated>2024-05-06T07:08:09Z</updated>
    <summary>Short.</summary></entry></feed>"""
    show, note = read_feed(data, "notes.xml").rows
    assert (show["title"], note["date"], note["description"]) == ("Notes", "2024-05-06", "Short.")


def test_what_is_odd_in_a_feed_is_met() -> None:
    """No guid, one guid twice, no title, a link that is none, a date and a length that are none, endless words."""
    nothing = "<item><title>No guid</title></item>"
    odd = """<item><guid>9</guid><title>Odd &#0; \u202etitle</title><link>javascript:alert(1)</link>
    <pubDate>soon</pubDate><itunes:duration>ages</itunes:duration></item>"""
    long = entry("8", "word " * 5_000)
    found = read_feed(feed(nothing, entry(), entry(title="Again"), entry("3", ""), odd, long), "odd.xml")
    titles = [row["title"] for row in found.rows[1:]]
    assert titles[:2] == ["No guid", "One"] and len(titles) == 4
    assert "\u202e" not in titles[2] and len(titles[3]) < 510
    assert not {"url", "date", "duration"} & set(found.rows[3])
    assert "1 without a title left out" in found.notes and "1 that came before left out" in found.notes


def test_a_torn_feed_is_read_as_far_as_it_goes() -> None:
    found = read_feed(feed(entry(), entry("2", "Two"))[:-150], "torn.xml")
    assert [row["title"] for row in found.rows][:2] == ["Salt & Stone", "One"] and "well-formed" in found.notes[-1]


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">{}]>'.format(
    "".join(f'<!ENTITY {b} "{10 * f"&{a};"}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no RSS or Atom feed"),
        (b"/etc/hostname", "no RSS or Atom feed"),
        (b"https://salt.example/feed.xml", "no RSS or Atom feed"),
        (b"<html><title>Hello</title></html>", "no RSS or Atom feed"),
        (b"\x00\xff" * 500, "no RSS or Atom feed"),
        (feed(head=HEAD.replace("<title>", "<titel>").replace("</title>", "</titel>")), "with a title"),
        (feed("<a>" * 2_000_001), "more than 2,000,000 tags"),
        (feed("<item/>" * 20_002).replace(b"<item/>", b"<item >"), "more than 20,000 episodes"),
        (b" " * (21 << 20), "larger than 20 MB"),
    ],
)
def test_what_is_no_feed_is_refused_soon(data: bytes, says: str) -> None:
    with pytest.raises(CatalogError, match=says):
        read_feed(data, "bad.xml")


def test_tags_that_never_end_are_no_reason_to_leave_a_feed_out() -> None:
    data = feed("<item><title>One</title><description>", "line<br>" * 150, "</description></item>", "<!--" * 50_000)
    assert [row["title"] for row in read_feed(data, "loose.xml").rows] == ["Salt & Stone", "One"]


@pytest.mark.parametrize(
    ("inside", "says"),
    [
        ("<title>a &#x110000; b</title>", "ValueError"),
        ("<title>&#xd800;</title>", "UnicodeEncodeError"),
        ("<title>&#99999999999;", "OverflowError"),
        ('<gml:pos xmlns:gml="http://www.opengis.net/gml">1 2</gml:pos>', "KeyError"),
    ],
)
def test_what_the_parser_trips_over_is_told_of_and_the_others_go_on(inside: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "bad.xml").write_bytes(feed(f"<item>{inside}</item>"))
    (tmp_path / "good.xml").write_bytes(feed(entry()))
    told: list[str] = []
    paths = [str(tmp_path / name) for name in ("bad.xml", "good.xml")]
    assert len(list(import_feeds(paths, None, False, told.append))) == 2
    assert told[0].endswith(f"bad.xml cannot be read as a feed ({says})")


def test_entities_are_not_followed() -> None:
    data = feed(entry("1", "&i;")).replace(b"<rss", BOMB.encode() + b"<rss", 1)
    assert all(len(str(row)) < 2_000 for row in read_feed(data, "bomb.xml").rows)
    outside = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><rss'
    (show, *_) = read_feed(
        feed(entry()).replace(b"<rss", outside, 1).replace(b"On minerals.", b"On &e;."), "x.xml"
    ).rows
    assert show["description"] in ("On .", "On &e;.", "On &e.")


def test_opml_lists_feeds() -> None:
    data = b"""<opml version="2.0"><body><outline text="Group"><outline type="rss" xmlUrl="https://a.example/f"/>
    <outline XMLURL=" https://b.example/f "/></outline><outline xmlUrl="https://a.example/f"/></body></opml>"""
    assert read_opml(data, "feeds.opml") == ["https://a.example/f", "https://b.example/f"]
    for bad, says in (
        (b"<opml><body/></opml>", "lists no feeds"),
        (b"<opml><body>", "is no OPML"),
        (b'<?xml version="1.0" encoding="foo"?><opml/>', "is no OPML: unknown encoding"),
        (b'<?xml version="1.0" encoding="shift_jis"?><opml/>', "is no OPML: multi-byte"),
        (BOMB.encode() + b"<opml/>", "declares a document type"),
    ):
        with pytest.raises(CatalogError, match=says):
            read_opml(bad, "feeds.opml")


# Fetching


def fetcher(answer: Callable[[httpx.Request], httpx.Response], **how: object) -> Fetcher:
    """On no network: `public.example` is on the internet, every other host at home."""
    return Fetcher(transport=httpx.MockTransport(answer), sleep=lambda _: None, **how)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    places = {"public.example": "93.184.216.34", "home.example": "192.168.0.9", "mapped.example": "::ffff:10.0.0.1"}

    def look_up(host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        return [(0, 0, 0, "", (places.get(host, host), 443))]

    monkeypatch.setattr(fetch_module.socket, "getaddrinfo", look_up)


def test_a_feed_is_fetched_and_asked_for_again_only_if_it_changed(tmp_path: Path) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if request.headers.get("if-none-match") == '"v1"':
            return httpx.Response(304)
        return httpx.Response(200, content=feed(entry()), headers={"etag": '"v1"'})

    own = fetcher(answer, kept=tmp_path)
    bodies = [own.fetch("https://public.example/feed") for _ in range(2)]
    assert bodies[0] == bodies[1] == feed(entry())
    assert "neo-catalog" in asked[0].headers["user-agent"] and len(asked) == 2
    assert "if-none-match" not in asked[0].headers


def test_an_etag_that_cannot_be_sent_back_is_not(tmp_path: Path) -> None:
    own = fetcher(lambda _: httpx.Response(200, content=b"x", headers={"etag": b"caf\xe9"}), kept=tmp_path)
    assert [own.fetch("https://public.example/feed") for _ in range(2)] == [b"x", b"x"]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("file:///etc/hostname", "expected http:// or https://"),
        ("ftp://public.example/f", "expected http:// or https://"),
        ("http://127.0.0.1/f", "leads to 127.0.0.1, which is not on the internet"),
        ("http://169.254.169.254/latest", "not on the internet"),
        ("http://[::1]/f", "not on the internet"),
        ("http://[fec0::1]/f", "not on the internet"),
        ("http://[64:ff9b:1::1]/f", "not on the internet"),
        ("https://home.example/f", "leads to 192.168.0.9"),
        ("https://mapped.example/f", "not on the internet"),
        ("http://", "expected http:// or https://"),
        ("http://x:notaport/", "is no address"),
    ],
)
def test_only_the_internet_is_asked(url: str, says: str) -> None:
    with pytest.raises(CatalogError, match=says.replace("[", r"\[")):
        fetcher(lambda _: pytest.fail("it was asked")).fetch(url)


def test_a_redirect_leads_no_further_than_an_address() -> None:
    def home(request: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"location": "http://home.example/secret"})

    def around(request: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"location": "/again"})

    with pytest.raises(CatalogError, match=r"leads to 192\.168\.0\.9"):
        fetcher(home).fetch("https://public.example/f")
    with pytest.raises(CatalogError, match="leads on more than 5 times"):
        fetcher(around).fetch("https://public.example/f")
    for nowhere in ("http://[", "http://a]b/"):
        to_nowhere = httpx.Response(302, headers={"location": nowhere})
        with pytest.raises(CatalogError, match="cannot be fetched: Invalid"):
            fetcher(lambda _, answer=to_nowhere: answer).fetch("https://public.example/f")
    assert fetcher(lambda _: httpx.Response(200, content=b"x"), local=True).fetch("http://home.example/f") == b"x"


class Peer:
    """A connection to an address."""

    def __init__(self, address: str) -> None:
        self.address = address

    def get_extra_info(self, name: str) -> tuple[str, int] | None:
        return (self.address, 443) if name == "server_addr" else None


@pytest.mark.parametrize("address", ["192.168.0.9", "::ffff:10.0.0.1"])
def test_who_answers_is_looked_at_too(address: str) -> None:
    """A name may lead elsewhere by the time that it is asked: what answers from here is not read."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b"secret", extensions={"network_stream": Peer(address)})

    with pytest.raises(CatalogError, match=f"leads to {address}"):
        fetcher(answer).fetch("https://public.example/f")
    assert fetcher(answer, local=True).fetch("https://public.example/f") == b"secret"


class Slow(httpx.SyncByteStream):
    def __init__(self, chunks: int) -> None:
        self.chunks, self.sent = chunks, 0

    def __iter__(self):  # type: ignore[no-untyped-def]
        for _ in range(self.chunks):
            self.sent += 1
            yield b"x" * (1 << 20)


def test_answers_that_are_large_slow_packed_or_none_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    large = Slow(1_000)
    with pytest.raises(CatalogError, match="larger than 20 MB"):
        fetcher(lambda _: httpx.Response(200, stream=large)).fetch("https://public.example/f")
    assert large.sent < 25
    packed = {"content-encoding": "gzip"}
    with pytest.raises(CatalogError, match="sent compressed"):
        zipped = gzip.compress(b"x" * 99)
        fetcher(lambda _: httpx.Response(200, stream=httpx.ByteStream(zipped), headers=packed)).fetch(
            "https://public.example/f"
        )
    busy = httpx.Response(429, headers={"retry-after": "30"})
    with pytest.raises(CatalogError, match="answered 429, and asks to come again in 30 seconds"):
        fetcher(lambda _: busy).fetch("https://public.example/f")
    monkeypatch.setattr(fetch_module, "WHOLE", -1.0)
    with pytest.raises(CatalogError, match="took more than"):
        fetcher(lambda _: httpx.Response(200, stream=Slow(3))).fetch("https://public.example/f")

    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(CatalogError, match="cannot be fetched: refused"):
        fetcher(broken).fetch("https://public.example/f")


def test_one_host_is_not_asked_at_once() -> None:
    waited: list[float] = []
    own = Fetcher(transport=httpx.MockTransport(lambda _: httpx.Response(200)), sleep=waited.append)
    own.last["public.example"] = time.monotonic()
    own.fetch("https://public.example/a")
    assert 0.5 < waited[0] <= 1.0


def test_one_bad_feed_of_many_is_told_of_and_the_others_go_on(tmp_path: Path) -> None:
    (tmp_path / "feeds.opml").write_text(
        '<opml><body><outline xmlUrl="https://public.example/good"/><outline xmlUrl="http://home.example/bad"/></body></opml>'
    )
    (tmp_path / "again.xml").write_bytes(feed(entry(), entry("2", "Two")))
    told: list[str] = []
    own = fetcher(lambda _: httpx.Response(200, content=feed(entry())))
    rows = list(
        import_feeds([str(tmp_path / "feeds.opml"), str(tmp_path / "again.xml")], None, False, told.append, own)
    )
    assert [row["title"] for row in rows] == ["Salt & Stone", "One", "Two"]  # each once
    assert any(line.startswith("left out: http://home.example/bad") for line in told)
    assert told[-1] == "2 of 3 feeds read"


def test_the_command_prints_what_a_bundle_takes(
    tiny_bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "salt.xml").write_bytes(feed(entry(), entry("2", "Two")))
    assert main(["catalog", "import", str(tmp_path / "salt.xml")]) == 0
    printed = capsys.readouterr().out
    assert [json.loads(line)["type"] for line in printed.splitlines()] == ["show", "episode", "episode"]
    (tmp_path / "items.jsonl").write_text(printed)
    assert len(read_given(tiny_bundle, [tmp_path / "items.jsonl"], print)) == 3
    assert main(["catalog", "import", str(tmp_path / "nowhere.xml")]) == 1
    assert "nowhere.xml cannot be read" in capsys.readouterr().err
