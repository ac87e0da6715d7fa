"""Values for the arguments and inputs of any root field, ids apart: what to fill in is the test's to say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    get_named_type,
    is_list_type,
    is_required_argument,
    is_required_input_field,
)
from graphql.pyutils import Undefined

from models.automation.contents import SettingsGiven
from models.ids import Kind, plural
from schema.inputs.base import KIND
from tests.api.selections import root_fields
from tests.signing_in import PASSWORD

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Id:
    """A place for an id of this kind. `where` is its mutation and field, `mine` says that the caller makes it up."""

    kind: Kind
    where: str
    mine: bool = False


#: Arguments of the type ID that name no thing.
NO_THINGS = {"epoch"}
#: What is searched for: what something of each firm begins with.
SEARCHED = {"text": "a"}
#: Left out: what is no part of the change itself, or costs half a second; and what a list takes, which is walked there;
#: and what names another part of the same input.
LEFT_OUT = {
    "idempotencyKey",
    "expectedVersion",
    "expectedContentVersion",
    "intoExpectedVersion",
    "password",
    "filter",
    "shownWhen",
}
#: Only one of each of these may be given.
INSTEAD = {"beforeJobId": "afterJobId", "beforeStageId": "afterStageId", "minutes": "quantity"}
#: An answer is one of these, by the type of its question.
INSTEAD |= dict.fromkeys(("number", "day", "yes", "choices", "fileNames"), "text")
#: Of two parts of an input that are known by keys the second has this one.
SECOND_KEY = "Another key"
#: A template has one content, or is made of one thing.
INSTEAD |= dict.fromkeys(("job", "clientRequest", "organizer", "invoice", "proposal", "email", "folderTree"), "task")
INSTEAD |= dict.fromkeys(
    (f"from{thing}Id" for thing in ("Job", "ClientRequest", "Organizer", "Invoice", "Proposal")), "fromTaskId"
)

#: An automation acts at one place.
INSTEAD |= dict.fromkeys(("triggerStatusId", "triggerPipelineId"), "triggerStageId")
#: And does one thing, under conditions of which each asks for one.
INSTEAD |= {
    re.sub(r"_(\w)", lambda match: match[1].upper(), name): "createTasks"
    for name in SettingsGiven.__annotations__
    if name != "create_tasks"
}
INSTEAD |= dict.fromkeys(("all", "any", "none", "accountTypes", "accountRoleId", "priorities"), "accountTagIds")
INSTEAD |= {"beforeAutomationId": "afterAutomationId"}
#: What it adds it does not remove.
INSTEAD |= {f"remove{what}Ids": f"add{what}Ids" for what in ("Member", "Role", "Tag")}
#: An e-mail is as a template says, or as these say beside it.
BESIDE_TEMPLATE = ("subject", "text")
#: Of these arguments of a query one is needed. Beside what is none of them the first one is given.
ONE_OF = {"automationPreview": ("stageId", "statusId")}

TEXTS = {
    "color": "#123abc",
    "country": "DE",
    "currency": "EUR",
    "currentPassword": PASSWORD,
    "emails": "somebody@new.example",
    "language": "fr",
    "newPassword": "another battery staple",
    "region": "BY",
    "replyTo": "somebody@new.example",
    "rule": "FREQ=DAILY",
    "secret": "whsec_" + "A1b2C3d4" * 4,
    "timeOfDay": "09:30",
    "timeZone": "Europe/Paris",
}
#: Which of several things of one thing, that the specimens have.
NUMBERS = {"version": 1, "number": 1, "chosen": 1, "level": 1}
#: Which value of an enum changes something, where it is not the last.
VALUES = {"AutomationState": "ON", "DateAnchor": "CREATED", "QuestionType": "CHOICE", "Role": "ADMIN"}
SCALARS: dict[str, Callable[[str, str], Any]] = {
    "String": lambda field, unique: TEXTS.get(field, f"{unique}@new.test" if field == "email" else f"A new {field}"),
    "Int": lambda field, unique: NUMBERS.get(field, 45),
    "Boolean": lambda field, unique: field != "clientStatusEnabled",
    "Date": lambda field, unique: datetime.now(UTC).date().isoformat(),
    "Decimal": lambda field, unique: "99.50",
    # Of the firms of tests/api/furnished.py: nothing has come after it that it would not be taken back for.
    "Revision": lambda field, unique: "3",
}


class NoSample(Exception):
    """A root field takes something that nothing here can make a value of."""


@dataclass(frozen=True)
class Sampler:
    """Makes the input of one mutation. `unique` is a word that no other firm has."""

    mutation: str
    unique: str

    def input(self) -> dict[str, Any]:
        """Its variables, with an `Id` wherever an id belongs."""
        field = root_fields("mutation")[self.mutation]
        return {name: self._value(name, argument.type, None) for name, argument in field.args.items()}

    def _value(self, name: str, type_: Any, field: Any) -> Any:
        named: Any = get_named_type(type_)
        if named.name == "ID":
            value: Any = Id(_kind(field, f"{self.mutation}.{name}"), f"{self.mutation}.{name}", mine=name == "id")
        elif isinstance(named, GraphQLInputObjectType):
            value = self._object(named)
        elif isinstance(named, GraphQLEnumType):
            value = VALUES.get(named.name, list(named.values)[-1])
        elif named.name in SCALARS:
            value = SCALARS[named.name](name, self.unique)
        else:
            raise NoSample(
                f"{self.mutation} takes {name}: {named.name}. "
                "Say in tests/api/samples.py, SCALARS, what that looks like."
            )
        return [value] if is_list_type(getattr(type_, "of_type", type_)) or is_list_type(type_) else value

    def _object(self, type_: GraphQLInputObjectType) -> dict[str, Any]:
        definition = type_.extensions["strawberry-definition"]
        declared = {field.graphql_name or camel(field.python_name): field for field in definition.fields}
        return {
            name: self._value(name, field.type, declared[name])
            for name, field in type_.fields.items()
            if name not in LEFT_OUT
            and (is_required_input_field(field) or field.default_value is Undefined or field.default_value is None)
        }


def camel(name: str) -> str:
    """A field's name as clients know it."""
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)


def _kind(field: Any, where: str) -> Kind:
    kind = field.metadata.get(KIND) if field is not None else None
    if kind is None:
        raise NoSample(f"{where} is an ID. Declare it with id_of(kind, …) of schema/inputs/base.py.")
    return Kind(kind)


def ids_in(value: Any, path: Path = ()) -> Iterator[tuple[Path, Id]]:
    """Every place for an id, with the way to it."""
    if isinstance(value, Id):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from ids_in(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from ids_in(inner, (*path, place))


Choose = Callable[[Id], str]


def filled(value: Any, choose: Choose, other: Choose | None = None, at: Path = (), path: Path = ()) -> Any:
    """The sample with ids chosen for each place, and, `at` one of them, by `other`. In a list it comes after the right
    one, so that looking at the first alone is not enough. What may not be given together, or is the caller's to make
    up, is left out, but for the place itself."""
    if isinstance(value, Id):
        assert other is None or path != at or at
        return other(value) if other is not None and path == at else choose(value)
    if isinstance(value, dict):
        return {
            key: filled(inner, choose, other, at, (*path, key))
            for key, inner in value.items()
            if (*path, key) == at or not _skipped(key, inner, value, (*path, key), at)
        }
    if isinstance(value, list):
        if other is not None and at[: len(path)] == path and at != ():
            return [filled(_first(item, at), choose) for item in value] + [
                filled(_second(item), choose, other, at, (*path, place)) for place, item in enumerate(value)
            ]
        return [filled(item, choose, other, at, (*path, place)) for place, item in enumerate(value)]
    return value


def _first(item: Any, at: Path) -> Any:
    # A file is named once in an input.
    named = {"fileIds"} & set(at)
    return {key: inner for key, inner in item.items() if key not in named} if isinstance(item, dict) else item


def _second(item: Any) -> Any:
    return {**item, "key": SECOND_KEY} if isinstance(item, dict) and "key" in item else item


def _skipped(key: str, inner: Any, siblings: Mapping[str, Any], path: Path, at: Path) -> bool:
    if isinstance(inner, Id) and inner.mine:
        return True
    if {"templateId", *BESIDE_TEMPLATE} <= siblings.keys() and key in ("templateId", *BESIDE_TEMPLATE):
        return (key == "templateId") is not ((*path[:-1], "templateId") == at[: len(path)])
    # Files are an answer themselves where it is one of several things, and else beside the text.
    among = INSTEAD | ({"fileIds": "text"} if "fileNames" in siblings else {})
    rivals = {key, among.get(key), *(one for one, instead in among.items() if instead == key)} - {None}
    if len(rivals & siblings.keys()) < 2:
        return False
    wanted = next((rival for rival in rivals if (*path[:-1], rival) == at[: len(path)]), None)
    return key != wanted if wanted else key in among


def asked(name: str, field: GraphQLField) -> Iterator[tuple[dict[str, Any], bool]]:
    """The arguments with which a query or subscription is asked, with an `Id` wherever an id belongs; and whether there
    is one. One for each id that there can be, and one without any where that is allowed."""
    if not any(map(is_required_argument, field.args.values())):
        yield {}, False
    # Besides each of them those that are needed.
    needed = {
        argument: Id(_kinds_of(name, argument, field)[0], f"{name}.{argument}")
        for argument, definition in field.args.items()
        if argument.endswith("Id") and (is_required_argument(definition) or argument in ONE_OF.get(name, ())[:1])
    }
    for argument, definition in field.args.items():
        type_: Any = get_named_type(definition.type)
        if type_.name == "ID" and argument not in NO_THINGS:
            for kind in _kinds_of(name, argument, field):
                one = Id(kind, f"{name}.{argument}")
                rivals = ONE_OF.get(name, ()) if argument in ONE_OF.get(name, ()) else ()
                others = {other: id for other, id in needed.items() if other not in rivals}
                yield {**others, argument: [one] if "[" in str(definition.type) else one}, True
        elif isinstance(type_, GraphQLInputObjectType) and argument == "filter":
            for key, kind in kinds_in(type_).items():
                yield {argument: {key: {"in": [Id(kind, f"{name}.{key}")]}}}, True
        elif argument in SEARCHED:
            yield {argument: SEARCHED[argument]}, False
        elif type_.name == "Revision" and is_required_argument(definition):
            yield {argument: SCALARS["Revision"](argument, "")}, False
        elif type_.name == "DateTime" and is_required_argument(definition):
            yield {argument: (datetime.now(UTC) + timedelta(7)).isoformat()}, False
        elif is_required_argument(definition):
            raise NoSample(
                f"{name} needs {argument}: {type_.name}. Say in tests/api/samples.py, asked(), what to pass."
            )


def kinds_in(filter: GraphQLInputObjectType) -> dict[str, Kind]:
    """Of what the ids are that a filter takes, by the field that takes them."""
    declared = filter.extensions["strawberry-definition"].fields
    return {
        field.graphql_name or camel(field.python_name): Kind(field.metadata[KIND])
        for field in declared
        if KIND in field.metadata
    }


def _kinds_of(name: str, argument: str, field: GraphQLField) -> list[Kind]:
    returns: Any = get_named_type(field.type)
    if returns.name == "Node":
        return list(Kind)
    # `job(id:)` by what it returns, `jobChanges(jobs:)` by what it is called.
    words = {plural(kind): kind.value for kind in Kind} | {"id": snake(returns.name)}
    words |= {f"{kind}_id": kind.value for kind in Kind} | {"skip_automations": Kind.AUTOMATION.value}
    word = words.get(snake(argument))
    if word not in set(Kind):
        raise NoSample(f"What does {argument} of {name} name? Say so in tests/api/samples.py, _kinds_of().")
    return [Kind(word)]


def snake(name: str) -> str:
    """ClientStatus as client_status."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()
