"""The firm's templates of what clients are told about a job. Jobs hold copies: no change here reaches them."""

from collections.abc import Mapping
from typing import Any, TypedDict, Unpack
from uuid import UUID

from models import checks
from models.command import Change, command
from models.command_steps import made_before
from models.events import ClientStatusCreated, ClientStatusDeleted, ClientStatusUpdated, changes_of
from models.ids import new_id
from models.rights import Role
from models.rows import ClientStatus
from models.texts import CLIENT_TEXT, LABEL


class ClientStatusTemplateFields(TypedDict, total=False):
    """What `update_client_status` may change; what is left out stays."""

    name: str
    color: str
    description: str


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
        name=LABEL.check(name),
        color=checks.color(color),
        description=CLIENT_TEXT.check(description),
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
    if changed := client_status.change_to(_checked(client_status.differing(fields))):
        await client_status.store(*changed)
        change.record(ClientStatusUpdated(client_status=client_status.id, changes=changes_of(changed)))
    return client_status


def _checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    checked: dict[str, Any] = {}
    if "name" in fields:
        checked["name"] = LABEL.check(fields["name"])
    if "color" in fields:
        checked["color"] = checks.color(fields["color"])
    if "description" in fields:
        checked["description"] = CLIENT_TEXT.check(fields["description"])
    return checked


@command("deleteClientStatus", Role.ADMIN)
async def delete_client_status(
    change: Change, *, client_status_id: UUID, expected_version: int | None = None
) -> ClientStatus:
    """Remove a template. The copies that jobs hold stay."""
    client_status = await change.scope.rows(ClientStatus).lock(client_status_id, "client_status_id")
    client_status.expect(expected_version)
    await client_status.delete()
    change.record(ClientStatusDeleted(client_status=client_status.id, name=client_status.name))
    return client_status
