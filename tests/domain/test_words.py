"""The words of a text: folded alike whatever the case, the accents and the script, and near ones told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.words import LONGEST, MOST_KEPT, kept_words, spellings, title_of, words_of

SAME = [
    ("Müller & Söhne", "MULLER sohne"),
    ("Émile Zola", "emile ZOLA"),
    ("Łódź", "lodz"),
    ("Straße", "STRASSE"),
    ("O'Brien", "o\u2019brien"),
    ("O'Brien", "OBrien"),
    ("ＡＣＭＥ", "acme"),
    ("co-op", "Co op"),
    ("1040-SR", "1040 sr"),
    ("Ærø", "aero"),
    ("ΑΘΉΝΑ", "αθηνα"),
    ("Йод", "йОД"),
    ("a\u200bcme", "acme"),
    ("don\0t", "don t"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_texts_have_the_same_words(one: str, other: str) -> None:
    assert words_of(one) == words_of(other) != []


def test_what_has_no_words_has_none() -> None:
    assert words_of(" \n–—!? \u200b \U0001f600") == []
    assert title_of("…") == "  "


def test_a_title_has_a_blank_around_each_word() -> None:
    assert title_of("Payroll, week 48") == " payroll week 48 "


@pytest.mark.parametrize("part", ["トヨタ", "株式会社", "ヨタ", "自動車"])
def test_where_there_are_no_blanks_a_word_may_begin_anywhere(part: str) -> None:
    kept = kept_words("株式会社トヨタ自動車")
    (word,) = words_of(part)
    assert any(each.startswith(word) for each in kept)


def test_elsewhere_it_may_not() -> None:
    assert not any(each.startswith("roll") for each in kept_words("Payroll"))


NEAR = [
    ("payroll", "payrol"),
    ("payroll", "payrolll"),
    ("payroll", "paryoll"),
    ("payroll", "peyroll"),
    ("john", "jhon"),
]
FAR = [
    ("payroll", "parrolls"),
    ("tax", "tex"),
    ("1099", "1098"),
    ("2025", "2026"),
    ("smith", "jones"),
    ("form", "from1"),
]


@pytest.mark.parametrize(("one", "other"), NEAR)
def test_words_are_near(one: str, other: str) -> None:
    assert not set(spellings(one)).isdisjoint(spellings(other))


@pytest.mark.parametrize(("one", "other"), FAR)
def test_words_are_not_near(one: str, other: str) -> None:
    assert set(spellings(one)).isdisjoint(spellings(other))


@given(word=st.text("abcde", min_size=4, max_size=12), place=st.integers(0, 11), letter=st.sampled_from("abcdz"))
def test_one_slip_is_near(word: str, place: int, letter: str) -> None:
    place %= len(word)
    slips = [word[:place] + letter + word[place + 1 :], word[:place] + letter + word[place:]]
    if len(word) > 4:
        slips.append(word[:place] + word[place + 1 :])
    if place + 1 < len(word):
        slips.append(word[:place] + word[place + 1] + word[place] + word[place + 2 :])
    for slip in slips:
        assert not set(spellings(word)).isdisjoint(spellings(slip)), slip


def test_what_is_misspelled_is_of_the_title() -> None:
    assert kept_words("Books", "payroll") == {"books", *spellings("books"), "payroll"}


@given(title=st.text(max_size=200), text=st.text(max_size=300))
def test_whatever_is_kept_can_be_written_and_is_bounded(title: str, text: str) -> None:
    for word in kept_words(title, text):
        assert word
        assert all(letter.isalnum() or letter == "~" for letter in word), word
        assert len(word) <= LONGEST + 1


def test_a_long_text_keeps_so_many_words() -> None:
    assert len(kept_words("", " ".join(map(str, range(10_000))))) == MOST_KEPT
