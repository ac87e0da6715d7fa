"""The examples of docs/automation-types.md, as they are printed: one of each type, which is saved as it says."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from models.commands.client_statuses import create_client_status
from models.commands.statuses import create_status
from models.commands.tags import create_tag
from models.firm.account_roles import create_account_role
from models.ids import Kind, encode
from models.rows import AutomationType, Category
from tests.docs.pages import Block, blocks, page
from tests.kinds import templates
from tests.serving import Api
from tests.specimens import Spot
from tests.world import World

PAGE = "docs/automation-types.md"


async def _things(world: World) -> dict[str, str]:
    """What an example may point to, by the names of its variables."""
    owner, spot = world.acting(world.owner), Spot(world.account.id)
    place: dict[str, Any] = {"pipeline_id": world.pipeline.id, "color": "#123abc"}
    custom = (await create_status(owner, name="Missing docs", **place)).value.id
    told = (await create_client_status(owner, name="In hand", color="#123abc")).value.id
    things: dict[str, tuple[Kind, UUID]] = {
        "stage": (Kind.STAGE, (await world.stages())[1].id),
        "pipeline": (Kind.PIPELINE, world.pipeline.id),
        "status": (Kind.STATUS, custom),
        "customStatus": (Kind.STATUS, custom),
        "anyStatus": (Kind.STATUS, (await world.status(Category.COMPLETED)).id),
        "role": (Kind.ACCOUNT_ROLE, (await create_account_role(owner, name="Preparer")).value.id),
        "former": (Kind.MEMBER, world.employee.id),
        "tag": (Kind.TAG, (await create_tag(owner, name="VAT", color="#123abc")).value.id),
        "clientStatus": (Kind.CLIENT_STATUS, told),
    }
    made = {
        "taskTemplate": templates.make,
        "requestTemplate": templates.make_request,
        "organizerTemplate": templates.make_organizer,
        "invoiceTemplate": templates.make_invoice,
        "proposalTemplate": templates.make_proposal,
        "folderTemplate": templates.make_folders,
    }
    things |= {name: (Kind.TEMPLATE, await make(owner, "Usual", spot)) for name, make in made.items()}
    return {name: encode(kind, id) for name, (kind, id) in things.items()}


def _examples() -> dict[str, Block]:
    """By the heading that each stands under."""
    text = page(PAGE).splitlines()
    found = {}
    for block in blocks("graphql"):
        if block.page == PAGE:
            above = [line for line in text[: block.line] if line.startswith("## ")]
            found[above[-1].removeprefix("## ")] = block
    return found


async def test_each_type_is_saved_as_its_example_says(world: World, api: Api) -> None:
    examples, things = _examples(), await _things(world)
    assert list(examples) == [type.value for type in AutomationType]
    for type, block in examples.items():
        wanted = re.findall(r"\$(\w+): ID!", block.text)
        answer = await api.ask(world.owner, block.text, **{name: things[name] for name in wanted})
        saved = answer["createAutomation"]
        assert saved["errors"] == [], block.where
        # What the example asks for of its settings is there.
        settings = saved["automation"].pop(next(name for name in saved["automation"] if name != "type"))
        assert (saved["automation"], bool(settings)) == ({"type": type}, True), block.where
