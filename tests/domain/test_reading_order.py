"""Names in the order in which people read them."""

import random
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.reading_order import LONGEST, order_key

#: Each in its order.
IN_ORDER = {
    "case comes last": ["acme", "Acme", "acme books", "Acme Books", "acorn", "Zoe"],
    "accents before case": ["Eclair", "éclair", "Éclair", "Eclairs", "resume", "resumé", "résume", "résumé"],
    "blanks, signs, digits, letters": ["(x) Ltd", "+1 Tax", "😀 Fun", "1040", "990", "Acme"],
    "words before longer words": ["Ann", "Ann Lee", "Ann-Lee", "Anna", "Anne"],
    "German": ["Apfel", "Äpfel", "Apfelmus", "strasse", "straße", "Strasse", "Zürich"],
    "Turkish": ["Çelik", "Doğan", "Ilk", "Işık", "İstanbul", "Öz", "Şahin", "Ün", "Zor"],
    "Nordic, Polish, French": ["Aeon", "Æon", "Lodz", "Łódź", "Oeuvre", "Œuvre", "Olsen", "Ølsen", "Zoe"],
    "Greek": ["Οδυσσέας", "οδυσσευς", "Οδυσσεύς", "ΟΔΥΣΣΕΎΣ", "Πηνελόπη"],
    "Russian": ["елка", "ёлка", "Иван", "Ивушка", "Йод", "Катя"],
    "scripts": ["Zoe", "Ωμέγα", "Юлия", "שרה", "سارة", "한글"],
}  # fmt: skip


@pytest.mark.parametrize("what", IN_ORDER)
def test_names_are_in_the_order_of_a_reader(what: str) -> None:
    names = IN_ORDER[what]
    shuffled = random.Random(what).sample(names, len(names))
    assert sorted(shuffled, key=order_key) == names


@given(st.text(min_size=1, max_size=200))
def test_a_key_can_be_kept_and_compared_anywhere(name: str) -> None:
    key = order_key(name)
    assert len(key) <= LONGEST
    assert "\0" not in key
    assert key == order_key(normalize("NFD", name)) == order_key(normalize("NFC", name))
    # The longest fits an index, beside two ids.
    assert len(key.encode()) <= 2_600


@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=2, max_size=2))
def test_keys_sort_the_same_by_their_characters_and_by_either_encoding(names: list[str]) -> None:
    one, other = map(order_key, names)
    assert (one < other) == (one.encode() < other.encode()) == (one.encode("utf-16-be") < other.encode("utf-16-be"))


@given(st.text(), st.text(max_size=3))
def test_a_name_comes_before_what_goes_on_after_it(name: str, more: str) -> None:
    # What is added must be neither accents of the last letter nor nothing.
    if len(name) < 50:
        assert order_key(name) <= order_key(f"{name} z{more}")
