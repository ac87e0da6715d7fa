"""Pages of jobs and of tasks, for the things that have them."""

from schema.types.jobs import Job, Task
from schema.types.pages import connection

JobConnection = connection(Job, "jobs")
TaskConnection = connection(Task, "tasks")
