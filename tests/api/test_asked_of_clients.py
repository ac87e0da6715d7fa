"""What clients are asked, as it is sent, answered and read: each type of question, and who sees it."""

from typing import Any

from models.ids import Kind, encode
from models.rights import Right, Role
from models.rows import AccountMember, Member
from tests.serving import Api
from tests.world import World

CREATE = """
mutation Create($input: CreateOrganizerInput!) {
  createOrganizer(input: $input) { organizer { id questionCount answeredCount } errors { code path } }
}"""
SEND = "mutation Send($input: OrganizerInput!) { sendOrganizer(input: $input) { errors { code } } }"
ANSWER = """
mutation Answer($input: AnswerOrganizerInput!) {
  answerOrganizer(input: $input) {
    organizer {
      questionCount
      answeredCount
      sections { questions { key shown answer { text number day yes choices fileNames } } }
    }
    errors { code path reason }
  }
}"""
SECTIONS = "sections { title questions { key prompt type required options several shownWhen { question values } } }"
READ = f"query Read($id: ID!) {{ organizer(id: $id) {{ title awaited answeredCount {SECTIONS} }} }}"


def question(key: str, type: str, **more: Any) -> dict[str, Any]:
    usual = {"prompt": f"{key}?", "required": True, "options": [], "several": False, "shownWhen": []}
    return {"key": key, "type": type, **usual, **more}


ASKED = [
    {
        "title": "You",
        "questions": [
            question("name", "TEXT"),
            question("owns", "YES_NO"),
            question("lender", "TEXT", shownWhen=[{"question": "owns", "values": ["YES"]}]),
        ],
    },
    {
        "title": "Work",
        "questions": [
            question("states", "CHOICE", options=["NY", "NJ"], several=True),
            question("days", "NUMBER", required=False),
            question("since", "DATE"),
            question("w2", "FILE"),
        ],
    },
]
NOTHING = dict.fromkeys(("text", "number", "day", "yes", "choices", "fileNames"))
ANSWERS: dict[str, dict[str, Any]] = {
    "name": {"text": "Ada"},
    "owns": {"yes": False},
    "states": {"choices": ["NJ", "NY"]},
    "days": {"number": "12.50"},
    "since": {"day": "2026-02-28"},
    "w2": {"fileNames": ["w2.pdf"]},
}


async def drawn_up(api: Api, member: Member, account: str) -> str:
    """The id of an organizer that was sent."""
    given = {"accountId": account, "title": "2026", "sections": ASKED}
    made = (await api.ask(member, CREATE, input=given))["createOrganizer"]
    assert (made["errors"], made["organizer"]["questionCount"]) == ([], 6)
    sent = await api.ask(member, SEND, input={"organizerId": made["organizer"]["id"]})
    assert sent["sendOrganizer"]["errors"] == []
    return str(made["organizer"]["id"])


async def test_an_answer_of_each_type_is_read_as_it_was_sent(world: World, api: Api) -> None:
    organizer = await drawn_up(api, world.owner, encode(Kind.ACCOUNT, world.account.id))
    given = {"organizerId": organizer, "answers": [{"key": key, **answer} for key, answer in ANSWERS.items()]}
    answered = (await api.ask(world.owner, ANSWER, input=given))["answerOrganizer"]
    assert answered["errors"] == []
    found = [each for section in answered["organizer"]["sections"] for each in section["questions"]]
    kept = ANSWERS | {"states": {"choices": ["NY", "NJ"]}}
    assert {each["key"]: each["answer"] for each in found} == {
        "lender": None,
        **{key: NOTHING | answer for key, answer in kept.items()},
    }
    assert [each["key"] for each in found if not each["shown"]] == ["lender"]
    assert (answered["organizer"]["questionCount"], answered["organizer"]["answeredCount"]) == (6, 6)
    # What was asked is read as it was sent, too.
    assert (await api.ask(world.owner, READ, id=organizer))["organizer"]["sections"] == ASKED


async def test_what_is_wrong_with_answers_is_told_where_it_was_sent(world: World, api: Api) -> None:
    organizer = await drawn_up(api, world.owner, encode(Kind.ACCOUNT, world.account.id))
    answers = [
        {"key": "w2", "fileNames": ["w2.pdf", "a\nb"]},
        {"key": "states", "choices": ["MA"]},
        {"key": "owns", "text": "Yes"},
        {"key": "passport", "text": "A"},
    ]
    refused = await api.ask(world.owner, ANSWER, input={"organizerId": organizer, "answers": answers})
    assert [(error["path"], error["reason"]) for error in refused["answerOrganizer"]["errors"]] == [
        (["input", "answers", "0", "fileNames", "1"], "CHARACTER"),
        (["input", "answers", "1", "choices", "0"], "NOT_ONE_OF"),
        (["input", "answers", "2", "text"], "TYPE"),
        (["input", "answers", "3", "key"], "NOT_ONE_OF"),
    ]


async def test_without_the_right_an_organizer_is_seen_without_what_it_asks(world: World, api: Api) -> None:
    organizer = await drawn_up(api, world.owner, encode(Kind.ACCOUNT, world.account.id))
    answer = await api.post(world.employee, READ, id=organizer)
    assert answer["data"]["organizer"] == {
        "title": "2026",
        "awaited": "SUBMISSION",
        "answeredCount": 0,
        "sections": None,
    }
    assert [error["extensions"]["right"] for error in answer["errors"]] == ["MANAGE_ORGANIZERS"]
    reader = await world.member("Rita Reader", Role.EMPLOYEE, Right.MANAGE_ORGANIZERS)
    await AccountMember.create(account_id=world.account.id, member_id=reader.id)
    assert (await api.ask(reader, READ, id=organizer))["organizer"]["sections"] == ASKED


REQUEST = """
mutation Request($input: CreateClientRequestInput!) {
  createClientRequest(input: $input) {
    clientRequest { id entries { key prompt required answer } } errors { code path }
  }
}"""
ANSWER_REQUEST = """
mutation Answer($input: AnswerClientRequestInput!) {
  answerClientRequest(input: $input) {
    clientRequest { entryCount answeredCount entries { key answer } } errors { code path }
  }
}"""


async def test_what_is_asked_for_is_answered_by_its_keys(world: World, api: Api) -> None:
    entries = [{"key": "w2", "prompt": "Your W-2"}, {"key": "rent", "prompt": "Rent", "required": False}]
    given = {"accountId": encode(Kind.ACCOUNT, world.account.id), "title": "Papers", "entries": entries}
    made = (await api.ask(world.employee, REQUEST, input=given))["createClientRequest"]
    assert made["clientRequest"]["entries"] == [
        {"key": "w2", "prompt": "Your W-2", "required": True, "answer": None},
        {"key": "rent", "prompt": "Rent", "required": False, "answer": None},
    ]
    request = made["clientRequest"]["id"]
    given = {"clientRequestId": request, "answers": [{"key": "w2", "text": "In the mail"}]}
    answered = (await api.ask(world.employee, ANSWER_REQUEST, input=given))["answerClientRequest"]
    assert answered["clientRequest"] == {
        "entryCount": 2,
        "answeredCount": 1,
        "entries": [{"key": "w2", "answer": "In the mail"}, {"key": "rent", "answer": None}],
    }
    given["answers"] = [{"key": "w2"}, {"key": "passport", "text": "A"}]
    refused = (await api.ask(world.employee, ANSWER_REQUEST, input=given))["answerClientRequest"]
    assert refused["errors"] == [{"code": "INVALID", "path": ["input", "answers", "1", "key"]}]
