"""How audiobooks are called and described."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from neo.catalog.starter.grammar import Picker, Titles, describe

NOVEL_TITLES = (
    "{Subject}",
    "{Subject}",
    "The {Icon} and the {Icon2}",
    "The {Icon} of {Place}",
    "{Icon} Season",
    "A {Icon} for {first}",
    "The Last {Icon} of {Place}",
    "{Subject} in {Place}",
    "Murmurs of {Icon}",
    "The {Icon} Keeper",
    "A Winter in {Place}",
    "{Place}",
    "The Woman with the {Icon}",
    "When the {Icon} Falls",
    "Of {Icon} and {Icon2}",
    "The {Icon} House",
    "No {Icon} in {Place}",
    "{first} and the {Icon}",
    "A Song of {Icon}",
    "The {Icon} Year",
    "Seven Nights in {Place}",
    "Under the {Place} Sky",
    "The Borrowed {Icon}",
    "What {first} Knew",
    "The {Icon} Game",
    "Every Other {Icon}",
    "{first} of {Place}",
    "The Weight of {Icon}",
)
TITLES = (
    "{Subject}: A History",
    "On {Name}",
    "A Brief History of {subject}",
    "{Icon}: A Life",
    "How to Think About {Name}",
    "The {Icon} Principle",
    "What {subject} Can Teach Us",
    "The {Icon} Book",
    "{Subject} and {other_subject}",
    "The Art of {Name}",
    "{Icon} and {Icon2}",
    "The Hidden World of {subject}",
    "Twelve Lessons from {subject}",
    "Against the {Icon}",
    "The Uses of {Icon}",
    "{Name}: A Very Personal Guide",
    "A Field Guide to {subject}",
    "In the Company of {subject}",
    "The {Icon} Years",
    "After {subject}",
    "The Book of {subject}",
    "Small {Icon}",
    "The {Icon} Cure",
    "A {Icon} in the Hand",
    "My Life with {subject}",
    "The Truth of {subject}",
    "Made of {Icon}",
    "The Patient {Icon}",
    "Where the {Icon} Leads",
    "{Subject}: Stories and Science",
    "The New {Name}",
    "{Subject} for the Rest of Us",
)
NOVEL_OPENINGS = (
    "{first} wanted a quiet year in {place}. Then came {subject}.",
    "It begins with {subject}. It ends in {place}, {clause}.",
    "When {first} returns to {place}, the talk is all of {subject}, and of {other_subject}.",
    "A {adj} novel of {says}, set in {place}.",
    "Nobody in {place} speaks about {subject}. {first} is about to ask.",
    "{adj} and {adj2}: a novel about {subject}, {other_subject} and {says}.",
    "{first} has one summer, one secret, and {subject} to deal with in {place}.",
    "Two families, one {icon}, and {subject}: a {adj} story of {says}.",
    "Ten years after {subject}, {first} comes back to {place} for the truth.",
)
SERIES_OPENINGS = (
    "Book {volume} of {series}: {first} faces {subject}, {clause}.",
    "{first} of {place} returns in book {volume} of {series}. This time it is {subject}.",
    "Book {volume} of {series} opens with {subject}, and by the end {place} is turned upside down.",
)
OPENINGS = (
    "{author} tells the story of {subject}, and through it the story of {says}.",
    "A {adj} introduction to {says}, from {subject} to {other_subject}.",
    "Part memoir, part field guide: {author} on ten years with {subject} and {says}, {clause}.",
    "Twelve {adj} essays on {name}, among them one on {subject}.",
    "Why write about {subject} today? A {adj} book on {says}.",
    "{author} went looking for {subject} and came back with a {adj} history of {name}.",
    "Everything you need to understand {says}, {clause}.",
    "A {adj} journey through {name}, with stops at {subject} and {other_subject}.",
    "What if all we believe about {subject} is wrong? {author} makes a {adj} case.",
)
NOVEL_MORE = (
    "Read by {narrator}.",
    "A {adj2} tale of {says2}.",
    "For listeners who love {says2}.",
    "With {other_subject}, a lost {icon} and a long-kept promise.",
    "{clause}.",
    "Some {adj2} pages of {other}.",
    "{author}'s most {adj} story yet.",
    "And then there is {other_subject}.",
    "A story to finish in one weekend.",
    "Not everybody in {place} tells the truth.",
    "Perhaps the {icon} knows.",
)
MORE = (
    "Read by {narrator}.",
    "Read by the author.",
    "With chapters on {other_subject} and {says2}.",
    "{clause}.",
    "For readers of {other} and everyone else.",
    "{adj2} and full of stories.",
    "Includes a chapter on {other}.",
    "Good company for a long drive.",
    "Written for people who thought they did not care about {name}.",
    "Short chapters, long thoughts.",
    "The book that made {subject} dinner talk.",
)


def audiobook_title(picker: Picker, titles: Titles, slots: Callable[[], Mapping[str, str]], fiction: bool) -> str:
    return titles.new(picker, NOVEL_TITLES if fiction else TITLES, slots, f", by {slots()['author']}")


def audiobook_description(picker: Picker, slots: Mapping[str, str], fiction: bool) -> str:
    """15 to 40 words."""
    openings = SERIES_OPENINGS if slots["volume"] else NOVEL_OPENINGS if fiction else OPENINGS
    return describe(picker, openings, NOVEL_MORE if fiction else MORE, slots)
