"""Kinds of things that are one module in each room: models/ has its row, its events and its commands, schema/ its type,
its inputs, its mutations and its list. A new one is a name here, and a line in `models.ids.Kind`."""

from importlib import import_module
from types import ModuleType

#: `items.notes` for models/items/notes.py and schema/items/notes.py. Linked items are in `items`, what the firm has for
#: its own people and accounts in `firm`. Templates are beside what is in them, files beside what keeps their bytes,
#: automations beside what they do, mail beside what sends it, recurrences beside what says when they come.
MODULES: tuple[str, ...] = (
    "items.notes",
    "items.client_requests",
    "items.wiki_pages",
    "items.chats",
    "items.messages",
    "items.organizers",
    "items.invoices",
    "items.payments",
    "items.payment_providers",
    "items.provider_deliveries",
    "items.folders",
    "items.documents",
    "items.proposals",
    "firm.absences",
    "firm.account_roles",
    "firm.contacts",
    "firm.account_contacts",
    "firm.personal_tokens",
    "firm.saved_views",
    "templates.templates",
    "files.files",
    "automation.automations",
    "automation.runs",
    "mail.mails",
    "reminding.reminders",
    "recurrences.recurrences",
    "recurrences.occurrences",
)


def modules_in(room: str) -> list[ModuleType]:
    """Their modules in a room, `models` or `schema`."""
    return [import_module(f"{room}.{name}") for name in MODULES]
