"""The page at `/`: what runs here, where to go from it, and who to sign in as where it is the demo."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.metadata import metadata


@dataclass(frozen=True, slots=True)
class SignIn:
    """Somebody of the demo firms, whose password everybody may know."""

    email: str
    password: str
    who: str


#: What there is to read, by its path under /graphiql: it is part of the page, and there once that is built.
DOCUMENTS = {
    "docs/api.md": "The API: its conventions, limits and errors.",
    "docs/live.md": "Live updates, with two whole clients.",
    "docs/domain.md": "Words and rules.",
    "docs/permissions.md": "Who may do what.",
}
#: What there is besides, by its path.
_PLACES = {
    "/graphiql": "GraphiQL: sign in, read the schema, ask, change and subscribe.",
    "/graphql": "The API, over HTTP, server-sent events and websockets.",
    "/portal/graphql": "The same for the firm's clients: a schema of its own.",
    "/healthz": "Whether the process lives.",
    "/readyz": "Whether requests should come here.",
}
_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 46rem; margin: 3rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; } td, th { padding: .2rem 1.2rem .2rem 0; text-align: left; vertical-align: top; }
code { font-size: .95em; }
"""
#: Nothing but this one style: no script, no frame, no form.
POLICY = (
    f"default-src 'none'; style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def version() -> str:
    """Which version of the program this is."""
    return str(metadata("jobwire")["Version"])


def welcome(documents: Sequence[str], sign_ins: Sequence[SignIn]) -> str:
    """The page, with links to those documents that are there."""
    places = [_row(_link(path), meaning) for path, meaning in _PLACES.items()]
    read = [_row(_link(f"/graphiql/{path}", path), DOCUMENTS[path]) for path in documents]
    people = [_row(*map(_code, (each.email, each.password)), each.who) for each in sign_ins]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Jobwire</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<link rel="icon" href="data:,">\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>Jobwire {escape(version())}</h1>\n"
        f"<p>{escape(str(metadata('jobwire')['Summary']))}</p>\n"
        + _table("Here", places)
        + _table("To read", read)
        + _table("Who to sign in as: this is the demo", people)
        + "</body>\n</html>\n"
    )


def _table(heading: str, rows: Sequence[str]) -> str:
    return f"<h2>{escape(heading)}</h2>\n<table>\n{''.join(rows)}</table>\n" if rows else ""


def _row(*cells: str) -> str:
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>\n"


def _link(path: str, name: str | None = None) -> str:
    return f'<a href="{escape(path)}"><code>{escape(name or path)}</code></a>'


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"
