"""What is aimed at, beside what was found."""

from collections.abc import Iterable
from dataclasses import dataclass

from bench.measure import heading, table


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure of the table in the design. `found` is None when it could not be measured."""

    figure: str
    found: float | None
    wanted: float
    at_least: bool = False
    unit: str = ""

    @property
    def verdict(self) -> str:
        """Reached, missed, or not measured."""
        if self.found is None:
            return "not measured"
        reached = self.found >= self.wanted if self.at_least else self.found <= self.wanted
        return "reached" if reached else "missed"

    @property
    def wish(self) -> str:
        """Such as: >= 0.8."""
        return f"{'>=' if self.at_least else '<='} {self.wanted:g}{self.unit}"


def print_goals(goals: Iterable[Goal]) -> None:
    """One line each."""
    rows = [(goal.figure, "-" if goal.found is None else goal.found, goal.wish, goal.verdict) for goal in goals]
    if rows:
        heading("Goals")
        table(["", "found", "goal", ""], rows)
