"""Inputs of the mutations on the firm, its team, its tags, its accounts, and of signing in."""

from __future__ import annotations

import strawberry

from models.bounds import CAPACITY, LINKED, UNDO_WINDOW
from models.commands import accounts, client_statuses, firm, members, tags
from models.ids import Kind
from models.texts import CLIENT_TEXT, EMAIL, LABEL, NAME, PASSWORD
from schema.declarations import mutation
from schema.enums import AccountType, Right, Role, Weekday
from schema.inputs.base import (
    Expecting,
    Keyed,
    change,
    clearable,
    id_of,
    input_type,
    maybe_id_of,
    maybe_password,
    needed,
    optional,
    own_id,
    password,
)


@input_type
class SignInInput:
    """Who you are."""

    email: str = strawberry.field(description="The address that you sign in with.")
    password: str = password("Your password.")
    refresh_token: str | None = optional(
        "The last refresh token that this device was given for this address, if it has one, be its session over or "
        "not: then only what was tried with it counts, whatever others have tried."
    )


@input_type
class RefreshSessionInput:
    """What you were given when you signed in, or last refreshed."""

    refresh_token: str = strawberry.field(
        description="Good for one use. Sent again within 30 seconds it gets the same refresh token again; after that "
        "it ends the session."
    )


@input_type
class AskForMailInput:
    """Who asks."""

    email: str = strawberry.field(description="The address that you sign in with.")


@strawberry.input
class MailProof:
    """What you have of a mail: the token of its link, or its code."""

    token: str | None = optional("What the link ends with.")
    ticket: str | None = optional("What you were given when you asked for the mail: the code is good with it alone.")
    code: str | None = optional("The code, with or without what stands between its digits.")


@input_type
class SignInByMailInput(MailProof):
    """What you have of the mail."""


@input_type
class ResetPasswordInput(MailProof):
    """What you have of the mail, and a new password."""

    new_password: str = password(f"{PASSWORD.bounds}.")


@input_type
class ChangePasswordInput(Keyed):
    """A new password."""

    current_password: str = password("The present one.")
    new_password: str = password(f"{PASSWORD.bounds}.")


@input_type
class UpdateFirmInput(Expecting):
    """What to change about the firm. What is left out stays."""

    name: str | None = change(f"{NAME.bounds}.")
    time_zone: str | None = change("An IANA time zone in its exact spelling, such as America/New_York.")
    currency: str | None = change("An ISO 4217 code, such as USD. Rates keep their figure: nothing is converted.")
    week_start: Weekday | None = change("The first day of its weeks.")
    country: str | None = clearable(
        "An ISO 3166-1 alpha-2 code, such as US. Where the firm has a region, send that along: the new one, or null. "
        "Null for none."
    )
    region: str | None = clearable(
        "A region of the country, as the Python package holidays calls it, such as NY. Null for the whole country."
    )
    client_status_enabled: bool | None = change("Whether clients are shown the status of their jobs at all.")
    count_pending_ach: bool | None = change("Whether an ACH payment counts as paid while it is pending.")
    undo_window: int | None = change(
        f"How many minutes what goes to clients waits in the outbox, and can be withdrawn: {UNDO_WINDOW}. What waits "
        "already is sent when it was to be."
    )
    reply_to: str | None = clearable(
        "The address that clients answer to, and ask to be left alone. Null for the one that mail is sent from."
    )


@input_type
class CreateMemberInput(Keyed):
    """Who joins the team."""

    id: strawberry.ID | None = own_id(Kind.MEMBER)
    email: str = needed(
        f"The address to sign in with, {EMAIL.bounds}. Nobody else may have it, in any spelling, in any firm."
    )
    name: str = needed(f"{NAME.bounds}.")
    role: Role | None = optional("EMPLOYEE when left out. Only the owner adds admins.")
    rights: list[Right] | None = optional("None when left out. You can give those that you have.")
    capacity: int | None = optional(f"Minutes a week, {CAPACITY}; 2,400 when left out.")
    password: str | None = maybe_password(f"{PASSWORD.bounds}. Without one the member cannot sign in yet.")


@input_type
class UpdateMemberInput(Expecting):
    """What to change about a member. What is left out stays."""

    member_id: strawberry.ID = id_of(Kind.MEMBER, "The member.")
    name: str | None = change(f"{NAME.bounds}.")
    capacity: int | None = change(f"Minutes a week, {CAPACITY}.")


@input_type
class SetMemberRoleInput(Expecting):
    """Which role to give."""

    member_id: strawberry.ID = id_of(Kind.MEMBER, "The member.")
    role: Role = needed("ADMIN or EMPLOYEE. Only the owner makes and unmakes admins.")


@input_type
class SetMemberRightsInput(Expecting):
    """Which rights to give."""

    member_id: strawberry.ID = id_of(Kind.MEMBER, "The member.")
    rights: list[Right] = needed("Just these; others are taken away. You can give and take those that you have.")


@input_type
class MemberInput(Expecting):
    """Which member."""

    member_id: strawberry.ID = id_of(Kind.MEMBER, "The member.")


@input_type
class TransferOwnershipInput(Keyed):
    """Who becomes the owner."""

    member_id: strawberry.ID = id_of(Kind.MEMBER, "An active member. You become an admin.")


@input_type
class CreateTagInput(Keyed):
    """A label to add."""

    id: strawberry.ID | None = own_id(Kind.TAG)
    name: str = needed(f"{LABEL.bounds}; no other tag may have it, in any spelling.")
    color: str = needed("As #rrggbb.")


@input_type
class UpdateTagInput(Expecting):
    """What to change about a tag. What is left out stays."""

    tag_id: strawberry.ID = id_of(Kind.TAG, "The tag.")
    name: str | None = change(f"{LABEL.bounds}; no other tag may have it, in any spelling.")
    color: str | None = change("As #rrggbb.")


@input_type
class TagInput(Expecting):
    """Which tag."""

    tag_id: strawberry.ID = id_of(Kind.TAG, "The tag.")


@input_type
class CreateAccountInput(Keyed):
    """A client to add."""

    id: strawberry.ID | None = own_id(Kind.ACCOUNT)
    name: str = needed(f"{NAME.bounds}.")
    type: AccountType | None = optional("COMPANY when left out.")
    tag_ids: list[strawberry.ID] | None = maybe_id_of(Kind.TAG, f"Its tags; at most {LINKED.most}.")
    team_ids: list[strawberry.ID] | None = maybe_id_of(
        Kind.MEMBER, f"The members assigned to it; at most {LINKED.most}."
    )


@input_type
class UpdateAccountInput(Expecting):
    """What to change about an account. What is left out stays."""

    account_id: strawberry.ID = id_of(Kind.ACCOUNT, "The account.")
    name: str | None = change(f"{NAME.bounds}.")
    type: AccountType | None = change("What the client is.")


@input_type
class SetAccountTagsInput(Expecting):
    """Which tags an account carries."""

    account_id: strawberry.ID = id_of(Kind.ACCOUNT, "The account.")
    tag_ids: list[strawberry.ID] = id_of(Kind.TAG, f"Just these, at most {LINKED.most}; others are taken off.")


@input_type
class SetAccountTeamInput(Expecting):
    """Who is assigned to an account, and so sees it."""

    account_id: strawberry.ID = id_of(Kind.ACCOUNT, "The account.")
    member_ids: list[strawberry.ID] = id_of(Kind.MEMBER, f"Just these, at most {LINKED.most}; others are taken off.")


@input_type
class AccountInput(Expecting):
    """Which account."""

    account_id: strawberry.ID = id_of(Kind.ACCOUNT, "The account.")


@input_type
class CreateClientStatusInput(Keyed):
    """A template to add."""

    id: strawberry.ID | None = own_id(Kind.CLIENT_STATUS)
    name: str = needed(f"What the client reads: {LABEL.bounds}.")
    color: str = needed("As #rrggbb.")
    description: str | None = optional(f"What it means: {CLIENT_TEXT.bounds}.")


@input_type
class UpdateClientStatusInput(Expecting):
    """What to change about a template. Copies that jobs hold stay as they are."""

    client_status_id: strawberry.ID = id_of(Kind.CLIENT_STATUS, "The template.")
    name: str | None = change(f"What the client reads: {LABEL.bounds}.")
    color: str | None = change("As #rrggbb.")
    description: str | None = change(f"What it means: {CLIENT_TEXT.bounds}.")


@input_type
class ClientStatusInput(Expecting):
    """Which template."""

    client_status_id: strawberry.ID = id_of(Kind.CLIENT_STATUS, "The template.")


MUTATIONS = (
    mutation(firm.update_firm, UpdateFirmInput),
    mutation(members.create_member, CreateMemberInput),
    mutation(members.invite_member, MemberInput),
    mutation(members.update_member, UpdateMemberInput),
    mutation(members.set_member_role, SetMemberRoleInput),
    mutation(members.set_member_rights, SetMemberRightsInput),
    mutation(members.deactivate_member, MemberInput),
    mutation(members.reactivate_member, MemberInput),
    mutation(members.transfer_ownership, TransferOwnershipInput),
    mutation(members.change_password, ChangePasswordInput),
    mutation(tags.create_tag, CreateTagInput),
    mutation(tags.update_tag, UpdateTagInput),
    mutation(tags.delete_tag, TagInput),
    mutation(client_statuses.create_client_status, CreateClientStatusInput),
    mutation(client_statuses.update_client_status, UpdateClientStatusInput),
    mutation(client_statuses.delete_client_status, ClientStatusInput),
    mutation(accounts.create_account, CreateAccountInput),
    mutation(accounts.update_account, UpdateAccountInput),
    mutation(accounts.set_account_tags, SetAccountTagsInput),
    mutation(accounts.set_account_team, SetAccountTeamInput),
    mutation(accounts.archive_account, AccountInput),
    mutation(accounts.restore_account, AccountInput),
)
