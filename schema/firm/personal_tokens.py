"""Personal tokens, as clients make them, list them and revoke them."""

from __future__ import annotations

import strawberry

from models.bounds import TOKEN_DAYS, TOKENS
from models.filtering import Among, Filled
from models.firm import personal_tokens
from models.ids import Kind
from models.seen import named
from models.texts import LABEL
from models.token_secrets import PREFIX
from schema.declarations import listing, mutation
from schema.enums import Right
from schema.inputs.base import Expecting, Keyed, id_of, input_type, needed, optional, own_id
from schema.inputs.filters import IdFilter, asks, asks_ids, filter_type


@input_type
class CreatePersonalTokenInput(Keyed):
    """What a script or an integration may do."""

    id: strawberry.ID | None = own_id(Kind.PERSONAL_TOKEN)
    name: str = needed(f"What it is for: {LABEL.bounds}.")
    days: int = needed(f"For how many days it is good, {TOKEN_DAYS}.")
    rights: list[Right] | None = optional("None when left out. You can give those that you have.")
    read_only: bool | None = optional("True when left out: it changes nothing, whatever its rights are.")


@input_type
class PersonalTokenInput(Expecting):
    """Which personal token."""

    personal_token_id: strawberry.ID = id_of(Kind.PERSONAL_TOKEN, "The token.")


@filter_type
class PersonalTokenFilter:
    """Which personal tokens. All that is given must hold."""

    member: IdFilter | None = asks_ids(Kind.MEMBER, Among("member_id"), "Of one of these members.")
    revoked: bool | None = asks(Filled("revoked_at"), "Whether it was revoked.")


MUTATIONS = (
    mutation(
        personal_tokens.create_personal_token,
        CreatePersonalTokenInput,
        "Make a token for a script or an integration: it comes as you, with no more than the rights that you name. "
        f"You may have {TOKENS.most} that are good.",
        once={
            "secret": f"The token: `{PREFIX}…`. Send it as `Authorization: Bearer …`. It is shown this once; null when "
            "the call was sent again."
        },
    ),
    mutation(personal_tokens.revoke_personal_token, PersonalTokenInput),
)
LISTS = (
    listing(
        named(Kind.PERSONAL_TOKEN),
        PersonalTokenFilter,
        order="-created_at",
        description="Your personal tokens, and others' with the right MANAGE_TEAM; newest first.",
    ),
)
