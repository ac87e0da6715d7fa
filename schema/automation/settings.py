"""What automations do to jobs and accounts, as clients say it and are shown it. What they write is in
schema/automation/texts.py."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import strawberry

from models.automation.people_settings import AccessSettings, AssigneeSettings
from models.automation.status_settings import ClientStatusSettings, StatusSettings
from models.automation.tag_settings import TagSettings
from models.automation.task_settings import TaskSettings
from models.bounds import AUTOMATION_TASKS, LINKED
from models.ids import Kind
from models.templates.job_tasks import JobTask
from schema.automation.things import maybe_one, several
from schema.inputs.base import id_of, input_type, maybe_id_of, optional
from schema.templates.jobs import JobTaskTemplate, JobTaskTemplateInput
from schema.templates.templates import Template
from schema.types.account_roles import AccountRole
from schema.types.base import column, value
from schema.types.firm import ClientStatus, Member, Tag
from schema.types.pipelines import Status

_MOST = f"at most {LINKED.most}"


@strawberry.type(description="Which tasks an automation adds to a job: first those of templates, then others.")
class CreateTasksSettings:
    """Its objects are `models.automation.task_settings.TaskSettings`."""

    templates: list[Template] = several(Kind.TEMPLATE, "template_ids", "Templates that it makes a task of each")
    tasks: list[JobTaskTemplate] = value(lambda settings: settings.tasks, "Tasks that are said here.", size=2)


@input_type
class CreateTasksSettingsInput:
    """Which tasks an automation adds to a job; one at least."""

    template_ids: list[strawberry.ID] | None = maybe_id_of(
        Kind.TEMPLATE, "Templates of the kind TASK, of each of which a task is made."
    )
    tasks: list[JobTaskTemplateInput] | None = optional(
        f"Tasks that are said here, after those; {AUTOMATION_TASKS} with them."
    )

    @staticmethod
    def build(template_ids: Sequence[UUID] = (), tasks: Sequence[JobTask] = ()) -> TaskSettings:
        """The settings that the command takes."""
        return TaskSettings(tuple(template_ids), tuple(tasks))


@strawberry.type(description="Which tags an automation puts on a job's account, and which it takes off.")
class UpdateTagsSettings:
    """Its objects are `models.automation.tag_settings.TagSettings`."""

    add_tags: list[Tag] = several(Kind.TAG, "add_tag_ids", "What it puts on")
    remove_tags: list[Tag] = several(Kind.TAG, "remove_tag_ids", "What it takes off")


@input_type
class UpdateTagsSettingsInput:
    """Which tags an automation puts on a job's account, and which it takes off; one of them at least."""

    add_tag_ids: list[strawberry.ID] | None = maybe_id_of(Kind.TAG, f"What it puts on; {_MOST}.")
    remove_tag_ids: list[strawberry.ID] | None = maybe_id_of(Kind.TAG, f"What it takes off; {_MOST}.")

    @staticmethod
    def build(add_tag_ids: Sequence[UUID] = (), remove_tag_ids: Sequence[UUID] = ()) -> TagSettings:
        """The settings that the command takes."""
        return TagSettings(tuple(add_tag_ids), tuple(remove_tag_ids))


@strawberry.type(description="Whom an automation adds, and whom it removes.")
class UpdatePeopleSettings:
    """Its objects are `models.automation.people_settings.PeopleSettings`."""

    add_members: list[Member] = several(Kind.MEMBER, "add_member_ids", "Members whom it adds, if they are active")
    add_roles: list[AccountRole] = several(
        Kind.ACCOUNT_ROLE, "add_role_ids", "Roles; it adds whoever holds one at the account"
    )
    remove_members: list[Member] = several(Kind.MEMBER, "remove_member_ids", "Members whom it removes")
    remove_roles: list[AccountRole] = several(
        Kind.ACCOUNT_ROLE, "remove_role_ids", "Roles; it removes whoever holds one at the account"
    )


@strawberry.input
class PeopleSettingsInput:
    """Whom an automation adds, and whom it removes; somebody at least."""

    add_member_ids: list[strawberry.ID] | None = maybe_id_of(Kind.MEMBER, f"Members whom it adds; {_MOST}.")
    add_role_ids: list[strawberry.ID] | None = maybe_id_of(
        Kind.ACCOUNT_ROLE, f"It adds whoever holds one of these roles at the account; {_MOST}."
    )
    remove_member_ids: list[strawberry.ID] | None = maybe_id_of(Kind.MEMBER, f"Members whom it removes; {_MOST}.")
    remove_role_ids: list[strawberry.ID] | None = maybe_id_of(
        Kind.ACCOUNT_ROLE, f"It removes whoever holds one of these roles at the account; {_MOST}."
    )


@input_type
class UpdateAssigneesSettingsInput(PeopleSettingsInput):
    """Whom an automation assigns to a job, and whom it takes off; somebody at least."""

    @staticmethod
    def build(
        add_member_ids: Sequence[UUID] = (),
        add_role_ids: Sequence[UUID] = (),
        remove_member_ids: Sequence[UUID] = (),
        remove_role_ids: Sequence[UUID] = (),
    ) -> AssigneeSettings:
        """The settings that the command takes."""
        lists = (add_member_ids, add_role_ids, remove_member_ids, remove_role_ids)
        return AssigneeSettings(*map(tuple, lists))


@input_type
class UpdateAccountAccessSettingsInput(PeopleSettingsInput):
    """Whom an automation puts on the team of a job's account, and whom it takes off; somebody at least."""

    @staticmethod
    def build(
        add_member_ids: Sequence[UUID] = (),
        add_role_ids: Sequence[UUID] = (),
        remove_member_ids: Sequence[UUID] = (),
        remove_role_ids: Sequence[UUID] = (),
    ) -> AccessSettings:
        """The settings that the command takes."""
        lists = (add_member_ids, add_role_ids, remove_member_ids, remove_role_ids)
        return AccessSettings(*map(tuple, lists))


@strawberry.type(description="What an automation lets the client be told about a job.")
class UpdateClientStatusSettings:
    """Its objects are `models.automation.status_settings.ClientStatusSettings`."""

    client_status: ClientStatus | None = maybe_one(
        Kind.CLIENT_STATUS, "client_status_id", "What the client is told; null for what they are told already."
    )
    visible: bool | None = column("Whether the client is told at all; null for as it is.")


@input_type
class UpdateClientStatusSettingsInput:
    """What an automation lets the client be told about a job; one of these at least."""

    client_status_id: strawberry.ID | None = maybe_id_of(
        Kind.CLIENT_STATUS, "What the client is told; as it is when left out."
    )
    visible: bool | None = optional("Whether the client is told at all; as it is when left out.")

    build = ClientStatusSettings


@strawberry.type(description="Under which status an automation puts a job.")
class SetStatusSettings:
    """Its objects are `models.automation.status_settings.StatusSettings`."""

    status: Status | None = maybe_one(Kind.STATUS, "status_id", "The status that the job gets.")


@input_type
class SetStatusSettingsInput:
    """Under which status an automation puts a job."""

    status_id: strawberry.ID = id_of(Kind.STATUS, "A status of the automation's pipeline.")

    build = StatusSettings
