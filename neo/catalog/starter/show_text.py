"""How shows are called and described."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from neo.catalog.starter.grammar import Picker, Titles, describe

TITLES = (
    "The {Icon} Hour",
    "{Icon} & {Icon2}",
    "{Icon} and {Icon2}",
    "Notes from the {Icon}",
    "{Icon} Talk",
    "The {Icon} Club",
    "{Icon} Street",
    "Radio {Icon}",
    "Two Chairs and a {Icon}",
    "{Icon}, Please",
    "The {Icon} Files",
    "The {Icon} Diaries",
    "{Icon} After Dark",
    "{Icon} Before Breakfast",
    "Dear {Icon}",
    "Who Took the {Icon}?",
    "{Name} with {host}",
    "All About {Name}",
    "{Place} {Icon}",
    "The Other {Icon}",
    "A {Icon} of One's Own",
    "Between {Icon} and {Icon2}",
    "{Icon} Theory",
    "Lost and {Icon}",
    "Plain {Icon}",
    "The {Icon} Room",
    "{Icon} Logic",
    "No {Icon}, No {Icon2}",
    "{Icon} Fever",
    "{Icon} Weather",
    "Postcards from {Place}",
    "{Icon} on the Side",
    "The Long {Icon}",
    "Half {Icon}, Half {Icon2}",
    "{Icon} Country",
)
BY_TONE = {
    "funny": (
        "Wrong About {Name}",
        "My Terrible {Icon}",
        "{Icon}? I Hardly Know Her",
        "Three Idiots and a {Icon}",
        "Sorry About the {Icon}",
        "The Worst {Icon} in Town",
        "{Name} for People Who Should Know Better",
        "Oh No, {Icon}",
    ),
    "calm": (
        "Slow {Icon}",
        "Quiet {Icon}",
        "The Soft {Icon}",
        "{Icon} and Rain",
        "A Small {Icon}",
        "{Icon} at Dusk",
        "Nothing but {Icon}",
    ),
    "dark": (
        "{Icon} at Midnight",
        "Black {Icon}",
        "What the {Icon} Hides",
        "The {Icon} Murders",
        "Below the {Icon}",
        "Dead {Icon}",
        "Cold {Icon}",
    ),
    "curious": (
        "Why the {Icon}?",
        "Curious {Icon}",
        "The {Icon} Question",
        "How Is This {Icon}",
        "A Brief History of {Icon}",
        "Ask the {Icon}",
        "Everything Is {Icon}",
    ),
    "warm": (
        "{Icon} by the Fire",
        "Come in, {Icon}",
        "Our {Icon}",
        "The Kind {Icon}",
        "{Icon} and Other Comforts",
        "Letters to {Place}",
    ),
    "serious": (
        "The {Icon} Report",
        "Inside {Name}",
        "{Icon} Under Oath",
        "The {Icon} Investigation",
        "Beyond the {Icon}",
        "On {Name}",
    ),
    "lively": (
        "Hey {Icon}",
        "Full {Icon}",
        "{Icon} Rush",
        "{Name} Now",
        "Go {Icon} Go",
        "{Icon}, Loud",
        "The {Icon} Riot",
    ),
    "practical": (
        "{Name} 101",
        "Better {Name}",
        "{Name} Made Simple",
        "The {Icon} Handbook",
        "Start with the {Icon}",
        "{Icon} School",
        "A Beginner's {Icon}",
    ),
}
NEWS_TITLES = (
    "{Name} Daily",
    "The {Icon} Brief",
    "Morning {Icon}",
    "{Name} in Ten Minutes",
    "The Week in {Name}",
    "The {Icon} Wire",
    "{Icon} and Order",
    "Today's {Icon}",
)
DRAMA_TITLES = (
    "The {Icon} of {Place}",
    "{Place}",
    "Last {Icon} to {Place}",
    "{Subject}",
    "Signals from {Place}",
    "The {Place} Tapes",
    "Nobody Leaves {Place}",
    "{Icon} Over {Place}",
    "Return to {Place}",
    "The {Icon} Cycle",
    "A {Icon} in {Place}",
)

OPENINGS = (
    "A {adj} podcast about {says}, from {s1} to {s2}.",
    "{adj} and {adj2} conversations about {name}, hosted by {host}.",
    "From {s1} to {s2}: a {adj} look at {says}.",
    "Stories of {s1}, {s2} and other corners of {name}, {clause}.",
    "A {adj} guide to {says} for anyone who ever wondered about {s1}.",
    "{host} grew up with {name} and never got over it; here come {says}, {clause}.",
    "Each {cadence}, {host} and a guest take on {says}.",
    "What we get wrong about {name}, {clause}.",
    "{says}: {adj} stories that {host} collected for years, and this is where they end up.",
    "It started with a question about {s1}, and turned into a {adj} show about {says}.",
    "For everybody who cannot get enough of {s1}: {adj} talk about {says}.",
    "A {adj} {minutes} minutes with {host} on {says}.",
    "Think of it as a {adj} companion to {name}, with {host} as your guide.",
    "Half {name}, half {other}, {clause}.",
)
SERIAL_OPENINGS = (
    "A {adj} series told in chapters, about {s1}, {s2} and {says}.",
    "Each season is one story of {name}, told to its end by {host}: {s1}, then {s2}.",
    "One story at a time: {host} went deep into {says}, {clause}.",
    "Listen from the beginning. This is {s1}, told over many chapters by {host}, {clause}.",
)
DRAMA_OPENINGS = (
    "An audio drama set in {place}, about {s1} and {says}.",
    "Welcome to {place}, home of {s1}. A {adj} story of {says}, {clause}.",
    "{adj} fiction for the ears: {s1}, {s2}, and a town called {place}.",
    "It begins with {s1}. A {adj} serial of {says}, performed by a full cast.",
)
READERS_OPENINGS = (
    "{host} and friends read {says}, and argue about it, {clause}.",
    "A {adj} book club for lovers of {says}. This season: {s1} and {s2}.",
    "New short fiction every {cadence}: {says}, {clause}.",
)
NEWS_OPENINGS = (
    "Every {cadence}, what happened in {name} and why it matters, {clause}.",
    "{host} on {says}: a {adj} briefing with the stories behind {s1} and {s2}.",
    "The news of {name} in {minutes} minutes, {adj} and to the point.",
)
MORE = (
    "Expect {s3}, {other}, and the odd {icon}.",
    "Now and then it wanders into {other}.",
    "New episodes every {cadence}.",
    "Earlier seasons took on {s2} and {s3}.",
    "Along the way: {s3} and {says2}.",
    "With {host}.",
    "Made by {host} in a very small studio.",
    "Favorite subjects: {s1}, {s3} and {says2}.",
    "No experience needed.",
    "{adj2} company for people who like {other}.",
    "Episodes run about {minutes} minutes.",
    "If you ever wondered about {s1}, start here.",
    "Bring a friend, a notebook and an open mind.",
    "{says2}, too.",
    "Small episodes, big questions, one {icon}.",
    "All of {name} is welcome here.",
    "Come for {name}, stay for the letters that listeners send in.",
    "A favorite of people who say they have no time for podcasts.",
)


def show_titles(style: str, tone: str, drama: bool) -> tuple[str, ...]:
    """The title templates for a show; those that fit it best come several times."""
    if style == "news":
        return NEWS_TITLES * 3 + TITLES
    return (DRAMA_TITLES * 4 if drama else TITLES) + BY_TONE[tone] * 3


def show_title(
    picker: Picker, titles: Titles, slots: Callable[[], Mapping[str, str]], style: str, tone: str, drama: bool
) -> str:
    return titles.new(picker, show_titles(style, tone, drama), slots, f" with {slots()['host']}")


def show_description(picker: Picker, slots: Mapping[str, str], style: str, fiction: bool) -> str:
    """15 to 40 words."""
    if fiction:
        openings: tuple[str, ...] = DRAMA_OPENINGS if style == "serial" else READERS_OPENINGS
    else:
        own = {"serial": SERIAL_OPENINGS * 3, "news": NEWS_OPENINGS * 4}.get(style, ())
        openings = (*own, *OPENINGS)
    return describe(picker, openings, MORE, slots)
