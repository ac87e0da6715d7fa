"""What automations of each type do for a job: by the very commands that people call."""

from models.automation.effects import accounts as accounts
