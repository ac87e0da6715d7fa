"""A change is on every open board."""

from models.ids import Kind, encode
from tests.serving import Api
from tests.world import World

BOARD = """
query Board($id: ID!) {
  revision
  pipeline(id: $id) { id name stages { id name jobs { id version name position stage { id } status { category }
    account { name } assignees { name } openTaskCount budget } } }
}"""
CHANGES = """
subscription Changes($pipelines: [ID!], $after: Revision) {
  boardChanges(pipelines: $pipelines, after: $after) {
    revision previous resync
    events { __typename revision actor { kind member { name } }
      ... on JobEvent { jobId job { id name version stage { id } position } } }
  }
}"""
MOVE = """
mutation Move($input: MoveJobInput!) { moveJob(input: $input) { job { id version stage { name } } revision
  errors { code message path } } }"""


async def test_a_move_is_on_an_open_board(world: World, api: Api) -> None:
    job = await world.job()
    _, doing, _ = await world.stages()
    pipeline = encode(Kind.PIPELINE, world.pipeline.id)
    board = await api.post(world.employee, BOARD, id=pipeline)
    assert board["data"]["pipeline"]["stages"][0]["jobs"][0]["name"] == "1040"
    assert board["data"]["pipeline"]["stages"][0]["jobs"][0]["budget"] is None
    assert board["errors"][0]["extensions"] == {"code": "FORBIDDEN", "right": "MANAGE_TIME_BUDGETS"}
    async with api.socket(world.employee) as socket:
        await socket.subscribe(CHANGES, pipelines=[pipeline], after=board["data"]["revision"])
        first = (await socket.next())["boardChanges"]
        assert first == {
            "revision": board["data"]["revision"],
            "previous": board["data"]["revision"],
            "resync": False,
            "events": [],
        }
        move = {"jobId": encode(Kind.JOB, job.id), "stageId": encode(Kind.STAGE, doing.id)}
        moved = (await api.ask(world.admin, MOVE, input=move))["moveJob"]
        assert moved["errors"] == []
        assert moved["job"]["stage"] == {"name": "Doing"}
        change = (await socket.next())["boardChanges"]
        assert (change["revision"], change["previous"]) == (moved["revision"], first["revision"])
        (event,) = change["events"]
        assert event["__typename"] == "JobMoved"
        assert event["job"]["stage"]["id"] == move["stageId"]
        assert event["actor"] == {"kind": "MEMBER", "member": {"name": "Adam Admin"}}
