"""What clients are asked: client requests, organizers, and what is to be done in chats."""

from __future__ import annotations

import strawberry

from models import checklists
from models.bounds import CLIENT_TASKS, QUESTIONS, REQUEST_ENTRIES, SECTIONS
from models.ids import Kind
from models.items import organizer_content
from models.items.messages import MOST_MESSAGES, Written, last_messages_of
from schema.field_resolvers import TypeCheck
from schema.items.client_requests import ClientRequestState
from schema.items.organizers import OrganizerState, QuestionType
from schema.portal.base import shown
from schema.portal.items import PortalItem, items
from schema.scalars import Date, DateTime, Decimals
from schema.types.base import column, loaded, value


@strawberry.type(description="One thing that you are asked for.")
class RequestEntry:
    """Its objects are `models.items.request_entries.RequestEntry`."""

    key: str = column("What it is known by, among those of its request.")
    prompt: str = column("What is asked for.")
    required: bool = column("Whether the request cannot be submitted without an answer to it.")
    answer: str | None = column("The text that was answered so far.")
    answered: bool = column("Whether there is an answer: a text, files or both.")


@shown(Kind.CLIENT_REQUEST)
class ClientRequest(PortalItem):
    """A checklist that you are asked to fill in: one that names you among those who are asked, or nobody."""

    description: str = column("What you are told about it, in Markdown: clean what you make of it.")
    due_date: Date | None = column("By when it is to be submitted.")
    state: ClientRequestState = column("Where it stands.")
    submitted_at: DateTime | None = column("When it was submitted; null while it is pending.")
    entries: list[RequestEntry] = value(
        lambda request: request.asked, f"What is asked for, in order: {REQUEST_ENTRIES} entries."
    )


@strawberry.type(description="That an earlier question, which is shown, has one of certain answers.")
class OrganizerCondition:
    """Its objects are `models.items.organizer_questions.Condition`."""

    question: str = column("The key of the question.")
    values: list[str] = value(
        lambda condition: condition.values, "The answers, of which it has one: options, or YES or NO.", size=2
    )


@strawberry.type(description="An answer to a question: one of these, by the question's type.")
class OrganizerAnswer:
    """Its objects are `models.items.organizer_answers.Answer`."""

    text: str | None = column("Of a TEXT.")
    number: Decimals | None = column("Of a NUMBER.")
    day: Date | None = column("Of a DATE.")
    yes: bool | None = column("Of a YES_NO: whether it is yes.")
    choices: list[str] | None = value(
        lambda answer: answer.choices,
        "Of a CHOICE: the chosen options, in the order in which they are offered.",
        size=1,
    )
    file_names: list[str] | None = value(
        lambda answer: answer.file_names,
        "Of a FILE: what the files are called that you gave in another way than through here.",
        size=1,
    )


@strawberry.type(description="A question of an organizer, with the answer to it.")
class OrganizerQuestion:
    """Its objects are `models.items.organizer_content.AskedQuestion`."""

    key: str = value(lambda asked: asked.question.key, "What it is known by, among those of its organizer.")
    prompt: str = value(lambda asked: asked.question.prompt, "What is asked.")
    type: QuestionType = value(lambda asked: asked.question.type, "What it is answered with.")
    required: bool = value(
        lambda asked: asked.question.required, "Whether it must be answered, where it is shown, before the submission."
    )
    options: list[str] = value(
        lambda asked: asked.question.options, "What can be chosen; none but of a CHOICE.", size=2
    )
    several: bool = value(lambda asked: asked.question.several, "Whether more than one option can be chosen.")
    shown_when: list[OrganizerCondition] = value(
        lambda asked: asked.question.shown_when, "It is shown where all of these hold; of none, always.", size=1
    )
    shown: bool = column("Whether it is shown after the present answers.")
    answer: OrganizerAnswer | None = column("What was answered so far.")


@strawberry.type(description="Questions under a title.")
class OrganizerSection:
    """Its objects are `models.items.organizer_content.AskedSection`."""

    title: str = column("What it is called.")
    questions: list[OrganizerQuestion] = value(lambda section: section.questions, "Its questions, in order.", size=5)


@shown(Kind.ORGANIZER)
class Organizer(PortalItem):
    """Questions that you are asked to answer, once they were sent: of those who are asked you are one, or nobody is
    named."""

    due_date: Date | None = column("By when it is to be submitted.")
    state: OrganizerState = column("Where it stands.")
    sent_at: DateTime | None = column("When it was sent.")
    submitted_at: DateTime | None = column("When it was submitted; null while it is not.")
    sealed: bool = value(lambda organizer: organizer.sealed, "Whether nothing of it changes any more.")
    question_count: int = column("How many questions are shown after the present answers.")
    answered_count: int = column("How many of them have an answer.")
    sections: list[OrganizerSection] = loaded(
        lambda organizer, context: context.load.parts(organizer_content.sections_of, organizer.id),
        f"What is asked, in order: {SECTIONS} sections, with {QUESTIONS} questions together, and the answers.",
        size=3,
    )


@strawberry.type(description="Something that you are asked for in a chat.")
class ClientTask:
    """Its objects are `models.checklists.ChecklistEntry`."""

    number: int = column("What it is known by in its chat: no other one there has it, or ever had it.")
    name: str = column("What you are asked for.")
    checked: bool = column("Whether it is done.")
    checked_at: DateTime | None = column("When it was checked off; null while it is open.")

    is_type_of = TypeCheck(lambda source: isinstance(source, checklists.ChecklistEntry))


@strawberry.type(description="What was written in a chat.")
class Message:
    """Its objects are `models.items.messages.Written`."""

    number: int = column("Which one it is of its chat, from 1: a chat's messages are in this order.")
    text: str | None = column(
        "What it says, in Markdown; null once it was retracted. It may hold HTML: clean what you make of it before you "
        "show it."
    )
    created_at: DateTime = column("When it was written.")
    edited_at: DateTime | None = column("When its author last changed it; null where they did not.")

    is_type_of = TypeCheck(lambda source: isinstance(source, Written))


@shown(Kind.CHAT)
class Chat(PortalItem):
    """A thread of messages with the firm, with what you are asked for in it."""

    subject: str = column("What it is about.")
    client_tasks: list[ClientTask] = loaded(
        lambda chat, context: context.load.checklist(chat),
        f"What you are asked for, in the order in which it is to be shown; at most {CLIENT_TASKS.most}.",
        size=5,
    )
    messages: list[Message] = loaded(
        lambda chat, context: context.load.parts(last_messages_of, chat.id),
        f"What was written in it, in the order in which it was: the last {MOST_MESSAGES}.",
        size=20,
    )


LISTS = (
    items(Kind.CLIENT_REQUEST, "What the firm requests of you, newest first.", "A client request."),
    items(Kind.ORGANIZER, "The organizers that the firm sent you, newest first.", "An organizer."),
    items(Kind.CHAT, "Your chats with the firm, newest first.", "A chat."),
)
