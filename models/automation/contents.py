"""The settings of automations, one for each type: as the commands take them, by the names of their fields."""

from collections.abc import Collection, Sequence
from typing import NamedTuple, TypedDict
from uuid import UUID

import orjson

from models.automation.asking_settings import OrganizerSettings, RequestSettings
from models.automation.conditions import Condition
from models.automation.people_settings import AccessSettings, AssigneeSettings
from models.automation.settings import Pointer, Settings, settings_class, settings_classes
from models.automation.status_settings import ClientStatusSettings, StatusSettings
from models.automation.tag_settings import TagSettings
from models.automation.task_settings import TaskSettings
from models.automation.template_settings import FolderSettings, InvoiceSettings, ProposalSettings
from models.automation.text_settings import EmailSettings, MessageSettings, WikiPageSettings
from models.database import fetch
from models.errors import Invalid
from models.gathered import together
from models.reasons import Reason
from models.rows import AutomationType
from models.templates.content import read


class SettingsGiven(TypedDict, total=False):
    """What an automation does: one of these."""

    create_tasks: TaskSettings
    send_organizer: OrganizerSettings
    send_client_request: RequestSettings
    send_proposal: ProposalSettings
    send_invoice: InvoiceSettings
    send_email: EmailSettings
    send_message: MessageSettings
    apply_folder_template: FolderSettings
    update_assignees: AssigneeSettings
    update_account_access: AccessSettings
    update_tags: TagSettings
    update_client_status: ClientStatusSettings
    set_status: StatusSettings
    add_wiki_page: WikiPageSettings


if SettingsGiven.__annotations__.keys() != {type.field for type in settings_classes()}:
    raise TypeError("Each type of automation has its field in SettingsGiven.")


def expect_one(given: Collection[str]) -> None:
    """`Invalid` unless just one of these fields was given."""
    first = AutomationType.CREATE_TASKS.field
    if not given:
        told = "Say what the automation does: give one of its settings."
        raise Invalid(told, first, reason=Reason.MISSING, field=first)
    name, *others = given
    if others:
        told = "An automation does one thing. Give one of these."
        raise together([Invalid(told, other, reason=Reason.ONLY_ONE, field=name) for other in others])


class Does(NamedTuple):
    """What an automation does, and under which conditions; None for always."""

    settings: Settings
    conditions: Condition | None

    @property
    def pointers(self) -> list[Pointer]:
        """To what it points, with the ways from its input on."""
        of_settings = [(self.settings.type.field, pointer) for pointer in self.settings.pointers()]
        of_conditions = [("conditions", pointer) for pointer in self.conditions.pointers()] if self.conditions else []
        return [pointer._replace(path=(field, *pointer.path)) for field, pointer in (*of_settings, *of_conditions)]


_SETTINGS = """
SELECT automation_id, type, format, settings, conditions FROM automation_settings
JOIN automation ON automation.id = automation_id WHERE automation_id = ANY($1)
"""


async def done_by(automations: Sequence[UUID]) -> dict[UUID, list[Does]]:
    """What each of these automations does, in one statement: a list of one."""
    return {
        id: [
            Does(
                read(settings_class(AutomationType(type)), orjson.loads(settings), format),
                None if conditions is None else Condition.of(orjson.loads(conditions)),
            )
        ]
        for id, type, format, settings, conditions in await fetch(_SETTINGS, automations)
    }
