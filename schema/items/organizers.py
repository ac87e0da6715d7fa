"""Organizers, as members draw them up, send them and, on behalf of clients, answer and submit them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import strawberry

from models.bounds import (
    ANSWER_FILES,
    FILE_NAMES,
    FILES_OF_THING,
    JOBS_OF_ITEM,
    OPTIONS,
    QUESTIONS,
    RECIPIENTS,
    SECTIONS,
    SHOWN_WHEN,
)
from models.filtering import Among, Filled, ForRecipient, LinkedToJob, Within
from models.ids import Kind
from models.items import organizer_answers, organizer_content, organizer_questions, organizers
from models.items.organizer_questions import QuestionType as _QuestionType
from models.items.organizers import OrganizerState as _OrganizerState
from models.searching import Matches
from models.seen import named
from models.texts import ANSWER, ENTRY_KEY, NAME, PROMPT
from schema.declarations import listing, mutation
from schema.describing import described
from schema.inputs.base import (
    Expecting,
    Keyed,
    change,
    change_id_of,
    clearable,
    id_of,
    input_type,
    maybe_id_of,
    needed,
    optional,
    own_id,
)
from schema.inputs.filters import FOUND_BY, DateFilter, IdFilter, asks, asks_ids, filter_type
from schema.inputs.tasks import AtAccountOrJob
from schema.items.clients import ForClient, recipients
from schema.items.linking import links
from schema.scalars import Date, DateTime, Decimals
from schema.types.base import column, jobs_of_item, loaded, value
from schema.types.contacts import Contact
from schema.types.files import File, files_named, files_of
from schema.types.items import LinkedItem, linked_item
from schema.types.jobs import Job

OrganizerState: Any = described(
    _OrganizerState,
    "OrganizerState",
    "Where an organizer stands.",
    DRAFT="It has not been sent.",
    PENDING="The client is to answer and submit it.",
    SUBMITTED="The client submitted it.",
)

QuestionType: Any = described(
    _QuestionType,
    "QuestionType",
    "What a question is answered with.",
    TEXT="A text of any number of lines.",
    NUMBER="A number.",
    DATE="A day.",
    YES_NO="Yes or no.",
    CHOICE="One of its options, or several.",
    FILE="Files, or what those are called that came in another way.",
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
        "Of a FILE: what the files are called that the client gave in another way than through here.",
        size=1,
    )
    files: list[File] = files_named(lambda answer: answer.file_ids or (), "Of a FILE: those that they gave.")


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
    answer: OrganizerAnswer | None = column("What the client answered so far.")


@strawberry.type(description="Questions under a title.")
class OrganizerSection:
    """Its objects are `models.items.organizer_content.AskedSection`."""

    title: str = column("What it is called.")
    questions: list[OrganizerQuestion] = value(lambda section: section.questions, "Its questions, in order.", size=5)


@linked_item(Kind.ORGANIZER)
class Organizer(LinkedItem):
    """Questions that a client is to answer. Whoever sees the account sees it, and what is asked and answered with the
    right MANAGE_ORGANIZERS."""

    due_date: Date | None = column("By when it is to be submitted.")
    state: OrganizerState = column("Where it stands.")
    sent_at: DateTime | None = column("When it was sent; null for a draft.")
    submitted_at: DateTime | None = column("When it was submitted; null while it is not.")
    sealed: bool = value(lambda organizer: organizer.sealed, "Whether nothing of it changes any more.")
    sealed_at: DateTime | None = column("When it was sealed.")
    recipients: list[Contact] = recipients()
    question_count: int = column("How many questions are shown after the present answers.")
    answered_count: int = column("How many of them have an answer.")
    sections: list[OrganizerSection] | None = loaded(
        lambda organizer, context: context.load.parts(organizer_content.sections_of, organizer.id),
        f"What is asked, in order: {SECTIONS} sections, with {QUESTIONS} questions together, and the answers.",
        size=3,
    )
    files: list[File] = files_of(
        f"The files of all answers, at most {FILES_OF_THING.most}, in the order in which they came. What they are "
        "called and what is in them needs the right too."
    )
    jobs: list[Job] = jobs_of_item(
        f"The jobs it is linked to, at most {JOBS_OF_ITEM.most}, as far as you see them, in the order in which it was."
    )


@input_type
class OrganizerConditionInput:
    """That an earlier question, which is shown, has one of certain answers."""

    question: str = needed("The key of an earlier question of the type YES_NO or CHOICE.")
    values: list[str] = needed(f"The answers, of which it has one: {OPTIONS} of its options, or YES or NO.")

    @staticmethod
    def build(question: str, values: Sequence[str]) -> organizer_questions.Condition:
        """The condition that the command takes."""
        return organizer_questions.Condition(question, tuple(values))


@input_type
class OrganizerQuestionInput:
    """What to ask."""

    key: str = needed(f"What it is to be known by: {ENTRY_KEY.bounds}, of which no other question has the same.")
    prompt: str = needed(f"What is asked: {PROMPT.bounds}.")
    type: QuestionType | None = optional("What it is answered with; TEXT when left out.")
    required: bool | None = optional("Whether it must be answered where it is shown; true when left out.")
    options: list[str] | None = optional(f"Of a CHOICE, what can be chosen: {OPTIONS} of {NAME.bounds}.")
    several: bool | None = optional("Of a CHOICE, whether more than one can be chosen; false when left out.")
    shown_when: list[OrganizerConditionInput] | None = optional(
        f"It is shown where all of these hold, at most {SHOWN_WHEN.most}; always when left out."
    )

    @staticmethod
    def build(
        key: str,
        prompt: str,
        type: organizer_questions.QuestionType = organizer_questions.QuestionType.TEXT,
        required: bool = True,
        options: Sequence[str] = (),
        several: bool = False,
        shown_when: Sequence[organizer_questions.Condition] = (),
    ) -> organizer_questions.Question:
        """The question that the command takes."""
        return organizer_questions.Question(key, prompt, type, required, tuple(options), several, tuple(shown_when))


@input_type
class OrganizerSectionInput:
    """Questions to ask under a title."""

    title: str = needed(f"What it is called: {NAME.bounds}.")
    questions: list[OrganizerQuestionInput] = needed("Its questions, in order.")

    @staticmethod
    def build(title: str, questions: Sequence[organizer_questions.Question]) -> organizer_questions.Section:
        """The section that the command takes."""
        return organizer_questions.Section(title, tuple(questions))


@input_type
class OrganizerAnswerInput:
    """What the client answers to a question: one of these, by its type. With none of them the answer is taken back."""

    key: str = needed("The key of the question.")
    text: str | None = optional(f"To a TEXT: {ANSWER.bounds}.")
    number: Decimals | None = optional("To a NUMBER: up to fifteen digits before the point, and six after it.")
    day: Date | None = optional("To a DATE.")
    yes: bool | None = optional("To a YES_NO.")
    choices: list[str] | None = optional("To a CHOICE: one of its options, or, where several can be chosen, some.")
    file_names: list[str] | None = optional(
        "To a FILE: what the files are called that the client gave, in another way than through here, "
        f"{FILE_NAMES} of {NAME.bounds}."
    )
    file_ids: list[strawberry.ID] | None = maybe_id_of(
        Kind.FILE,
        f"To a FILE: {ANSWER_FILES} files that you have uploaded and nothing has taken, or that the organizer has "
        "already. Not beside names.",
    )

    @staticmethod
    def build(
        key: str,
        text: str | None = None,
        number: Decimal | None = None,
        day: date | None = None,
        yes: bool | None = None,
        choices: Sequence[str] | None = None,
        file_names: Sequence[str] | None = None,
        file_ids: Sequence[UUID] | None = None,
    ) -> organizer_answers.Answering:
        """The answer that the command takes."""
        listed: list[Any] = [None if each is None else tuple(each) for each in (choices, file_names, file_ids)]
        return organizer_answers.Answering(key, organizer_answers.Answer(text, number, day, yes, *listed))


_TITLE = f"What it is called, also for the client: {NAME.bounds}."
_RECIPIENTS = f"The contacts of the account who are asked; at most {RECIPIENTS.most}"
_SECTIONS = f"What is asked, in order: {SECTIONS} sections, with {QUESTIONS} questions together"


@input_type
class CreateOrganizerInput(AtAccountOrJob, Keyed):
    """What a client is to answer."""

    id: strawberry.ID | None = own_id(Kind.ORGANIZER)
    title: str = needed(_TITLE)
    due_date: Date | None = optional("By when it is to be submitted.")
    sections: list[OrganizerSectionInput] = needed(f"{_SECTIONS}.")
    recipient_ids: list[strawberry.ID] | None = maybe_id_of(
        Kind.CONTACT, f"{_RECIPIENTS}. None when left out: anybody of theirs may answer."
    )


@input_type
class UpdateOrganizerInput(Expecting):
    """What to change about an organizer. What is left out stays."""

    organizer_id: strawberry.ID = id_of(Kind.ORGANIZER, "The organizer.")
    title: str | None = change(_TITLE)
    due_date: Date | None = clearable("By when it is to be submitted. Null for no day.")
    sections: list[OrganizerSectionInput] | None = change(
        f"{_SECTIONS}, in place of all that it has; as long as nothing is answered."
    )
    recipient_ids: list[strawberry.ID] | None = change_id_of(
        Kind.CONTACT, f"{_RECIPIENTS}. Just these, besides those out of your sight."
    )


@input_type
class OrganizerInput(Expecting):
    """Which organizer."""

    organizer_id: strawberry.ID = id_of(Kind.ORGANIZER, "The organizer.")


@input_type
class AnswerOrganizerInput(ForClient):
    """What the client answers to an organizer."""

    organizer_id: strawberry.ID = id_of(Kind.ORGANIZER, "The organizer.")
    answers: list[OrganizerAnswerInput] = needed(
        "From one answer to one for each of its questions. Those that none is for keep what they have."
    )


@input_type
class SubmitOrganizerInput(ForClient):
    """Which organizer is submitted."""

    organizer_id: strawberry.ID = id_of(Kind.ORGANIZER, "The organizer.")


@filter_type
class OrganizerFilter:
    """Which organizers. All that is given must hold."""

    account: IdFilter | None = asks_ids(Kind.ACCOUNT, Among("account_id"), "For one of these accounts.")
    job: IdFilter | None = asks_ids(Kind.JOB, LinkedToJob(), "Linked to one of these jobs.")
    recipient: IdFilter | None = asks_ids(Kind.CONTACT, ForRecipient(), "For one of these contacts by name.")
    search: str | None = asks(Matches(Kind.ORGANIZER), FOUND_BY)
    state: list[OrganizerState] | None = asks(Among("state"), "In one of these states.")
    sealed: bool | None = asks(Filled("sealed_at"), "Only sealed ones, or only the others; both when left out.")
    due: DateFilter | None = asks(Within("due_date"), "By due date.")
    created_by: IdFilter | None = asks_ids(Kind.MEMBER, Among("created_by_id"), "Made by one of these members.")


MUTATIONS = (
    mutation(organizers.create_organizer, CreateOrganizerInput),
    mutation(organizers.update_organizer, UpdateOrganizerInput),
    mutation(organizers.send_organizer, OrganizerInput),
    mutation(organizers.answer_organizer, AnswerOrganizerInput),
    mutation(organizers.submit_organizer, SubmitOrganizerInput),
    mutation(organizers.unsubmit_organizer, OrganizerInput),
    mutation(organizers.seal_organizer, OrganizerInput),
    *links(organizers.link_organizer, organizers.unlink_organizer),
    mutation(organizers.delete_organizer, OrganizerInput),
)
LISTS = (
    listing(
        named(Kind.ORGANIZER),
        OrganizerFilter,
        order="-created_at",
        description="The organizers that you see, newest first.",
        one="An organizer.",
    ),
)
