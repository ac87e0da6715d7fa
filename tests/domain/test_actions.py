"""What a command declares: its action, who may do it, what it makes. What is not declared is for nobody."""

from typing import Any

import pytest

from models.audiences import Audience
from models.commands import client_statuses, imports, jobs, members, time
from models.results import Result
from models.rights import EVERY_MEMBER, Requirement, Right, Role
from models.rows import ClientStatus, Job, Member, TimeEntry
from tests.commands import every_command


def test_a_command_says_what_it_makes() -> None:
    assert client_statuses.create_client_status.makes == (ClientStatus, False)
    assert time.log_time.makes == (TimeEntry, False)
    assert jobs.assign_jobs.makes == (Job, True)
    assert members.change_password.makes == (Member, False), "It stands for the command that changes it."


def test_what_clients_read_is_the_first_paragraph() -> None:
    assert client_statuses.update_client_status.summary == "Change a template. The copies that jobs hold stay."
    assert members.create_member.summary == "Add somebody to the team."


def test_every_command_says_what_it_does_and_makes() -> None:
    commands = list(every_command())
    assert len(commands) > 50
    for command in commands:
        assert command.summary.endswith("."), command
        made = command.makes.model
        assert issubclass(made, Result) or made.policy, command


def test_what_stands_for_a_command_is_the_same_action() -> None:
    assert members.create_member.action is members._create_member.action
    assert members.create_member.action.needs == Requirement(right=Right.MANAGE_TEAM)


def test_an_action_is_spoken_in_words() -> None:
    assert imports.import_jobs.action.spoken == "Import jobs"
    assert imports.import_jobs.action.needs == Requirement(role=Role.ADMIN)


@pytest.mark.parametrize("asks", [{}, {"unless_own": True}, {"right": Right.MANAGE_TAGS, "role": Role.ADMIN}], ids=str)
def test_what_requires_nothing_is_no_requirement(asks: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="nothing but to be a member"):
        Requirement(**asks)


def test_that_every_member_may_has_to_be_said() -> None:
    assert EVERY_MEMBER.met_by(Audience.TEAM, Role.EMPLOYEE, frozenset())
    with pytest.raises(TypeError):
        Requirement(right=Right.MANAGE_TAGS, every_member=True)
