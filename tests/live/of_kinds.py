"""What a client reads of the kinds that tests/kinds has: all that hangs on nothing but the thing itself, made from the
schema. The replica has it besides what it reads of older kinds."""

from graphql import GraphQLInterfaceType, GraphQLObjectType, get_named_type, is_leaf_type

from models.events import Event, bases, field_types, kind_of_thing
from models.ids import Kind, plural
from resolvers.root import graphql_schema
from schema.kinds import type_of
from schema.permissions import FIELDS
from tests.api.samples import camel
from tests.specimens import specimens

KINDS = [known.kind for known in specimens()]
TYPES = {type_of(kind).__name__ for kind in KINDS}


#: What every thing with a version says: once in a document, for with all kinds there is hardly room.
VERSIONED = "fragment V on Versioned { id version createdAt createdBy { id } updatedAt updatedBy { id } }"
_VERSIONED = {"id", "version", "createdAt", "createdBy", "updatedAt", "updatedBy"}


def _read(kind: Kind) -> str:
    """The values of a thing, and the ids of others that it leads to."""
    type_ = graphql_schema().type_map[type_of(kind).__name__]
    assert isinstance(type_, GraphQLObjectType)
    told = _VERSIONED if "Versioned" in {interface.name for interface in type_.interfaces} else set()
    parts = ["...V"] if told else []
    for name, field in type_.fields.items():
        named = get_named_type(field.type)
        if field.args or (type_.name, name) in FIELDS or name in told:
            continue
        if is_leaf_type(named):
            parts.append(name)
        elif named.name == type_of(Kind.FILE).__name__:
            # It comes into sight with what has taken it, and no event of its own says so.
            parts.append(f"{name} {{ {_read(Kind.FILE)} }}")
        elif isinstance(named, GraphQLObjectType) and "id" in named.fields:
            parts.append(f"{name} {{ id }}")
        elif isinstance(named, GraphQLObjectType) and name == "versions" and "files" in named.fields:
            # They keep files that the thing itself has no longer.
            parts.append(f"{name} {{ files {{ id }} }}")
    return f"... on {type_.name} {{ __typename {' '.join(parts)} }}"


#: So many lists are well below the limits of a request.
AT_ONCE = 10
_LISTS = [f"{camel(plural(kind))}(first: 20) {{ nodes {{ {_read(kind)} }} }}" for kind in KINDS]
#: What asks for all of them, in as few requests as may.
QUERIES = [f"query {{ {' '.join(_LISTS[at : at + AT_ONCE])} }} {VERSIONED}" for at in range(0, len(_LISTS), AT_ONCE)]
_BASES = {base: camel(str(base.subject)) for base in bases() if kind_of_thing(base) in KINDS}


#: What links tell of beside themselves that comes into sight with them, and may leave it.
LINKED = sorted(
    {name for base in _BASES for name in base.beside if field_types(base)[name].kind in KINDS},
)


#: The job that an item is linked to.
JOB = "linkedJobId linkedJob { ...J }"


def _beside(base: type[Event]) -> str:
    """What the replica reads of a job that it is beside, and of what else a link is to. The jobs of items are read for
    all of their events at once."""
    type_ = graphql_schema().type_map[base.__name__]
    assert isinstance(type_, GraphQLInterfaceType)
    of_item = "ItemEvent" in {interface.name for interface in type_.interfaces}
    job = [JOB] if "job" in base.beside and not of_item else []
    kinds = {name: field_types(base)[name].kind for name in base.beside if name in LINKED}
    return " ".join(job + [f"{name}Id {name} {{ {_read(kind)} }}" for name, kind in kinds.items() if kind])


#: What is read of their events.
EVENTS = " ".join(
    [
        f"... on {base.__name__} {{ {name}Id {name} {{ {_read(kind_of_thing(base))} }} {_beside(base)} }}"
        for base, name in _BASES.items()
    ]
    + [
        f"... on ItemEvent {{ {JOB} }}",
        f"... on EventWithFiles {{ addedFiles {{ {_read(Kind.FILE)} }} removedFileIds }}",
    ]
)
#: The fields of events that show them.
SUBJECTS = tuple(_BASES.values())
