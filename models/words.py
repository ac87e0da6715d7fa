"""The words of a text, as they are searched for: whatever their case and accents, by their beginnings, and with a slip
of the keyboard.

Pure. What is kept of a text and what is looked up for a search are made here, so that one finds the other on every
database: PostgreSQL's own text search splits and folds words by the locale, and `unaccent` by a file of the server's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from unicodedata import category, combining, normalize

from models.invisible import without_ignorable
from models.reading_order import READ_AS

#: So many of a text's different words are kept, and of each so many characters.
MOST_KEPT, LONGEST = 500, 40
#: What has fewer letters is not taken for misspelled, nor is what has digits: a form 1098 is no 1099.
_SHORTEST_MISSPELLED, _LONGEST_MISSPELLED = 4, 24
#: Before how a word may be spelled: no word begins so.
_SPELLED = "~"
#: Within a word they say nothing: O'Brien is OBrien.
_APOSTROPHES = re.compile("['\u2018\u2019\u02bc\uff07]")
#: Scripts that are written without blanks: Thai, Lao, Burmese, Khmer; kana; Han.
_WITHOUT_BLANKS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


def words_of(text: str) -> list[str]:
    """The words of a text, in order: runs of letters and digits, folded."""
    decomposed = normalize("NFKD", _APOSTROPHES.sub("", without_ignorable(text)).casefold())
    return "".join(map(_folded, decomposed)).split()


@lru_cache(maxsize=4_096)
def _folded(character: str) -> str:
    if combining(character):
        return ""
    kind = category(character)[0]
    return READ_AS.get(character, character) if kind in "LN" else ("" if kind == "M" else " ")


def title_of(text: str) -> str:
    """A title as results are ranked by it: its words, with a blank around each."""
    return f" {' '.join(words_of(text))} "


def kept_words(title: str, *more: str) -> set[str]:
    """What is kept of a thing: its words, and how those of its title may be misspelled."""
    titled = dict.fromkeys(words_of(title))
    words = dict.fromkeys([*titled, *(word for text in more for word in words_of(text))])
    kept = {form for word in list(words)[:MOST_KEPT] for form in _forms(word)}
    return kept.union(*map(spellings, titled))


def _forms(word: str) -> Iterator[str]:
    """What a search for the beginning of a word finds it by. In a script without blanks any character may be where a
    word begins."""
    yield word[:LONGEST]
    if _WITHOUT_BLANKS.search(word):
        yield from (word[place : place + LONGEST] for place in range(1, min(len(word), 200)))


@lru_cache(maxsize=10_000)
def spellings(word: str) -> tuple[str, ...]:
    """A word, and what is left of it without each of its letters, if it is one that can be misspelled. Two words that
    differ by a letter, or have two changed over, have one of these in common (https://github.com/wolfgarbe/SymSpell).
    """
    if not (_SHORTEST_MISSPELLED <= len(word) <= _LONGEST_MISSPELLED and word.isalpha()):
        return ()
    parts = (word[:place] + word[place + 1 :] for place in range(len(word)))
    return tuple(f"{_SPELLED}{form}" for form in dict.fromkeys([word, *parts]))
