"""Tones, people, places and other words that every topic shares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Tone:
    """`adjectives` and `clauses` stand in descriptions, `asked` in searches."""

    name: str
    adjectives: tuple[str, ...]
    clauses: tuple[str, ...]
    asked: tuple[str, ...]


def _tone(name: str, adjectives: str, clauses: str, asked: str) -> Tone:
    return Tone(name, *(tuple(part.strip() for part in text.split(",")) for text in (adjectives, clauses, asked)))


def _list(text: str, separator: str) -> tuple[str, ...]:
    return tuple(" ".join(text.split()).split(separator))


TONES = (
    _tone(
        "funny",
        "funny, irreverent, silly, witty, playful",
        "with plenty of laughs, with jokes that go too far, never quite serious, with bad puns and good facts",
        "funny, hilarious, comedy, something to laugh about, humorous",
    ),
    _tone(
        "calm",
        "calm, gentle, unhurried, quiet, soft-spoken",
        "told slowly and softly, made for quiet evenings, with long pauses and no adverts, best heard in the dark",
        "calm, relaxing, soothing, slow, to fall asleep to",
    ),
    _tone(
        "dark",
        "dark, unsettling, chilling, bleak, haunting",
        "not for the faint of heart, and nobody comes out clean, with details that stay with you, best not heard alone",
        "dark, creepy, disturbing, chilling, grim",
    ),
    _tone(
        "curious",
        "curious, surprising, wide-eyed, inquisitive, nerdy",
        "always one question further, with answers nobody expected, full of odd detours, for people who ask why",
        "fascinating, interesting facts, mind blowing, surprising, nerdy",
    ),
    _tone(
        "warm",
        "warm, heartfelt, tender, generous, hopeful",
        "told like a talk between friends, with kindness and some tears, full of small mercies, "
        "as if at a kitchen table",
        "heartwarming, feel good, uplifting, wholesome, comforting",
    ),
    _tone(
        "serious",
        "sober, rigorous, in-depth, probing, careful",
        "based on months of reporting, with every claim checked, drawing on archives and "
        "interviews, without easy answers",
        "serious, in depth, investigative, well researched, deep dive",
    ),
    _tone(
        "lively",
        "lively, fast-paced, loud, breathless, spirited",
        "at full speed, with heated arguments, and never a dull minute, with the volume up",
        "exciting, fast, energetic, fun, action packed",
    ),
    _tone(
        "practical",
        "practical, hands-on, plain-spoken, useful, step-by-step",
        "with advice to use tomorrow, one step at a time, with checklists and honest mistakes, for complete beginners",
        "for beginners, how to, tips, practical, easy guide",
    ),
)

# Which tones a topic's items have, by name with weights; every other tone has weight 1.
TONE_WEIGHTS = {
    "History": "curious 6 serious 5 warm 2",
    "True Crime": "dark 9 serious 6 curious 2",
    "News & Politics": "serious 8 lively 4 funny 3",
    "Business": "practical 6 lively 4 curious 3",
    "Money": "practical 8 funny 3 serious 3",
    "Science": "curious 9 funny 3 serious 3",
    "Technology": "curious 4 practical 5 lively 4 serious 3",
    "Nature": "calm 6 curious 6 warm 3",
    "Health": "practical 7 warm 4 serious 4",
    "Mind": "calm 6 warm 6 practical 4",
    "Family": "warm 7 funny 4 practical 5",
    "Food & Drink": "practical 5 lively 4 warm 4 funny 3",
    "Home & Garden": "practical 8 calm 5 warm 3",
    "Travel": "warm 4 curious 4 lively 4 calm 4",
    "Sport": "lively 9 funny 4 serious 3",
    "Music": "curious 5 lively 5 warm 4",
    "Film & TV": "funny 5 lively 4 curious 4 serious 2",
    "Art & Design": "curious 6 calm 4 serious 4",
    "Mystery & Thriller": "dark 8 lively 3 funny 2 serious 2",
    "Fantasy & Science Fiction": "dark 4 lively 6 funny 2 warm 3",
    "Romance & Drama": "warm 9 funny 4 dark 2 calm 2",
    "Books & Ideas": "curious 5 calm 5 serious 4",
    "Games & Play": "funny 8 lively 6 curious 3",
}

# Who is invited to talk about a topic.
ROLES = {
    "History": "historian, archivist, museum curator",
    "True Crime": "retired detective, crime reporter, prosecutor",
    "News & Politics": "correspondent, political scientist, former minister",
    "Business": "founder, investor, factory owner",
    "Money": "economist, financial planner, former banker",
    "Science": "physicist, field researcher, science writer",
    "Technology": "engineer, security researcher, inventor",
    "Nature": "biologist, park ranger, wildlife filmmaker",
    "Health": "doctor, nurse, sports scientist",
    "Mind": "psychologist, therapist, meditation teacher",
    "Family": "midwife, teacher, pediatrician",
    "Food & Drink": "chef, baker, food writer",
    "Home & Garden": "gardener, carpenter, seed grower",
    "Travel": "travel writer, mountain guide, train driver",
    "Sport": "former champion, coach, sports reporter",
    "Music": "producer, bandleader, music critic",
    "Film & TV": "director, film critic, editor",
    "Art & Design": "architect, curator, illustrator",
    "Mystery & Thriller": "crime novelist, bookseller, translator",
    "Fantasy & Science Fiction": "fantasy novelist, game writer, voice actor",
    "Romance & Drama": "novelist, bookseller, scriptwriter",
    "Books & Ideas": "philosopher, poet, literary critic",
    "Games & Play": "game designer, comedian, world champion",
}

FIRST_NAMES = _list(
    """Ada Alma Amara Anders Anika Antonio Aoife Arjun Astrid Beatriz Ben Bola Bruno Callum Carmen Cecily
    Chidi Clara Cora Dalia Daniel Delphine Dev Edda Eleni Elias Emeka Erin Esme Farah Felix Fiona
    Freya Gareth Gita Grace Hana Harriet Hassan Hugo Ida Imogen Ines Iris Ivan Jamal Jana Jasper
    Joel Jonas Josie Kaito Karim Kemi Lars Layla Leila Lena Leo Lila Lucia Luka Maeve Magnus Malik
    Marcus Mariko Marta Matteo Maya Mina Mira Moses Nadia Naomi Nell Niamh Nico Noor Odette Olga
    Omar Oscar Otis Paloma Petra Priya Quentin Rafael Ravi Renata Rosa Ruth Saba Salma Samir Selma
    Silas Sofia Stellan Sunita Tariq Tess Theo Thora Tomas Uma Vera Viktor Wanda Willa Xavier Yara
    Yusuf Zadie Zoe""",
    " ",
)
LAST_NAMES = _list(
    """Abara Adeyemi Almeida Anand Arden Ashworth Bakshi Barros Beaumont Bellweather Berg Blackwood Bose
    Brandt Calloway Carver Castellan Chandra Chen Cole Conti Cortez Dahl Delacroix Desai Diallo
    Dunmore Eklund Ellery Esposito Faraday Farrow Ferreira Finch Fontaine Forsyth Gallagher Garrido
    Ghosh Goldberg Greaves Hadley Halloran Haraldsen Hartley Hollis Ibarra Ito Jansen Joshi Kamara
    Kaplan Kavanagh Keating Kent Khatri Kimura Kovac Lachance Larsen Lindqvist Lockhart Madaki
    Marchetti Marlowe Mbeki Mehta Mendoza Mercer Moreau Murakami Nakamura Navarro Ndiaye Novak
    Nyberg Oduya Okafor Olsen Osei Palmer Parekh Park Pettersson Pike Quill Quintero Rahman Ramirez
    Rossi Rourke Sandoval Sato Schaefer Sharma Silva Sorensen Stone Suarez Tanaka Thorne Tran
    Underhill Vance Varga Vasquez Voss Wainwright Walsh Weller Whitlock Winter Wolff Yamada Yilmaz
    Zeller""",
    " ",
)
STUDIOS = _list(
    """Harbor Lane Audio; Paper Lantern Media; North Ferry Radio; Blue Kettle Studios; Second Story Sound;
    Tall Grass Audio; Open Window Media; Signal Street; The Quiet Room; Long Table Productions; Red
    Door Radio; Field & Wire; Copper Mill Media; Night Bus Audio; Half Moon Radio; Ninth Floor; Salt
    Flat Sound; Brick Lane Voices; Little Owl Media; Fair Copy""",
    "; ",
)
PLACES = _list(
    """Harrow Lane; Vesper Hill; Saltmarsh; Brindle Bay; Ashford Mill; Crow Island; Linden Street; Marrow
    Creek; Thistledown; Port Ellery; Gallows Green; Windermoor; Hollow Pines; Blackwater; Larkspur;
    Old Quarry; Mercy Falls; Fenwick; Silver Birch; Ravenscar; Dunmere; Cinder Point; Maple Hollow;
    St Orla; Juniper Ridge; Kestrel Cove; Wexcombe; Ironbridge; Millbrook; Nightingale Row; Pelican
    Quay; Stonehaven; Tamsin's Bay; Verity Square; Willowmere; Yarrow End; Ember Lake; Foxglove;
    Grey Harbor; Bellhaven""",
    "; ",
)
COUNTRIES = ("US", "GB", "CA", "AU", "IE", "IN", "SE", "DE", "ES", "FR")
COUNTRY_SHARE = np.array([0.40, 0.18, 0.08, 0.07, 0.04, 0.08, 0.05, 0.04, 0.03, 0.03])
LANGUAGES = ("en", "sv", "de", "es", "fr")
LANGUAGE_NAMES = ("English", "Swedish", "German", "Spanish", "French")
HOME_LANGUAGE = {"SE": 1, "DE": 2, "ES": 3, "FR": 4}


def tone_distribution(topic: str) -> np.ndarray:
    """float64[tones]: how often items of a topic have each tone."""
    weights = np.ones(len(TONES))
    listed = TONE_WEIGHTS[topic].split()
    names = [tone.name for tone in TONES]
    for name, weight in zip(listed[::2], listed[1::2], strict=True):
        weights[names.index(name)] = 3 * float(weight)
    return weights / weights.sum()
