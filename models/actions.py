"""Commands as they are declared: which action each of them is, who may do that, and what it makes."""

import functools
import inspect
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Concatenate, Generic, NamedTuple, ParamSpec, TypeVar, get_args, get_origin, get_type_hints

from models.actor import Actor
from models.audiences import Audience
from models.bulk import Bulk
from models.rights import Requirement, Right, Role
from models.rows import Row

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody does, and what they must hold for it. What is not a matter of role or right (which rows they see,
    whose entry it is, who may make an admin) is a rule of the command itself."""

    #: As its mutation is called.
    name: str
    needs: Requirement
    #: Whether it has no mutation: the program itself does it, never a client.
    internal: bool = False
    #: Whether only who has signed in does it, and never who comes with a personal token.
    in_person: bool = False

    def check(self, audience: Audience, role: Role, rights: frozenset[Right]) -> None:
        """`Forbidden`, naming what is needed, unless somebody of this audience, with this role and these effective
        rights, may do it."""
        self.needs.check(audience, role, rights, self.spoken)

    @property
    def spoken(self) -> str:
        """Its name in words."""
        return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in self.name).capitalize()


class Made(NamedTuple):
    """The rows that a command returns: of one class, one of them or many."""

    model: type[Row]
    many: bool


class Command(Generic[P, R]):
    """A function of an actor and of values that makes a change, or refuses. The first paragraph of its docstring is
    what clients read, the rest is for those who call it here."""

    def __init__(
        self, action: Action, body: Callable[..., Any], run: Callable[Concatenate[Actor, P], Coroutine[Any, Any, R]]
    ) -> None:
        self.action = action
        self._body = body
        self._run = run
        functools.update_wrapper(self, body)

    def __call__(self, actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, R]:
        """Make the change as this actor."""
        return self._run(actor, *args, **kwargs)

    async def within(self, change: Any, /, *args: P.args, **kwargs: P.kwargs) -> Any:
        """Make the change as a part of one that is being made, by a command that needs the same. Returns what stands in
        the outcome otherwise."""
        return await self._body(change, *args, **kwargs)

    @property
    def summary(self) -> str:
        """What it does, as clients read it."""
        return " ".join((self.__doc__ or "").partition("\n\n")[0].split())

    @property
    def makes(self) -> Made:
        """What it returns."""
        return _made(get_type_hints(inspect.unwrap(self))["return"])


def stands_for(
    command: Command[..., R],
) -> Callable[[Callable[Concatenate[Actor, P], Coroutine[Any, Any, R]]], Command[P, R]]:
    """Make a function the action that a command is: it prepares, outside of a transaction, what the command needs."""

    def wrap(body: Callable[Concatenate[Actor, P], Coroutine[Any, Any, R]]) -> Command[P, R]:
        return Command(command.action, body, body)

    return wrap


def _made(hint: Any) -> Made:
    of = get_origin(hint)
    if of is None:
        return Made(hint, many=False)
    inner = _made(get_args(hint)[0])
    return Made(inner.model, inner.many or of is Bulk)
