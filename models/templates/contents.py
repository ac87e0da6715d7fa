"""The contents of templates, one for each kind: as the commands take them, by the names of their fields."""

from typing import Any, TypedDict
from uuid import UUID

from models.errors import Invalid
from models.reasons import Reason
from models.templates.content import Content, TemplateKind, content_classes
from models.templates.organizer_content import OrganizerTemplateContent
from models.templates.request_content import ClientRequestContent
from models.templates.task_content import TaskContent


class Contents(TypedDict, total=False):
    """What is in a template: one of these."""

    task: TaskContent
    client_request: ClientRequestContent
    organizer: OrganizerTemplateContent


class Things(TypedDict, total=False):
    """What a template is made of: one of these."""

    from_task_id: UUID
    from_client_request_id: UUID
    from_organizer_id: UUID


#: By the field that names what a template is made of.
SOURCES: dict[str, type[Content]] = {
    f"from_{cls.source}_id": cls for cls in content_classes().values() if cls.source is not None
}
if Contents.__annotations__.keys() != {kind.field for kind in TemplateKind}:
    raise TypeError("Each kind of template has its field in Contents.")
if Things.__annotations__.keys() != SOURCES.keys():
    raise TypeError("Each kind of thing that a template is made of has its field in Things.")


def only_one(given: dict[str, Any], first: str) -> tuple[str, Any]:
    """The one field that was given, and what it holds; `Invalid` where there is another one besides, or none: that
    names the field `first`."""
    if not given:
        told = "Say what is in the template: give one of these."
        raise Invalid(told, first, reason=Reason.MISSING, field=first)
    (name, value), *others = given.items()
    for other, _ in others:
        told = "A template has one content. Give one of these."
        raise Invalid(told, other, reason=Reason.ONLY_ONE, field=name)
    return name, value
