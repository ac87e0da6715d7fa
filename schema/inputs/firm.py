"""Inputs of the mutations on the firm, its team, its tags, its accounts, and of signing in."""

from __future__ import annotations

import strawberry

from models.ids import Kind
from schema.enums import AccountType, Right, Role
from schema.inputs.base import (
    Expecting,
    Keyed,
    change,
    id_of,
    maybe_id_of,
    maybe_password,
    needed,
    optional,
    own_id,
    password,
)


@strawberry.input(description="Who you are.")
class SignInInput:
    """sign_in"""

    email: str = strawberry.field(description="The address that you sign in with.")
    password: str = password("Your password.")
    refresh_token: str | None = optional(
        "The last refresh token that this device was given for this address, if it has one, be its session over or "
        "not: then only what was tried with it counts, whatever others have tried."
    )


@strawberry.input(description="What you were given when you signed in, or last refreshed.")
class RefreshSessionInput:
    """refresh"""

    refresh_token: str = strawberry.field(
        description="Good for one use. Sent again within 30 seconds it gets the same refresh token again; after that "
        "it ends the session."
    )


@strawberry.input(description="A new password.")
class ChangePasswordInput(Keyed):
    """change_password"""

    current_password: str = password("The present one.")
    new_password: str = password("8 to 1,000 characters.")


@strawberry.input(description="What to change about the firm. What is left out stays.")
class UpdateFirmInput(Expecting):
    """update_firm"""

    name: str | None = change("1 to 200 characters.")
    time_zone: str | None = change("An IANA time zone, such as America/New_York.")
    currency: str | None = change("An ISO 4217 code, such as USD.")
    client_status_enabled: bool | None = change("Whether clients are shown the status of their jobs at all.")
    count_pending_ach: bool | None = change("Whether an ACH payment counts as paid while it is pending.")


@strawberry.input(description="Who joins the team.")
class CreateMemberInput(Keyed):
    """create_member"""

    id: strawberry.ID | None = own_id(Kind.MEMBER)
    email: str = needed("The address to sign in with. Nobody else may have it, in any firm.")
    name: str = needed("1 to 200 characters.")
    role: Role | None = optional("EMPLOYEE when left out. Only the owner adds admins.")
    rights: list[Right] | None = optional("None when left out. You can give those that you have.")
    capacity: int | None = optional("Minutes a week; 2,400 when left out.")
    password: str | None = maybe_password("8 to 1,000 characters. Without one the member cannot sign in yet.")


@strawberry.input(description="What to change about a member. What is left out stays.")
class UpdateMemberInput(Expecting):
    """update_member"""

    member_id: strawberry.ID = id_of(Kind.MEMBER, "The member.")
    name: str | None = change("1 to 200 characters.")
    capacity: int | None = change("Minutes a week.")


@strawberry.input(description="Which role to give.")
class SetMemberRoleInput(Expecting):
    """set_member_role"""

    member_id: strawberry.ID = id_of(Kind.MEMBER, "The member.")
    role: Role = needed("ADMIN or EMPLOYEE. Only the owner makes and unmakes admins.")


@strawberry.input(description="Which rights to give.")
class SetMemberRightsInput(Expecting):
    """set_member_rights"""

    member_id: strawberry.ID = id_of(Kind.MEMBER, "The member.")
    rights: list[Right] = needed("Just these; others are taken away. You can give and take those that you have.")


@strawberry.input(description="Which member.")
class MemberInput(Expecting):
    """deactivate_member, reactivate_member"""

    member_id: strawberry.ID = id_of(Kind.MEMBER, "The member.")


@strawberry.input(description="Who becomes the owner.")
class TransferOwnershipInput(Keyed):
    """transfer_ownership"""

    member_id: strawberry.ID = id_of(Kind.MEMBER, "An active member. You become an admin.")


@strawberry.input(description="A label to add.")
class CreateTagInput(Keyed):
    """create_tag"""

    id: strawberry.ID | None = own_id(Kind.TAG)
    name: str = needed("1 to 100 characters; no other tag may have it.")
    color: str = needed("As #rrggbb.")


@strawberry.input(description="What to change about a tag. What is left out stays.")
class UpdateTagInput(Expecting):
    """update_tag"""

    tag_id: strawberry.ID = id_of(Kind.TAG, "The tag.")
    name: str | None = change("1 to 100 characters; no other tag may have it.")
    color: str | None = change("As #rrggbb.")


@strawberry.input(description="Which tag.")
class TagInput(Expecting):
    """delete_tag"""

    tag_id: strawberry.ID = id_of(Kind.TAG, "The tag.")


@strawberry.input(description="A client to add.")
class CreateAccountInput(Keyed):
    """create_account"""

    id: strawberry.ID | None = own_id(Kind.ACCOUNT)
    name: str = needed("1 to 200 characters.")
    type: AccountType | None = optional("COMPANY when left out.")
    tag_ids: list[strawberry.ID] | None = maybe_id_of(Kind.TAG, "Its tags; at most 100.")
    team_ids: list[strawberry.ID] | None = maybe_id_of(Kind.MEMBER, "The members assigned to it; at most 100.")


@strawberry.input(description="What to change about an account. What is left out stays.")
class UpdateAccountInput(Expecting):
    """update_account"""

    account_id: strawberry.ID = id_of(Kind.ACCOUNT, "The account.")
    name: str | None = change("1 to 200 characters.")
    type: AccountType | None = change("What the client is.")


@strawberry.input(description="Which tags an account carries.")
class SetAccountTagsInput(Expecting):
    """set_account_tags"""

    account_id: strawberry.ID = id_of(Kind.ACCOUNT, "The account.")
    tag_ids: list[strawberry.ID] = id_of(Kind.TAG, "Just these, at most 100; others are taken off.")


@strawberry.input(description="Who is assigned to an account, and so sees it.")
class SetAccountTeamInput(Expecting):
    """set_account_team"""

    account_id: strawberry.ID = id_of(Kind.ACCOUNT, "The account.")
    member_ids: list[strawberry.ID] = id_of(Kind.MEMBER, "Just these, at most 100; others are taken off.")


@strawberry.input(description="Which account.")
class AccountInput(Expecting):
    """archive_account, restore_account"""

    account_id: strawberry.ID = id_of(Kind.ACCOUNT, "The account.")


@strawberry.input(description="A template to add.")
class CreateClientStatusInput(Keyed):
    """create_client_status"""

    id: strawberry.ID | None = own_id(Kind.CLIENT_STATUS)
    name: str = needed("What the client reads: 1 to 100 characters.")
    color: str = needed("As #rrggbb.")
    description: str | None = optional("At most 2,000 characters.")


@strawberry.input(description="What to change about a template. Copies that jobs hold stay as they are.")
class UpdateClientStatusInput(Expecting):
    """update_client_status"""

    client_status_id: strawberry.ID = id_of(Kind.CLIENT_STATUS, "The template.")
    name: str | None = change("What the client reads: 1 to 100 characters.")
    color: str | None = change("As #rrggbb.")
    description: str | None = change("At most 2,000 characters.")


@strawberry.input(description="Which template.")
class ClientStatusInput(Expecting):
    """delete_client_status"""

    client_status_id: strawberry.ID = id_of(Kind.CLIENT_STATUS, "The template.")
