"""`jobwire export` and `jobwire restore`: a firm, taken elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.mistakes import Mistake
from cli.operator import on_database
from common.settings import Settings
from common.terminal import say
from files.place import place_of
from files.store import Store
from interchange.exports.archives import Unwritable
from interchange.exports.firm import NoSuchFirm, export_firm
from interchange.exports.person import NoSuchPerson, export_person
from interchange.restoring.firm import restore_firm
from models.ids import Kind, encode
from models.portable.faults import Unrestorable


def export(settings: Settings, path: Path, *, firm: str | None, member: str | None, contact: str | None) -> None:
    """Write a firm whole, or what is held of a member or a contact: of one of them."""
    if (firm, member, contact).count(None) != 2:
        raise Mistake("Say whose: --firm, --member or --contact, and one of them alone.")
    if firm is not None:
        store = Store(place_of(settings))
        say(on_database(settings, lambda: _export_firm(firm, path, store)))
    else:
        say(on_database(settings, lambda: _export_person(member, contact, path)))


async def _export_firm(firm: str, path: Path, store: Store) -> str:
    with _plain():
        manifest = await export_firm(firm, path, store)
        lines = sum(part.lines for part in manifest.parts)
        return (
            f"{manifest.firm_name} is in {path}, as of revision {manifest.revision}: {lines:,} lines in "
            f"{len(manifest.parts)} parts."
        )


async def _export_person(member: str | None, contact: str | None, path: Path) -> str:
    with _plain():
        found = await export_person(path, member=member, contact=contact)
        return f"What is held of the {found.kind.spoken} is in {path}."


@contextmanager
def _plain() -> Iterator[None]:
    try:
        yield
    except (NoSuchFirm, NoSuchPerson, Unwritable) as error:
        raise Mistake(str(error)) from None


def restore(settings: Settings, path: Path, copy: str | None) -> None:
    """Write a firm that was exported."""

    async def write() -> str:
        try:
            restored = await restore_firm(path, Store(place_of(settings)), copy=copy, months_kept=settings.log_kept)
        except Unrestorable as error:
            raise Mistake(f"{path}: {error} Nothing was changed.") from None
        return (
            f"{restored.name} is there as {encode(Kind.FIRM, restored.id)}, at revision {restored.revision}: "
            f"{restored.rows:,} rows and {restored.events:,} events. Nobody can sign in yet: "
            "`jobwire set-password EMAIL` gives each member a password."
        )

    say(on_database(settings, write))
