"""The timer of whoever is deactivated: those with the right to others' time hear of its end with that of its member."""

from models.commands.members import deactivate_member
from models.commands.time import update_time_entry
from models.commands.timers import start_timer
from models.ids import Kind, encode
from tests.serving import Api
from tests.world import World

STREAM = """subscription { boardChanges { revision events { __typename
  ... on TimerStopped { minutes timeEntry { id minutes running flags member { active } } actor { member { id } } }
  ... on MemberDeactivated { memberId }
  ... on TimeEntryUpdated { timeChanges { field before after } timeEntry { flags } } } } }"""


async def test_the_end_of_a_timer_comes_with_that_of_its_member(world: World, api: Api) -> None:
    timer = (await start_timer(world.acting(world.employee), account_id=world.account.id)).value
    entry = encode(Kind.TIME_ENTRY, timer.id)
    async with api.socket(world.owner) as socket:
        await socket.subscribe(STREAM)
        await socket.next()
        outcome = await deactivate_member(world.acting(world.admin), member_id=world.employee.id)
        told = (await socket.next())["boardChanges"]
        assert told["revision"] == str(outcome.revision)
        events = {event.pop("__typename"): event for event in told["events"]}
        assert events == {
            "MemberDeactivated": {"memberId": encode(Kind.MEMBER, world.employee.id)},
            "TimerStopped": {
                "minutes": 1,
                "timeEntry": {
                    "id": entry,
                    "minutes": 1,
                    "running": False,
                    "flags": ["STOPPED_BY_ANOTHER"],
                    "member": {"active": False},
                },
                "actor": {"member": {"id": encode(Kind.MEMBER, world.admin.id)}},
            },
        }
        await update_time_entry(world.acting(world.admin), time_entry_id=timer.id, minutes=30)
        (event,) = (await socket.next())["boardChanges"]["events"]
        assert event["timeEntry"] == {"flags": []}
        changed = {change["field"]: (change["before"], change["after"]) for change in event["timeChanges"]}
        assert changed == {"minutes": ("1", "30"), "flags": ('["STOPPED_BY_ANOTHER"]', "[]")}


async def test_a_client_stops_the_timer_that_it_names(world: World, api: Api) -> None:
    timer = (await start_timer(world.acting(world.employee), account_id=world.account.id)).value
    stop = (
        "mutation Stop($i: StopTimerInput!) { stopTimer(input: $i) "
        "{ timeEntry { running flags } errors { code path right } } }"
    )
    given = {"timeEntryId": encode(Kind.TIME_ENTRY, timer.id)}
    assert (await api.ask(world.stranger, stop, i=given))["stopTimer"] == {
        "timeEntry": None,
        "errors": [{"code": "NOT_FOUND", "path": ["input", "timeEntryId"], "right": None}],
    }
    assert (await api.ask(world.owner, stop, i={}))["stopTimer"]["errors"] == [
        {"code": "RULE", "path": ["input"], "right": None}
    ]
    assert (await api.ask(world.owner, stop, i=given))["stopTimer"] == {
        "timeEntry": {"running": False, "flags": ["STOPPED_BY_ANOTHER"]},
        "errors": [],
    }
