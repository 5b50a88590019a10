"""How episodes are called and described."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from neo.catalog.starter.grammar import Picker, Titles, describe

TITLES = (
    "{Subject}",
    "{Subject}",
    "The Truth About {subject}",
    "What {subject} Taught Us",
    "Inside {subject}",
    "A Short History of {subject}",
    "{Subject}, Revisited",
    "Everything You Know About {subject}",
    "In Search of {subject}",
    "The Trouble with {subject}",
    "A Day with {subject}",
    "{Subject} and {other_subject}",
    "{Subject}: The {Icon} Theory",
    "Why We Still Talk About {subject}",
    "{Subject} or {Other_subject}?",
    "The {Icon} and {subject}",
    "{number}. {Subject}",
    "{Subject}, from the Beginning",
    "My Year of {subject}",
    "Letters About {subject}",
    "The Secret Life of {subject}",
    "Rethinking {subject}",
    "Listening to {subject}",
    "Against {subject}",
    "In Praise of {subject}",
    "Nobody Asked About {subject}",
    "{Subject} (and a {Icon})",
    "Looking Back at {subject}",
    "On {subject}",
    "{Subject} After Midnight",
    "Five Questions About {subject}",
    "The Case for {subject}",
    "Another Look at {subject}",
)
GUEST_TITLES = (
    "{Subject} with {guest}",
    "{guest} on {subject}",
    "{guest}: {Subject}",
    "{guest} and the {Icon}",
    "At Home with {guest}",
    "{guest} Explains {subject}",
    "Ask {guest} About {subject}",
    "{Subject}, According to {guest}",
)
SERIAL_TITLES = (
    "{Subject}, Part {part}",
    "Chapter {number}: The {Icon}",
    "{Subject} {part}: The {Icon}",
    "{number}. The {Icon}",
    "Part {part}: {Subject}",
    "The {Icon} ({Subject} {part})",
    "{Subject}: {Event}",
    "Chapter {number}: {Event}",
    "{Event}",
)
NEWS_TITLES = (
    "{Subject} and Other Headlines",
    "{date}: {Subject}",
    "{Subject}, {other_subject}",
    "{weekday}: {Subject}",
    "What Now for {subject}?",
    "{Subject}: What We Know",
    "{date}: {Subject} and {other_subject}",
    "{Subject}, in Brief",
    "The Numbers Behind {subject}",
)
EVENTS = (
    "a knock at the door",
    "the wrong name",
    "what the neighbor saw",
    "a long way down",
    "the second letter",
    "before the storm",
    "nobody home",
    "an unexpected guest",
    "the price",
    "eleven minutes",
    "ashes and ink",
    "the room upstairs",
    "a promise kept",
    "the morning after",
    "the last witness",
    "a map with no north",
    "the bargain",
    "low water",
    "one of us",
    "the road back",
    "a quiet word",
    "false light",
    "the missing page",
    "what remains",
    "a thief among friends",
    "the long night",
    "the turn",
    "full circle",
    "the other side",
    "a small mistake",
    "the bridge",
    "no signal",
    "the house on the hill",
    "the trade",
    "a door left open",
    "the reckoning",
)

GUEST_OPENINGS = (
    "{role} {guest} joins {host} to talk about {subject} and {says}.",
    "{role} {guest} on {subject}: a {adj} talk about {name}.",
    "What does a {role} know about {subject}? {guest} has {adj} answers.",
    "{guest}, {role}, came to the studio with a {adj} story about {subject}.",
    "A {adj} conversation with {role} {guest} about {subject}, {clause}.",
    "{host} asked {role} {guest} one simple thing about {subject}, and an hour later nobody had left.",
    "{guest} has spent twenty years with {subject}. A {adj} lesson in {name} from a {role}.",
)
OPENINGS = (
    "Everybody has heard of {subject}, but not like this: {says}, {clause}.",
    "This time: {subject}. A {adj} walk through {says}.",
    "A {adj} look at {subject} and what it tells us about {says}.",
    "Where does the story of {subject} really begin? With {says}, it turns out.",
    "Listeners wanted {subject}, so here is {subject}, {clause}.",
    "At last {host} got to {subject}, and brought {other_subject} along.",
    "From {other_subject} to {subject}: {adj} thoughts on {name}.",
    "Three things about {subject} that changed how we think about {name}.",
    "We went looking for {subject} and found {says}.",
    "Some {adj} history of {subject}, with a detour to {other_subject}.",
    "An entire episode on {subject}? Yes, and it is as {adj} as it sounds.",
    "How {subject} became the most {adj} corner of {name}.",
)
SERIAL_OPENINGS = (
    "Part {part} of {subject}: {event}, and a {adj} turn in a story of {says}.",
    "The story of {subject} goes on. {event}, then {event2}, {clause}.",
    "After {event2}, nothing about {subject} looks the same. A {adj} chapter.",
    "Chapter {number}. {event} brings us back to {subject} and to {says}.",
    "Back to {subject} with {host}, part {part}: {event}, and what it did to everybody.",
)
FIRST_OPENINGS = (
    "A new story begins: {subject}. It starts with {event}, {clause}.",
    "The first part of {subject}, a {adj} tale of {says}. It opens with {event}.",
)
NEWS_OPENINGS = (
    "The week in {name}: {subject}, {other_subject}, and what to watch next.",
    "{subject} made headlines again. {host} on what happened and what comes next in {name}.",
    "What to make of {subject}, of {says}, and of the rest, in a {adj} few minutes.",
    "Today: {subject}. Also, {other_subject}, and a {adj} word on {says}.",
)
MORE = (
    "Also: {other_subject}.",
    "And a listener's question about {other_subject}.",
    "Plus {says2}.",
    "It runs {minutes} minutes and contains one {icon}.",
    "{clause}.",
    "With {host}.",
    "Recorded in front of a small audience in {place}.",
    "Somewhere along the way there is a {icon}.",
    "If you know nothing about {name}, this is a good place to begin.",
    "{adj2} to the very end.",
    "We also read your letters about {says2}.",
    "Stay for the part about {other_subject}.",
    "Some of it was hard to believe even for us.",
    "We promised to come back to {subject}, and we did.",
    "A good one for the road.",
    "Warning: after this, {name} will never look the same.",
)


def episode_title(picker: Picker, titles: Titles, slots: Callable[[], Mapping[str, str]], style: str) -> str:
    if style == "serial":
        templates: tuple[str, ...] = SERIAL_TITLES
    elif style == "news":
        templates = NEWS_TITLES * 2 + TITLES
    else:
        templates = TITLES + GUEST_TITLES * 3
    return titles.new(picker, templates, slots, f" (No. {slots()['number']})")


def episode_description(picker: Picker, slots: Mapping[str, str], style: str) -> str:
    """15 to 40 words."""
    if style == "serial" and slots["part"]:
        openings: tuple[str, ...] = FIRST_OPENINGS if slots["part"] == "1" else SERIAL_OPENINGS
    elif style == "news":
        openings = NEWS_OPENINGS * 3 + OPENINGS
    else:
        openings = GUEST_OPENINGS if slots["guest"] else OPENINGS
    return describe(picker, openings, MORE, slots)
