"""What would stand in the texts of a thing, were it made of a template now."""

from asyncio import to_thread
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from models.rights import Requirement, Role
from models.rows import Account, Firm, Job
from models.scope import Scope
from models.templates.content import Content, Path, Text, content_class
from models.templates.making import known_at
from models.templates.shortcodes import Facts, filled
from models.templates.templates import Template, contents_of


@dataclass(frozen=True, slots=True)
class FilledText:
    """A text of a template's content as it would be filled in, no longer than it may be, and the shortcodes of which
    nothing is known."""

    path: Path
    text: str
    unfilled: tuple[str, ...]
    too_long: bool


def texts_of(content: Content, facts: Facts) -> list[FilledText]:
    """Each text of a content that may hold shortcodes, in the order in which they stand there."""
    texts: list[FilledText] = []

    def fill(text: Text) -> str:
        made, most = filled(text.value, facts, markdown=text.markdown), text.rule.most
        texts.append(FilledText(text.path, made.text[:most], made.unknown, len(made.text) > most))
        return text.value

    content.rewritten(fill)
    return texts


async def preview(
    scope: Scope, template_id: UUID, account_id: UUID | None, job_id: UUID | None, day: date
) -> list[FilledText] | None:
    """The texts of a template as they would be filled in on this day, of an account or a job, or of neither. None where
    something that is named is out of sight. `Forbidden` without the right to what is in the template."""
    template = await scope.rows(Template).find(template_id)
    if template is None:
        return None
    needs = content_class(template.template_kind).needs
    if needs is not None:
        what = f"What is in a template of kind {template.template_kind}"
        Requirement(right=needs).check(scope.audience, Role.EMPLOYEE, scope.rights, what, "template_id")
    facts = await _facts(scope, account_id, job_id, day)
    found = (await contents_of([template.id])).get(template.id)
    # On a thread: a template of jobs has hundreds of texts, and long ones.
    return None if facts is None or not found else await to_thread(texts_of, found[0], facts)


async def _facts(scope: Scope, account_id: UUID | None, job_id: UUID | None, day: date) -> Facts | None:
    job = None if job_id is None else await scope.rows(Job).find(job_id)
    if job_id is not None and (job is None or account_id not in (None, job.account_id)):
        return None
    if job is not None:
        return (await known_at(job.account_id, job, day)).facts
    if account_id is None:
        firm = await scope.rows(Firm).find(scope.firm_id)
        return None if firm is None else Facts(day=day, firm=firm.name)
    account = await scope.rows(Account).find(account_id)
    return None if account is None else (await known_at(account.id, None, day)).facts
