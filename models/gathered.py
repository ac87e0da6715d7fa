"""What is wrong with an input, gathered: whoever fills in a form is told of every field at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, ParamSpec, TypeVar, cast

from models.errors import Forbidden, Invalid, Refusal

P = ParamSpec("P")
T = TypeVar("T")

#: Makes of a value what is kept, or refuses it and names the field.
Rule = Callable[[Any, str], Any]
#: By the names of the fields.
Rules = Mapping[str, Rule]


class Gathered:
    """Checks of one input, to be made within a block. What they refuse is raised at its end, all of it together:

    with Gathered() as check:
        name = check(NAME.check, name, "name")
        check(checks.dates, start_date, due_date)

    Nothing may be done in the block with what was refused. What depends on the database comes after it.
    """

    def __init__(self) -> None:
        self._refused: list[Refusal] = []

    def __enter__(self) -> "Gathered":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None and self._refused:
            raise together(self._refused)

    def __call__(self, rule: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the rule makes of a value. Of a refused one nothing: it is never used."""
        try:
            return rule(*args, **kwargs)
        except Forbidden:
            raise  # Who lacks a right learns that, and no more.
        except Refusal as refusal:
            self._refused.append(refusal)
            return cast(T, None)

    def each(self, values: Mapping[str, Any], rules: Rules) -> dict[str, Any]:
        """What the rules make of an input's fields, by the fields' names. Fields without a rule, and None, stay as they
        are; what was refused is left out."""
        kept: dict[str, Any] = {}
        for name, value in values.items():
            before = len(self._refused)
            checked = value if value is None or name not in rules else self(rules[name], value, name)
            if len(self._refused) == before:
                kept[name] = checked
        return kept


def checked(values: Mapping[str, Any], rules: Rules) -> dict[str, Any]:
    """What the rules make of an input's fields, or one refusal of all that they refuse."""
    with Gathered() as check:
        return check.each(values, rules)


def together(refused: Sequence[Refusal]) -> Refusal:
    """The first of these refusals, with the others beside it."""
    first, *others = [each for refusal in refused for each in refusal.all]
    # What was beside one of them is beside the first, and told once.
    for other in others:
        other.beside = ()
    first.beside = tuple(others)
    return first


@contextmanager
def unread_beside(unread: Sequence[Refusal]) -> Iterator[None]:
    """A block of which the refusals have beside them what could not be read."""
    try:
        yield
    except Refusal as refusal:
        raise with_unread(unread, refusal) from None


def with_unread(unread: Sequence[Refusal], refusal: Refusal) -> Refusal:
    """What was refused of an input of which something could not be read, and had a stand-in: that, and whatever else
    can never be right. What was found in the database for a stand-in says nothing."""
    if not unread or isinstance(refusal, Forbidden):
        return refusal
    paths = {other.path for other in unread}
    also = [other for other in refusal.all if isinstance(other, Invalid) and other.path not in paths]
    for other in also:
        other.beside = ()
    return together([*unread, *also])
