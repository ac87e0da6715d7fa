"""No program stands on a page that nobody has run."""

from tests.docs.pages import ROOT, blocks
from tests.docs.printed import PROGRAMS, page_program


def test_every_program_on_the_pages_is_run() -> None:
    there = {block.text: block.where for language in ("js", "python") for block in blocks(language)}
    run = {page_program(name) for name in PROGRAMS}
    assert [where for text, where in there.items() if text not in run] == []
    tests = "\n".join(path.read_text() for path in ROOT.glob("tests/docs/*.py") if path.name != "printed.py")
    assert [name for name in PROGRAMS if f'"{name}"' not in tests] == []
