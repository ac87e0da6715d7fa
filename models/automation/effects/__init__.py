"""What automations of each type do for a job: by the very commands that people call."""

from models.automation.effects import accounts as accounts
from models.automation.effects import asking as asking
from models.automation.effects import clients as clients
from models.automation.effects import jobs as jobs
from models.automation.effects import letters as letters
from models.automation.effects import pages as pages
from models.automation.effects import tasks as tasks
