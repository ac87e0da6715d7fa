"""Files of many lines with planted faults: each comes back, all others land, and a second run changes nothing."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from interchange.imports.fields import What
from interchange.imports.files import opened
from models.rows import Account
from models.rows.contacts import Contact
from tests.interchange.importing import imported
from tests.world import World

FAULTS = {
    "ann@@blue": "Emails: This is not an e-mail address.",
    "x" * 201: "Name: This has 201 characters",
    "": "Nothing is said here",
    "Nobody": "Account tags: There is no tag",
}


def lines(count: int) -> Iterator[tuple[tuple[str, ...], bool]]:
    """That many lines, and whether each is one that is refused: about one of a hundred is, in each of four ways."""
    faults = list(FAULTS)
    for n in range(count):
        name, mail, tag, phone = f"Person {n % (count * 9 // 10)}", f"p{n % (count * 9 // 10)}@blue.org", "", "555"
        planted = n % 97 == 13
        if planted:
            fault = faults[(n // 97) % len(faults)]
            name, mail, tag = (fault if len(fault) > 99 else name), (fault if "@" in fault else mail), ""
            if not fault:
                name = ""
            tag = fault if fault == "Nobody" else ""
        yield (f"Client {n % (count // 4)}", tag, name, mail, phone), planted


async def both_times(world: World, folder: Path, count: int) -> None:
    """Import them twice, and look at what came of it."""
    path, back = folder / "clients.csv", folder / "refused.csv"
    planted = set()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("Account name", "Account tags", "Name", "Emails", "Phone"))
        for number, (line, is_planted) in enumerate(lines(count), 2):
            writer.writerow(line)
            if is_planted:
                planted.add(number)
    told = await imported(world, path, What.CONTACTS, refused=back)
    # What differs, not the whole: pytest would compare thousands of lines with each other for minutes.
    assert {number: reason for number, reason in told.refused.items() if number not in planted} == {}
    assert planted - told.refused.keys() == set()
    reasons = {reason for reason in FAULTS.values() if any(reason in text for text in told.refused.values())}
    assert reasons == set(FAULTS.values())
    assert (told.summary.lines, told.summary.revisions) == (count, -(-count // 200))
    assert await Account.filter(firm_id=world.firm.id).count() == count // 4 + 1
    people = {line[2] for line, is_planted in lines(count) if not is_planted}
    assert await Contact.filter(firm_id=world.firm.id).count() == len(people)
    with opened(back) as table:
        assert {int(str(row.cells[0])) for row in table.rows()} ^ planted == set()
    revision = await world.revision()
    again = await imported(world, path, What.CONTACTS)
    assert await world.revision() == revision
    assert {number for number in told.refused if again.refused[number] != told.refused[number]} == set()
    assert (again.summary.refused, again.summary.revisions) == (len(planted), 0)


async def test_two_thousand_lines(world: World, tmp_path: Path) -> None:
    await both_times(world, tmp_path, 2_000)


@pytest.mark.soak
@pytest.mark.timeout(1_200)
async def test_fifty_thousand_lines(world: World, tmp_path: Path) -> None:
    """What that takes of memory is for bench/imports.py: here all that is told is kept."""
    await both_times(world, tmp_path, 50_000)
