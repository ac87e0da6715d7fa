"""What automations do that say how it is with a job: to the team, or to the client."""

from dataclasses import dataclass, field
from uuid import UUID

from models.automation.settings import Settings, points_to, settings
from models.commands.jobs import set_job_client_status
from models.commands.moves import set_job_status
from models.errors import Invalid
from models.ids import Kind
from models.reasons import Reason
from models.rows import AutomationType


@settings
@dataclass(frozen=True, slots=True)
class StatusSettings(Settings):
    """The status of its pipeline that the job gets."""

    type = AutomationType.SET_STATUS
    does = (set_job_status,)

    status_id: UUID = field(metadata=points_to(Kind.STATUS))


@settings
@dataclass(frozen=True, slots=True)
class ClientStatusSettings(Settings):
    """What the client is told about the job, and whether; None leaves it as it is."""

    type = AutomationType.UPDATE_CLIENT_STATUS
    does = (set_job_client_status,)

    client_status_id: UUID | None = field(default=None, metadata=points_to(Kind.CLIENT_STATUS))
    visible: bool | None = None

    def expect_sense(self) -> None:
        if self.client_status_id is None and self.visible is None:
            told = "Say what the client is told, or whether they are."
            raise Invalid(told, reason=Reason.MISSING, field="client_status_id")
