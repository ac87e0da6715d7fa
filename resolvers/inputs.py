"""From a mutation's input to the values that its command takes, and from a refusal to what the caller reads."""

from __future__ import annotations

import dataclasses
from typing import Any
from uuid import UUID

from strawberry import UNSET
from strawberry.utils.str_converters import to_camel_case

from models.errors import Forbidden, Invalid, LimitReached, Refusal
from models.ids import Kind, decode, new_id
from models.reasons import Reason
from resolvers.filters import check_filter
from resolvers.paging import keys_of
from schema.inputs.base import CLEARS, KEPT, KIND, LEFT_OUT, NULL, REFUSED
from schema.inputs.sent import as_sent
from schema.payloads import ErrorParameter, UserError, told_parameters


@dataclasses.dataclass(slots=True)
class Reading:
    """An input as the domain has it: the fields that were given, ids decoded, inner inputs built. What cannot be read
    is noted, and has a stand-in: so whoever gets the values can say what else is wrong."""

    values: dict[str, Any] = dataclasses.field(default_factory=dict)
    unread: list[Refusal] = dataclasses.field(default_factory=list)

    @classmethod
    def of(cls, given: Any) -> Reading:
        """What an input says."""
        reading = cls()
        for field in dataclasses.fields(given):
            reading._take(field, getattr(given, field.name))
        return reading

    def _take(self, field: dataclasses.Field[Any], value: Any) -> None:
        if value is UNSET:
            if field.metadata.get(LEFT_OUT) == REFUSED:
                self.values[field.name] = None
                told = "This must be given. Null takes away what is there."
                name = to_camel_case(field.name)
                self.unread.append(Invalid(told, field.name, reason=Reason.MISSING, field=name))
        elif value is None and field.metadata.get(NULL) == REFUSED:
            told = "This cannot be null. Leave it out to keep what is there."
            self.unread.append(Invalid(told, field.name, reason=Reason.NULL))
        elif value is not None or field.metadata.get(NULL) == CLEARS:
            self.values[field.name] = self._value(value, field)

    def _value(self, value: Any, field: dataclasses.Field[Any]) -> Any:
        kind = field.metadata.get(KIND)
        if field.metadata.get(KEPT):
            return None if value is None else self._kept(value, field.name)
        if isinstance(value, list):
            return [self._item(item, kind, field.name, place) for place, item in enumerate(value)]
        if dataclasses.is_dataclass(value):
            return self._built(value, field.name)
        return value if kind is None or value is None else self._decoded(kind, value, field.name)

    def _item(self, item: Any, kind: Kind | None, name: str, place: int) -> Any:
        if kind is not None:
            return self._decoded(kind, item, name, place)
        if not dataclasses.is_dataclass(item):
            return item
        return self._built(item, name, place)

    def _built(self, given: Any, *path: str | int) -> Any:
        """What an input within this one says, as the domain has it."""
        inner = Reading.of(given)
        self.unread += [refusal.within(*path) for refusal in inner.unread]
        return type(given).build(**inner.values)

    def _kept(self, value: Any, name: str) -> Any:
        """What is kept of a filter or an order, if a list would take it."""
        try:
            if isinstance(value, list):
                keys_of(value, "id")
            else:
                check_filter(value)
        except Invalid as refusal:
            self.unread.append(refusal if refusal.path[:1] == (name,) else refusal.within(name))
        return as_sent(value)

    def _decoded(self, kind: Kind, text: str, *path: str | int) -> UUID:
        try:
            return decode(kind, text)
        except Invalid as refusal:
            self.unread.append(refusal.within(*path))
            return new_id()


def spoken(refusal: Refusal) -> list[UserError]:
    """A refusal in the API's words, and what is beside it."""
    return [_spoken(each) for each in refusal.all]


def _spoken(refusal: Refusal) -> UserError:
    return UserError(
        code=refusal.code,
        reason=refusal.reason,
        parameters=[ErrorParameter(name=name, value=text) for name, text in told_parameters(refusal).items()],
        message=refusal.message,
        path=["input", *(to_camel_case(str(step)) for step in refusal.path)],
        right=refusal.right if isinstance(refusal, Forbidden) else None,
        role=refusal.role if isinstance(refusal, Forbidden) else None,
        retry_after=refusal.retry_after if isinstance(refusal, LimitReached) else None,
    )
