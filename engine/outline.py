"""The outline of a document: what is counted in its text, in one pass, before it is parsed.

To parse a token takes ten times as long as to count it, and validation takes longer still. So what neither is to be
given is refused on these counts. The text need not be a document: counting stops where no token can be read, which is
where the parser stops too.
"""

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

# As https://spec.graphql.org/draft/#sec-Appendix-Grammar-Summary.Lexical-Tokens. The groups are atomic, so that a text
# which is none of these is not tried in many ways.
_TOKEN = re.compile(
    r"""
    (?>[ \t\r\n,\ufeff]*)
    (?:
      (?P<name>(?>[_A-Za-z][_0-9A-Za-z]*))
    | (?P<open>[{(\[])
    | (?P<close>[})\]])
    | (?P<spread>\.\.\.)
    | (?P<other>[!$&:=@|])
    | (?P<number>(?>-?[0-9][0-9.eE+-]*))
    | (?P<text>\"\"\"(?>(?:[^"\\]+|\\\"\"\"|\\|"(?!""))*)\"\"\" | "(?!"")(?>(?:[^"\\\r\n]+|\\[^\r\n])*)" | \#[^\r\n]*)
    )
    """,
    re.VERBOSE,
)
_IGNORED = " \t\r\n,\ufeff"
_OPERATIONS = frozenset({"query", "mutation", "subscription"})


@dataclass(frozen=True, slots=True)
class Outline:
    """How much of each a text has."""

    characters: int
    tokens: int
    """Comments included, as graphql-core counts them."""
    text: int
    """Characters of strings, numbers and comments, with what encloses them; and all from where no token can be read."""
    name: int
    """Characters of the longest name."""
    operations: int
    fragments: int
    spreads: int
    lines: int


class Excess(NamedTuple):
    """The count that is over its limit, at which counting stopped."""

    limit: Literal["characters", "tokens"]
    actual: int


def outline(source: str, *, most_characters: int, most_tokens: int) -> Outline | Excess:
    """Count, but no further than to more than the most characters or tokens."""
    if len(source) > most_characters:
        return Excess("characters", len(source))
    tokens = text = longest = operations = fragments = spreads = depth = end = 0
    first: str | None = None
    spreading = False
    for match in _tokens(source):
        tokens += 1
        if tokens > most_tokens:
            return Excess("tokens", tokens)
        end, kind = match.end(), match.lastgroup
        if kind == "name":
            name = match["name"]
            longest = max(longest, len(name))
            spreads += spreading and name != "on"
            if not depth and first is None:
                first = name
        elif kind == "open":
            if not depth and match["open"] == "{":
                fragments += first == "fragment"
                operations += first is None or first in _OPERATIONS
            depth += 1
        elif kind == "close":
            depth -= 1
            if not depth and match["close"] == "}":
                first = None
        elif kind == "text":
            text += len(match["text"])
            continue  # a comment may stand between the dots and the name
        elif kind == "number":
            text += len(match["number"])
        spreading = kind == "spread"
    text += len(source[end:].rstrip(_IGNORED))
    return Outline(len(source), tokens, text, longest, operations, fragments, spreads, _lines(source))


def _lines(source: str) -> int:
    return 1 + source.count("\n") + source.count("\r") - source.count("\r\n")


def _tokens(source: str) -> "re.Iterator[re.Match[str]]":  # type: ignore[name-defined]
    scanner = _TOKEN.scanner(source)  # type: ignore[attr-defined]
    return iter(scanner.match, None)
