"""The addresses that mail goes to: written so that a mail server takes them (https://www.rfc-editor.org/rfc/rfc5321,
and rfc6531 for other letters than ASCII's). Whether somebody reads them is asked of nobody.

The package takes a tenth of a second to import: a process does so when it is first asked."""

from collections.abc import Sequence

from models.bounds import ADDRESSES
from models.checks import at_most
from models.errors import Invalid
from models.gathered import Gathered
from models.reasons import Reason
from models.texts import EMAIL


def mail_addresses(values: Sequence[str], field: str = "emails") -> list[str]:
    """The addresses as they are kept, in their order and each once; or `Invalid`, naming each that is none."""
    at_most(values, field, most=ADDRESSES.most)
    with Gathered() as check:
        kept = [check(mail_address, value, field, place) for place, value in enumerate(values)]
    return list(dict.fromkeys(kept))


def mail_address(value: str, *path: str | int) -> str:
    """One address as it is kept, or `Invalid`."""
    from email_validator import EmailNotValidError, validate_email

    value = EMAIL.check(value, *path)
    try:
        return EMAIL.check(validate_email(value, check_deliverability=False).normalized, *path)
    except EmailNotValidError:
        # Its own words quote what was sent, which errors do not.
        told = "This is not an e-mail address that mail can be sent to. Look for a slip, such as two dots in a row."
        raise Invalid(told, *path, reason=Reason.FORMAT, format="EMAIL") from None


def usual_address(value: str) -> str | None:
    """An address as it is kept; None for what is none."""
    try:
        return mail_address(value)
    except Invalid:
        return None
