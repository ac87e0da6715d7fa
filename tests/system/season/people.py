"""The people of a firm in a tax season: members open jobs, do their tasks, and hand in what clients owe. All of it goes
over the API of whichever server answers, again and again until one does."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from models.ids import Kind, encode, new_id
from models.sign_in import issue_for
from tests.system.oracle.processes import Server
from tests.system.season.practice import DOCUMENTS, ENTRY, LETTER, Practice

#: In seconds: how long an answer may take before somebody else is asked, and between two looks at what there is to do.
PATIENCE, GLANCE = 4.0, 0.1
#: So many calls of a firm at once.
AT_ONCE = 4
#: What is told by a server that ends, or whose database is away or has lost a transaction: it is asked again.
AGAIN = {"TIMEOUT", "UNAVAILABLE", "INTERNAL"}
#: And what a refusal says of which only the moment is wrong.
BUSY = "BUSY"

_TO_DO = """query ToDo {
  tasks(first: 20, filter: {state: [PLANNED]}) { nodes { id name job { id } } }
  clientRequests(first: 20, filter: {state: [PENDING]}) { nodes { id } }
  organizers(first: 20, filter: {state: [PENDING]}) { nodes { id } }
}"""


@dataclass
class People:
    """Those of one firm."""

    practice: Practice
    servers: Sequence[Server]
    chance: random.Random
    http: aiohttp.ClientSession
    #: Why something had to be asked again, and how often.
    again: Counter[str] = field(default_factory=Counter)
    #: Whether somebody is at something.
    busy: bool = False
    _seen_to: set[str] = field(default_factory=set)

    async def open_jobs(self) -> None:
        """Open what is to be opened, in order."""
        for wanted in self.practice.jobs:
            await self._do(
                "createJob",
                id=encode(Kind.JOB, new_id()),
                name=wanted.name,
                priority=wanted.priority.value,
                accountId=encode(Kind.ACCOUNT, wanted.account),
                pipelineId=encode(Kind.PIPELINE, self.practice.pipeline.id),
            )

    async def keep_working(self) -> None:
        """Do whatever there is to do, as soon as it is there."""
        few = asyncio.Semaphore(AT_ONCE)

        async def see_to(work: Coroutine[Any, Any, None]) -> None:
            async with few:
                await work

        while True:
            found = list(self._to_do(await self._ask(_TO_DO, {})))
            self.busy = bool(found)
            await asyncio.gather(*map(see_to, found))
            if not found:
                await asyncio.sleep(GLANCE)

    def _to_do(self, there: dict[str, Any]) -> Iterator[Coroutine[Any, Any, None]]:
        does = {"tasks": self._do_task, "clientRequests": self._submit, "organizers": self._hand_in}
        for name, do in does.items():
            for each in there[name]["nodes"]:
                if each["id"] not in self._seen_to:
                    self._seen_to.add(each["id"])
                    yield do(each)

    async def _do_task(self, task: dict[str, Any]) -> None:
        await self._once("setTaskState", taskId=task["id"], state="COMPLETED")
        if task["name"].startswith(LETTER):
            stage = encode(Kind.STAGE, self.practice.stages[DOCUMENTS].id)
            await self._once("moveJob", jobId=task["job"]["id"], stageId=stage)

    async def _submit(self, request: dict[str, Any]) -> None:
        answers = [{"key": ENTRY, "text": "Here"}]
        await self._once("answerClientRequest", clientRequestId=request["id"], answers=answers)
        await self._once("submitClientRequest", clientRequestId=request["id"])

    async def _hand_in(self, organizer: dict[str, Any]) -> None:
        await self._once("submitOrganizer", organizerId=organizer["id"])

    async def _once(self, mutation: str, **given: Any) -> None:
        """With a key: however often it is sent, it is done once."""
        await self._do(mutation, idempotencyKey=str(new_id()), **given)

    async def _do(self, mutation: str, **given: Any) -> None:
        type = f"{mutation[0].upper()}{mutation[1:]}Input"
        query = f"mutation Do($input: {type}!) {{ did: {mutation}(input: $input) {{ errors {{ reason message }} }} }}"
        while errors := (await self._ask(query, {"input": given}))["did"]["errors"]:
            assert [error["reason"] for error in errors] == [BUSY], (mutation, errors)
            self.again[BUSY] += 1
            await asyncio.sleep(GLANCE)

    async def _ask(self, query: str, variables: dict[str, Any]) -> Any:
        while True:
            told = await self._asked(query, variables)
            if "data" in told and "errors" not in told:
                return told["data"]
            codes = {error["extensions"]["code"] for error in told["errors"]}
            assert codes <= AGAIN, told
            self.again.update(codes)
            await asyncio.sleep(GLANCE)

    async def _asked(self, query: str, variables: dict[str, Any]) -> Any:
        url, most = self.chance.choice(self.servers).url, aiohttp.ClientTimeout(PATIENCE)
        try:
            async with self.http.post(url, json={"query": query, "variables": variables}, timeout=most) as answer:
                return json.loads(await answer.read())
        except (aiohttp.ClientError, TimeoutError, ValueError, OSError):
            return {"errors": [{"extensions": {"code": "TIMEOUT"}}]}


@asynccontextmanager
async def people_of(practice: Practice, servers: Sequence[Server], chance: random.Random) -> AsyncIterator[People]:
    """They have signed in."""
    token = await issue_for(practice.world.owner.id, 12)
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as http:
        yield People(practice, servers, chance, http)
