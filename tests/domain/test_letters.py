"""What a mail looks like: whatever its names, subject and text are, there is one recipient, and nothing but text."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import Invalid
from models.ids import Kind, encode, new_id
from models.mail.sending import Claimed
from models.rows.mail import MailCauseKind
from models.texts import MARKDOWN, NAME
from workers.letters import thread_of, written

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
SENDER = "office@firm.example"


def letter(**fields: Any) -> Claimed:
    given: dict[str, Any] = {
        "id": new_id(),
        "firm_id": new_id(),
        "claim": new_id(),
        "until": NOW + timedelta(minutes=10),
        "firm_name": "Hart & Stone",
        "reply_to": None,
        "job_id": None,
        "to_name": "Ada",
        "address": "ada@client.example",
        "subject": "Begun",
        "text": "We have *begun*.",
        "message_key": "0a1b2c",
        "cause": MailCauseKind.AUTOMATION,
    }
    return Claimed(**given | fields)


def read(**fields: Any) -> EmailMessage:
    """A letter as whoever gets it reads it."""
    content = written(letter(**fields), SENDER, NOW).content
    return message_from_bytes(content, policy=default)


def body(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n")


def test_a_mail_about_a_job() -> None:
    job = new_id()
    message = read(job_id=job, reply_to="hart@firm.example")
    assert str(message["From"]) == '"Hart & Stone" <office@firm.example>' or "Hart & Stone" in str(message["From"])
    assert message["Message-ID"] == "<0a1b2c@firm.example>"
    assert message["References"] == message["In-Reply-To"] == f"<{thread_of(job)}@firm.example>"
    assert str(job) not in message.as_string() and encode(Kind.JOB, job) not in message.as_string()
    assert [each.addr_spec for each in message["Reply-To"].addresses] == ["hart@firm.example"]
    assert message["List-Unsubscribe"] == "<mailto:hart@firm.example?subject=unsubscribe%200a1b2c>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == NOW
    assert message.get_content_type() == "multipart/alternative"
    assert body(message, "plain") == "We have *begun*.\n\n-- \nHart & Stone\n"
    assert "<p>We have <em>begun</em>.</p>" in body(message, "html")
    # What a member wrote is answered by people.
    by_hand = read(cause=MailCauseKind.MEMBER)
    assert by_hand["Auto-Submitted"] is by_hand["References"] is None
    assert [each.addr_spec for each in by_hand["Reply-To"].addresses] == [SENDER]
    assert by_hand["List-Unsubscribe"] == "<mailto:office@firm.example?subject=unsubscribe%200a1b2c>"


_LINES = st.one_of(
    st.text(max_size=NAME.most),
    st.lists(
        st.sampled_from(
            [
                '"',
                "\\",
                ",",
                ";",
                "<x@evil.example>",
                "Bcc: x@evil.example",
                "=?utf-8?q?=0ABcc:_x?=",
                "ü",
                "字",
                " ",
                "\r\n",
                "@",
                ":",
            ]
        ),
        max_size=20,
    ).map("".join),
)


def _kept(value: str) -> str | None:
    """The text, as the firm would have kept it; None where it would not."""
    try:
        return NAME.check(value)
    except Invalid:
        return None


_NAMES = _LINES.map(_kept).filter(lambda name: name is not None)


@given(firm=_NAMES, to=_NAMES, subject=_NAMES)
def test_no_name_and_no_subject_is_a_header(firm: str, to: str, subject: str) -> None:
    message = read(firm_name=firm, to_name=to, subject=subject, reply_to="hart@firm.example", job_id=new_id())
    assert [each.addr_spec for each in message["To"].addresses] == ["ada@client.example"]
    assert [each.addr_spec for each in message["From"].addresses] == [SENDER]
    assert [each.addr_spec for each in message["Reply-To"].addresses] == ["hart@firm.example"]
    assert sorted(set(message.keys())) == sorted(message.keys())
    assert set(message.keys()) == {
        *("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References"),
        *("List-Unsubscribe", "Auto-Submitted", "Content-Type", "MIME-Version"),
    }
    assert " ".join(str(message["Subject"]).split()) == " ".join(subject.split())
    raw = written(letter(firm_name=firm, to_name=to, subject=subject), SENDER, NOW).content
    assert max(map(len, raw.splitlines())) <= 998 and raw.isascii()


@given(text=st.text(max_size=300))
def test_the_text_arrives_as_it_was_written(text: str) -> None:
    try:
        text = MARKDOWN.check(text)
    except Invalid:
        return
    assert body(read(text=text), "plain").startswith(text.rstrip("\n"))


@pytest.mark.parametrize(
    ("text", "never", "instead"),
    [
        ("<script>alert(1)</script>", "<script", "&lt;script&gt;"),
        ("[x](javascript:alert(1))", 'href="javascript', "[x]"),
        ("[x](data:text/html;base64,PHM+)", 'href="data', "x"),
        ("![x](https://evil.example/x.png)", "<img", "<p></p>"),
        ('<a href="https://x.example" onclick="x()">x</a>', "<a href", "&lt;a"),
        ("{{ 7 * 191 }}{% raw %}", "1337", "{{ 7 * 191 }}{% raw %}"),
    ],
)
def test_a_text_is_never_more_than_text(text: str, never: str, instead: str) -> None:
    found = body(read(text=text, subject="</title><script>", firm_name="<b>Firm</b>"), "html")
    assert never not in found and instead in found
    assert "<script" not in found and "<b>Firm" not in found


def test_addresses_with_other_letters() -> None:
    domain = written(letter(address="ada@büro.example"), SENDER, NOW)
    assert (domain.recipient, domain.beyond_ascii) == ("ada@xn--bro-hoa.example", False)
    local = written(letter(address="jürgen@client.example", to_name="Jürgen"), SENDER, NOW)
    assert (local.recipient, local.beyond_ascii) == ("jürgen@client.example", True)
    assert " <jürgen@client.example>\r\n".encode() in local.content
