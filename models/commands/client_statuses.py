"""The firm's templates of what clients are told about a job. Jobs hold copies: no change here reaches them."""

from typing import TypedDict, Unpack
from uuid import UUID

from models import checks
from models.command import Change, command
from models.command_steps import made_before
from models.events import ClientStatusCreated, ClientStatusDeleted, ClientStatusUpdated, changes_of
from models.gathered import Rules, checked
from models.ids import new_id
from models.pointed import tell_pointing
from models.rights import Role
from models.rows import ClientStatus
from models.texts import CLIENT_TEXT, LABEL


class ClientStatusTemplateFields(TypedDict, total=False):
    """What `update_client_status` may change; what is left out stays."""

    name: str
    color: str
    description: str


_RULES: Rules = {"name": LABEL.check, "color": checks.color, "description": CLIENT_TEXT.check}


@command("createClientStatus", Role.ADMIN)
async def create_client_status(
    change: Change, *, name: str, color: str, description: str = "", id: UUID | None = None
) -> ClientStatus:
    """Add a template of a client-facing status."""
    if earlier := await made_before(change, ClientStatus, id, ClientStatusCreated):
        return earlier
    client_status = ClientStatus(
        id=id or new_id(),
        firm_id=change.actor.firm_id,
        **checked({"name": name, "color": color, "description": description}, _RULES),
    )
    await client_status.save(force_create=True)
    change.record(ClientStatusCreated(client_status=client_status.id))
    return client_status


@command("updateClientStatus", Role.ADMIN)
async def update_client_status(
    change: Change,
    *,
    client_status_id: UUID,
    expected_version: int | None = None,
    **fields: Unpack[ClientStatusTemplateFields],
) -> ClientStatus:
    """Change a template. The copies that jobs hold stay."""
    client_status = await change.scope.rows(ClientStatus).lock(client_status_id, "client_status_id")
    client_status.expect(expected_version)
    if changed := client_status.change_to(checked(client_status.differing(fields), _RULES)):
        await client_status.store(*changed)
        change.record(ClientStatusUpdated(client_status=client_status.id, changes=changes_of(changed)))
    return client_status


@command("deleteClientStatus", Role.ADMIN)
async def delete_client_status(
    change: Change, *, client_status_id: UUID, expected_version: int | None = None
) -> ClientStatus:
    """Remove a template. The copies that jobs hold stay."""
    client_status = await change.scope.rows(ClientStatus).lock(client_status_id, "client_status_id")
    client_status.expect(expected_version)
    await tell_pointing(change, client_status.id)
    await client_status.delete()
    change.record(ClientStatusDeleted(client_status=client_status.id, name=client_status.name))
    return client_status
