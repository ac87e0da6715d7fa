"""Every command that there is, found by walking over the modules of the domain."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import models
from models.actions import Command


def every_command() -> Iterator[Command[..., Any]]:
    """Each once; of one that another stands for, that other."""
    found: dict[str, Command[..., Any]] = {}
    for module in pkgutil.walk_packages(models.__path__, "models."):
        if ".migrations" in module.name:
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, Command) and not name.startswith("_"):
                known = found.setdefault(value.action.name, value)
                assert known is value, f"Two commands are {value.action.name}: {name} of {module.name} is the second."
    yield from found.values()
