"""Mail as it is sent: a text and the same in HTML, with the headers that threads and answers need.

Of what members, clients and templates wrote nothing is in a header but names, subjects and addresses, encoded; and
nothing is HTML but what Markdown makes of it, cleaned.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import quote
from uuid import UUID

import nh3
from email_validator import validate_email
from jinja2.sandbox import SandboxedEnvironment
from markdown_it import MarkdownIt
from markupsafe import Markup

from models.mail.sending import Claimed
from models.seen import MailCauseKind

#: HTML in Markdown is text: what is shown is what the member wrote.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
#: No pictures: they would be fetched from elsewhere, and tell when the mail was read.
_TAGS = nh3.ALLOWED_TAGS - {"img", "map", "area"}
_LINKS = {"http", "https", "mailto"}
_FRAME = SandboxedEnvironment(autoescape=True).from_string(
    """\
<!doctype html>
<html>
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{ subject }}</title></head>
<body style="margin: 0; padding: 24px; font: 16px/1.5 sans-serif; color: #222; max-width: 640px">
{{ content }}
<p style="margin-top: 32px; color: #666">{{ firm }}</p>
</body>
</html>
"""
)


#: Of what no person wrote: no out-of-office note answers it (RFC 3834).
BY_ITSELF = {"Auto-Submitted": "auto-generated"}


@dataclass(frozen=True, slots=True)
class Written:
    """A mail as a mail server takes it. `beyond_ascii`: the address needs a server that takes other letters than
    ASCII's there (RFC 6531)."""

    recipient: str
    content: bytes
    beyond_ascii: bool


def written(letter: Claimed, sender: str, now: datetime) -> Written:
    """The letter, as it is sent from this address."""
    recipient, beyond_ascii = ascii_address(letter.address)
    domain = sender.rpartition("@")[2]
    answer_to = sender
    if letter.reply_to is not None and (ascii_reply := ascii_address(letter.reply_to)[0]).isascii():
        answer_to = ascii_reply
    headers = {
        "From": f"{in_header(letter.firm_name)} <{sender}>",
        "To": f"{in_header(letter.to_name)} <{recipient}>",
        "Reply-To": f"{in_header(letter.firm_name)} <{answer_to}>",
        "Subject": in_header(letter.subject),
        "Date": format_datetime(now),
        "Message-ID": f"<{letter.message_key}@{domain}>",
        # RFC 2369: whoever wants no more says so to the firm, which sees to it.
        "List-Unsubscribe": f"<mailto:{quote(answer_to, safe='@+')}?subject=unsubscribe%20{letter.message_key}>",
    }
    if letter.job_id is not None:
        # What is about one job is one thread, whichever of it arrives first.
        headers["In-Reply-To"] = headers["References"] = f"<{thread_of(letter.job_id)}@{domain}>"
    if letter.cause is not MailCauseKind.MEMBER:
        headers |= BY_ITSELF
    content = put_together(headers, f"{letter.text}\n\n-- \n{letter.firm_name}\n", in_html(letter))
    return Written(recipient, content, beyond_ascii)


def put_together(headers: Mapping[str, str], text: str, html: str) -> bytes:
    """A mail of headers that are written out, a text and the same in HTML."""
    body = EmailMessage(SMTP.clone(cte_type="7bit"))
    body.set_content(text)
    body.add_alternative(html, subtype="html")
    block = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return block.encode() + body.as_bytes()


def ascii_address(address: str) -> tuple[str, bool]:
    """An address that is kept, in ASCII where it can be, and whether it cannot."""
    found = validate_email(address, check_deliverability=False, test_environment=True)
    return (found.normalized, True) if found.ascii_email is None else (found.ascii_email, False)


#: Words that say in a header what they are, before an address and elsewhere (atoms of RFC 5322, 3.2.3, and blanks).
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/^_`{|}~-]+( [A-Za-z0-9!#$%&'*+/^_`{|}~-]+)*")


def in_header(text: str) -> str:
    """A text for a header: as it is where that can mean nothing else, and otherwise encoded (RFC 2047). The standard
    library's own headers decode what looks encoded in a name, line breaks and all, and lose quotes where they fold."""
    return text if _ATOMS.fullmatch(text) else Header(text, "utf-8").encode(linesep="\r\n")


def thread_of(job_id: UUID) -> str:
    """What the mail about a job answers to: clients are told no ids of jobs."""
    return hashlib.sha256(f"thread {job_id}".encode()).hexdigest()[:40]


def in_html(letter: Claimed) -> str:
    """The letter in HTML."""
    clean = nh3.clean(_MARKDOWN.render(letter.text), tags=_TAGS, url_schemes=_LINKS)
    return in_frame(letter.subject, Markup(clean), letter.firm_name)


def in_frame(subject: str, content: Markup, firm_name: str) -> str:
    """What all mail looks like in HTML, around a content that is clean."""
    return _FRAME.render(subject=subject, content=content, firm=firm_name)
