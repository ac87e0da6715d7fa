"""What happens by itself in the demo firm: the automations of its pipelines."""

from uuid import UUID

from demo.firms import DemoFirm
from demo.pipelines import Service
from models.automation.asking_settings import RequestSettings
from models.automation.automations import create_automation
from models.automation.task_settings import TaskSettings
from models.ids import Kind
from models.items.request_entries import RequestEntry
from models.seen import AutomationState, Stage, Status, named
from models.templates.job_tasks import JobTask
from models.templates.request_content import ClientRequestContent
from models.templates.templates import create_template

#: What clients are asked for under the status that waits for them. By this title it is found again.
REQUEST = "Last documents for the return"
_ASKED = ClientRequestContent(REQUEST, (RequestEntry("w2", "Form W-2 of each employer", required=False),))


async def add_automations(firm: DemoFirm, service: Service, pipeline_id: UUID) -> None:
    """Those of a pipeline that it lacks."""
    rows = await firm.scope.rows(named(Kind.AUTOMATION)).where(pipeline_id=pipeline_id)
    present = {row.name for row in rows}
    stages = {stage.name: stage.id for stage in await firm.scope.rows(Stage).where(pipeline_id=pipeline_id)}
    for name, tasks in service.tasks_of_stages.items():
        called = f"Tasks of {name}"
        if called not in present and name in stages:
            added = TaskSettings(tasks=tuple(map(JobTask, tasks)))
            stage = stages[name]
            await create_automation(
                firm.founder, name=called, trigger_stage_id=stage, state=AutomationState.ON, create_tasks=added
            )
    await _ask_under(firm, service, pipeline_id, present)


async def _ask_under(firm: DemoFirm, service: Service, pipeline_id: UUID, present: set[str]) -> None:
    if service.asks_under is None or REQUEST in present:
        return
    statuses = {status.name: status.id for status in await firm.scope.rows(Status).where(pipeline_id=pipeline_id)}
    if service.asks_under not in statuses:
        return
    asked = RequestSettings(await _template(firm))
    await create_automation(
        firm.founder,
        name=REQUEST,
        trigger_status_id=statuses[service.asks_under],
        state=AutomationState.ON,
        send_client_request=asked,
    )


async def _template(firm: DemoFirm) -> UUID:
    present = await firm.scope.rows(named(Kind.TEMPLATE)).where(name=REQUEST)
    if present:
        return UUID(str(present[0].id))
    made = await create_template(firm.founder, name=REQUEST, client_request=_ASKED)
    return made.value.id
