"""Mail with a link, and perhaps a code, by which somebody signs in or chooses a password.

What it says is of templates in a sandbox; of what people wrote only names are in it, as plain words.
"""

from datetime import datetime, timedelta
from email.utils import format_datetime

from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from models.audiences import Audience
from models.mail.sign_in_letters import SignInMail
from models.seen import LetterPurpose
from workers.letters import BY_ITSELF, Written, ascii_address, in_frame, in_header, put_together

#: The page that a link leads to, and what its fragment is called there: servers on the way are told no fragment, and a
#: program that only looks at what a mail links to uses nothing up.
_PAGES = {Audience.TEAM: "/sign-in", Audience.CLIENT: "/portal/sign-in"}
_FRAGMENTS = {
    LetterPurpose.SIGN_IN: "sign-in",
    LetterPurpose.PASSWORD: "password",
    LetterPurpose.INVITATION: "invitation",
}
_SUBJECTS = {
    LetterPurpose.SIGN_IN: "Sign in at {}",
    LetterPurpose.PASSWORD: "Choose a new password at {}",
    LetterPurpose.INVITATION: "You are invited by {}",
}
_SAID = {
    LetterPurpose.SIGN_IN: "With this link you sign in:",
    LetterPurpose.PASSWORD: "With this link you choose a new password:",
    LetterPurpose.INVITATION: "You are invited to work together here. With this link you choose a password:",
}
#: What stands for the firm where an address is that of clients of several.
_SEVERAL = "the client portal"
_TEXT = SandboxedEnvironment().from_string(
    """\
Hello{% if name %} {{ name }}{% endif %},

{{ said }}

{{ link }}

{% if code %}Or type this code where you asked for this mail: {{ code }}

{% endif %}It is good once, for {{ good_for }}.
{%- if code %} If you have not asked for it, leave it alone: nobody gets in without it.{% endif %}


-- 
{{ firm }}
"""
)
_HTML = SandboxedEnvironment(autoescape=True).from_string(
    """\
<p>Hello{% if name %} {{ name }}{% endif %},</p>
<p>{{ said }}</p>
<p><a href="{{ link }}">{{ link }}</a></p>
{% if code %}<p>Or type this code where you asked for this mail: <strong>{{ code }}</strong></p>
{% endif %}<p>It is good once, for {{ good_for }}.
{%- if code %} If you have not asked for it, leave it alone: nobody gets in without it.{% endif %}</p>
"""
)


def link_of(mail: SignInMail, public_url: str) -> str:
    """The link of a letter."""
    return f"{public_url.rstrip('/')}{_PAGES[mail.audience]}#{_FRAGMENTS[mail.purpose]}={mail.token}"


def written_to_sign_in(mail: SignInMail, sender: str, public_url: str, now: datetime) -> Written:
    """The letter, as it is sent from this address."""
    recipient, beyond_ascii = ascii_address(mail.address)
    firm = mail.firm_name or _SEVERAL
    subject = _SUBJECTS[mail.purpose].format(firm)
    to = recipient if mail.to_name is None else f"{in_header(mail.to_name)} <{recipient}>"
    headers = {
        "From": f"{in_header(firm)} <{sender}>",
        "To": to,
        "Subject": in_header(subject),
        "Date": format_datetime(now),
        "Message-ID": f"<{mail.message_key}@{sender.rpartition('@')[2]}>",
        **BY_ITSELF,
    }
    said = {
        "name": mail.to_name,
        "firm": firm,
        "said": _SAID[mail.purpose],
        "link": link_of(mail, public_url),
        "code": None if mail.code is None else f"{mail.code[:4]} {mail.code[4:]}",
        "good_for": _spoken(mail.good_for),
    }
    html = in_frame(subject, Markup(_HTML.render(said)), firm)
    return Written(recipient, put_together(headers, _TEXT.render(said), html), beyond_ascii)


def _spoken(time: timedelta) -> str:
    return f"{time.days} days" if time.days else f"{time // timedelta(minutes=1)} minutes"
