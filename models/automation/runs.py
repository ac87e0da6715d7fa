"""Runs of automations: what one had to do for a job, and what came of it."""

from models.rows import AutomationRun, register

register(AutomationRun)
