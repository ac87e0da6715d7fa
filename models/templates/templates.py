"""Templates: what is made again and again, under a name, with shortcodes in its texts. What is in one of each kind is
in models/templates/contents.py.

See docs/decisions/0075-templates.md."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Unpack
from uuid import UUID

import orjson
from tortoise import fields

from models.command import Change, command
from models.command_steps import made_before, refuse_same_name
from models.database import fetch
from models.errors import Refusal, RuleBroken
from models.events import Changes, OfFirm, PipelineUpdated, changes_of
from models.gathered import Gathered, Rules
from models.ids import Kind, TemplateId, new_id
from models.pointed import tell_pointing
from models.policies import Policy
from models.reasons import Reason
from models.rights import Right
from models.rows import Pipeline, Row, register
from models.rows.base import Link, belongs_to
from models.rows.keys import name_order, same
from models.stamps import created_by
from models.storing import store_all
from models.templates.content import (
    Content,
    TemplateKind,
    checked,
    content_class,
    content_classes,
    literally,
    read,
    told_of,
)
from models.templates.contents import SOURCES, Contents, Things, expect_one
from models.texts import NAME


class Template(Row):
    """Something that is made again and again, under a name. What is in it stands beside it."""

    kind = Kind.TEMPLATE
    policy = Policy(whole_team=True)
    withheld = {kind.field: cls.needs for kind, cls in content_classes().items() if cls.needs is not None}

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    created_by_id: UUID | None = created_by()
    template_kind = fields.CharEnumField(TemplateKind, description="What is made of it.", max_length=20)
    name = fields.CharField(max_length=NAME.most)
    name_key: str = same("name")
    name_order: str = name_order()

    class Meta:
        table = "template"
        unique_together = (("firm", "template_kind", "name_key"),)
        indexes = (("firm_id", "name_order", "id"),)

    def expect_makes(self, kind: Kind, *path: str | int) -> None:
        """`RuleBroken` unless things of this kind are made of it."""
        expect_kind(self, TemplateKind[kind.name], *path)


class TemplateContent(Link):
    """What is in a template. Lists read many templates, and of hardly any what is in it."""

    template: Any = belongs_to("Template", on_delete=fields.CASCADE)
    template_id: UUID
    format: int = fields.IntField()
    content: dict[str, Any] = fields.JSONField()

    class Meta:
        table = "template_content"
        unique_together = (("template",),)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateEvent(OfFirm):
    """Something happened to a template. None says what is in it."""

    subject = "template"

    template: TemplateId


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateCreated(TemplateEvent):
    """A template was saved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateUpdated(TemplateEvent):
    """A template got another name, or other content."""

    says = {"content_changed": "Whether what is in it changed."}

    changes: Changes
    content_changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateDeleted(TemplateEvent):
    """A template was deleted. What was made of it stays."""

    ends = True

    name: str


register(Template)


class TemplateFields(Contents, total=False):
    """What `update_template` may change; what is left out stays."""

    name: str


_RULES: Rules = {"name": NAME.check}


@command("createTemplate", Right.MANAGE_TEMPLATES)
async def create_template(
    change: Change, *, name: str, id: UUID | None = None, **contents: Unpack[Contents]
) -> Template:
    """Save a template: a name, and one content, which says of what kind it is. What needs a right in such a thing needs
    it here too."""
    if earlier := await made_before(change, Template, id, TemplateCreated):
        return earlier
    with Gathered() as check:
        called = check(NAME.check, name, "name")
        check(expect_one, contents, TemplateKind.TASK.field)
        # Of each: who gave two of them is told what is wrong with either.
        given = [check(_new_content, change, content, field) for field, content in contents.items()]
    (content,) = given
    await content.expect_there(change, None, content.kind.field)
    return await _save(change, called, content, id)


def _new_content(change: Change, content: Any, field: str) -> Content:
    _expect_right(change, content, field)
    return _checked(content.over(change, None, field), field)


def _checked(content: Content, field: str) -> Content:
    try:
        return checked(content)
    except Refusal as refusal:
        raise refusal.within(field) from None


def _expect_right(change: Change, content: Content | type[Content], field: str) -> None:
    if content.needs is not None:
        change.require(content.needs, f"What is in a template of kind {content.kind}", field)


@command("saveAsTemplate", Right.MANAGE_TEMPLATES)
async def save_as_template(change: Change, *, name: str, id: UUID | None = None, **things: Unpack[Things]) -> Template:
    """Save what is general about an existing thing as a template: what it asks or says, without answers, states and
    people. Its texts are taken as they are. It needs the right that the thing's content needs."""
    if earlier := await made_before(change, Template, id, TemplateCreated):
        return earlier
    with Gathered() as check:
        called = check(NAME.check, name, "name")
        check(expect_one, things, "from_task_id")
    ((field, thing),) = dict[str, Any](things).items()
    cls = SOURCES[field]
    _expect_right(change, cls, field)
    found = await cls.made_of(change, thing, field)
    try:
        # Quoted once it is checked: what quotes its texts is no part of them, and makes none too long.
        content = literally(found.checked())
    except Refusal as refusal:
        # What is wrong with it stands in the thing, and not in what was sent.
        for each in refusal.all:
            told_of(each, "In a template of it", field)
        raise
    return await _save(change, called, content, id)


async def _save(change: Change, name: str, content: Content, id: UUID | None) -> Template:
    template = Template(id=id or new_id(), firm_id=change.actor.firm_id, template_kind=content.kind, name=name)
    await _expect_new_name(change, template)
    await template.save(force_create=True)
    kept = TemplateContent(template_id=template.id, format=content.format, content=content.stored())
    await kept.save(force_create=True)
    change.record(TemplateCreated(template=template.id))
    return template


async def _expect_new_name(change: Change, template: Template) -> None:
    spoken = f"template of kind {template.template_kind}"
    await refuse_same_name(change, template, spoken, template_kind=template.template_kind)


@command("updateTemplate", Right.MANAGE_TEMPLATES)
async def update_template(
    change: Change, *, template_id: UUID, expected_version: int | None = None, **fields: Unpack[TemplateFields]
) -> Template:
    """Change a template's name, or what is in it, which stays of its kind. What was made of it stays as it is."""
    given: dict[str, Any] = {**fields}
    template = await _lock(change, template_id, expected_version)
    kept = await TemplateContent.get(template_id=template.id)
    present = read(content_class(template.template_kind), kept.content, kept.format)
    named = {name: given.pop(name) for name in ("name",) if name in given}
    with Gathered() as check:
        changed = template.change_to(check.each(template.differing(named), _RULES))
        if given:
            check(expect_one, given, template.template_kind.field)
        wanted = [check(_other_content, change, template, each, present, field) for field, each in given.items()]
    (content,) = wanted or [present]
    if changed:
        await _expect_new_name(change, template)
    if content != present:
        await content.expect_there(change, present, content.kind.field)
        kept.content, kept.format = content.stored(), content.format
        await kept.save(update_fields=["content", "format"])
    if changed or content != present:
        await template.store(*changed)
        told = changes_of(changed)
        change.record(TemplateUpdated(template=template.id, changes=told, content_changed=content != present))
    return template


def _other_content(change: Change, template: Template, content: Content, present: Content, field: str) -> Content:
    expect_kind(template, content.kind, field)
    _expect_right(change, content, field)
    content = content.over(change, present, field)
    # What is there may have been allowed once, and is not checked.
    return present if content == present else _checked(content, field)


def expect_kind(template: Template, kind: TemplateKind, *path: str | int) -> None:
    """`RuleBroken` where a template is not of this kind."""
    if template.template_kind is not kind:
        told = f"This template is of kind {template.template_kind}, and not {kind}. Choose one of that kind."
        raise RuleBroken(
            told, *path, reason=Reason.WRONG_KIND, expected=kind.value, actual=template.template_kind.value
        )


async def _lock(change: Change, id: UUID, expected_version: int | None) -> Template:
    template = await change.scope.rows(Template).lock(id, "template_id")
    template.expect(expected_version)
    return template


@command("deleteTemplate", Right.MANAGE_TEMPLATES)
async def delete_template(change: Change, *, template_id: UUID, expected_version: int | None = None) -> Template:
    """Delete a template. The answer has it as it was, but for what was in it. What was made of it stays.
    Pipelines of which it is the default template have none any more."""
    template = await _lock(change, template_id, expected_version)
    await tell_pointing(change, template.id)
    await _leave_pipelines(change, template)
    await template.delete()
    change.record(TemplateDeleted(template=template.id, name=template.name))
    return template


async def _leave_pipelines(change: Change, template: Template) -> None:
    of_it: list[Pipeline] = (
        await Pipeline.filter(default_template_id=template.id).order_by("id").select_for_update(no_key=True)
    )
    changed = {pipeline.id: pipeline.change_to({"default_template_id": None}) for pipeline in of_it}
    await store_all(of_it, "default_template_id")
    for id, told in changed.items():
        change.record(PipelineUpdated(pipeline=id, changes=changes_of(told)))


_CONTENTS = """
SELECT template_id, template_kind, format, content FROM template_content JOIN template ON template.id = template_id
WHERE template_id = ANY($1)
"""


async def contents_of(templates: Sequence[UUID]) -> dict[UUID, list[Content]]:
    """What is in each of these templates, in one statement: a list of one."""
    return {
        id: [read(content_class(TemplateKind(kind)), orjson.loads(content), format)]
        for id, kind, format, content in await fetch(_CONTENTS, templates)
    }
