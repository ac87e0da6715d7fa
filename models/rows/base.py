"""What every row of the domain shares."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar, NamedTuple, Self
from uuid import UUID

from tortoise import fields
from tortoise.backends.base.client import BaseDBAsyncClient

from models.errors import Conflict
from models.ids import Kind, new_id
from models.policies import Policy
from models.reasons import Reason
from models.rights import Right
from models.rows.keys import made_of
from models.rows.table import Table
from models.search_entries import Searched, keep_entries, rename_parent
from models.stamps import UPDATED, created_at, updated_at, updated_by


class Scheduled(NamedTuple):
    """Which column says when something is done about a thing by itself, and which condition of SQL holds for those of
    which that is still to come: of their column and id there is an index."""

    at: str
    which: str


class Row(Table):
    """A thing of one firm, with a typed id and a version that every change raises."""

    #: The prefix of its ids. Each class has its own, and is told by it.
    kind: ClassVar[Kind]
    #: Who sees it.
    policy: ClassVar[Policy]
    #: The right that each of these fields needs, called as they are shown. Without it: null, and an error that says so.
    withheld: ClassVar[Mapping[str, Right]] = {}
    #: What its events may say has changed besides its columns, as annotations of events have it: facts of its links.
    also_changes: ClassVar[Mapping[str, Any]] = {}
    #: What it is found by in a text search; None where it is not searched for.
    searched: ClassVar[Searched | None] = None
    #: When something is done about it by itself; None where nothing ever is.
    scheduled: ClassVar[Scheduled | None] = None

    #: Whether some are written without a revision, by whatever follows the log: an answer that has one is nobody
    #: else's.
    untold: ClassVar[bool] = False

    id: UUID = fields.UUIDField(primary_key=True, default=new_id)
    version: int = fields.IntField(default=1)
    created_at: datetime = created_at()
    # With the version. The member, where it was one.
    updated_at: datetime = updated_at()
    updated_by_id: UUID | None = updated_by()

    class Meta:
        abstract = True

    async def save(
        self,
        using_db: BaseDBAsyncClient | None = None,
        update_fields: Iterable[str] | None = None,
        force_create: bool = False,
        force_update: bool = False,
    ) -> None:
        """As the ORM has it, and never without the columns that are made of those that are written, nor without what
        the row is found by."""
        if update_fields is not None:
            written = set(update_fields)
            update_fields = written | made_of(type(self), written)
        await super().save(using_db, update_fields, force_create, force_update)
        if self.searched is not None and self.searched.is_written_with(update_fields):
            await keep_entries([self])
            if update_fields is not None:
                await rename_parent(self, _found_by(self.kind))

    @classmethod
    async def bulk_create(cls, objects: Iterable[Self], *args: Any, **options: Any) -> None:  # type: ignore[override]
        """As the ORM has it, with what the rows are found by."""
        rows = list(objects)
        await super().bulk_create(rows, *args, **options)
        if cls.searched is not None:
            await keep_entries(rows)

    def expect(self, version: int | None, field: str = "expected_version") -> None:
        """`Conflict` with the present row when the caller saw another version, in this field. None asks for nothing."""
        if version is not None and version != self.version:
            raise Conflict(
                f"This {self.kind.spoken} is at version {self.version}, not {version}: somebody changed it "
                "meanwhile. Look at the present one and decide again.",
                self,
                field,
                reason=Reason.CHANGED,
                expected=version,
                actual=self.version,
            )

    async def store(self, *columns: str) -> None:
        """Write these columns and raise the version."""
        self.version += 1
        await self.save(update_fields=[*columns, "version", *UPDATED])

    def read(self, columns: Iterable[str]) -> dict[str, Any]:
        """What stands in these columns."""
        return {column: getattr(self, column) for column in columns}

    def changed_from(self, before: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
        """What differs from what `read` returned, as column: (before, after)."""
        present = self.read(before)
        return {column: (was, present[column]) for column, was in before.items() if was != present[column]}

    def differing(self, values: Mapping[str, object]) -> dict[str, Any]:
        """Those of the values that are not there already. Only these are checked: what is there may have been allowed
        when it was stored, and whoever sends it back changes nothing."""
        return {name: value for name, value in values.items() if getattr(self, name) != value}

    def change_to(self, values: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
        """Take over what differs; returns it as column: (before, after)."""
        changed = {name: (getattr(self, name), value) for name, value in self.differing(values).items()}
        for name, (_, after) in changed.items():
            setattr(self, name, after)
        return changed


_MODELS: dict[Kind, type[Row]] = {}


def register(*models: type[Row]) -> None:
    """Make these classes of rows known by their kinds. `TypeError` where one does not say who sees its rows or who made
    one, or has the kind of another."""
    for model in models:
        if not isinstance(getattr(model, "policy", None), Policy):
            raise TypeError(f"{model.__name__} has no policy. Say who sees its rows: `policy = Policy(…)`.")
        if _MODELS.setdefault(model.kind, model) is not model:
            raise TypeError(f"{model.__name__} has the kind of {_MODELS[model.kind].__name__}: {model.kind}.")
        if not {"created_by", "created_by_id"} & model._meta.fields_map.keys():
            raise TypeError(f"{model.__name__} does not say who made a row: `created_by_id = created_by()`.")


def known_models() -> Mapping[Kind, type[Row]]:
    """The classes of rows that are known, by their kinds."""
    return _MODELS


def _found_by(kind: Kind) -> list[type[Row]]:
    """The classes of rows that are found by the title of a thing of this kind too."""
    parents = {model: model.searched.of for model in _MODELS.values() if model.searched is not None}
    return [model for model, parent in parents.items() if parent is not None and parent.kind is kind]


def model_of(kind: Kind) -> type[Row]:
    """The class of the rows of this kind."""
    return _MODELS[kind]


class Link(Table):
    """A row that only ties two others together. Its number means nothing."""

    id: int = fields.BigIntField(primary_key=True)

    class Meta:
        abstract = True


def belongs_to(
    model: str, *, on_delete: fields.OnDelete = fields.OnDelete.RESTRICT, null: bool = False, index: bool = False
) -> Any:
    """A reference to a row of another table. PostgreSQL does not index it by itself: say so where it is looked up."""
    options: dict[str, Any] = {"on_delete": on_delete, "null": null, "db_index": index}
    return fields.ForeignKeyField(f"models.{model}", related_name=False, **options)
