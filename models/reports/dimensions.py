"""Dimensions that several reports share, over the SQL of their own rows."""

from models.ids import Kind
from models.reports.parts import Dimension, Links


def account(column: str) -> Dimension:
    """By the client."""
    return Dimension("account", column, Kind.ACCOUNT)


def tag(account: str) -> Dimension:
    """By each tag of the account."""
    return Dimension("tag", account, Kind.TAG, links=Links("account_tag", "account_id", "tag_id"))


def pipeline(column: str) -> Dimension:
    """By the pipeline."""
    return Dimension("pipeline", column, Kind.PIPELINE)


def days(column: str) -> tuple[Dimension, Dimension, Dimension]:
    """By day, by the first day of the firm's week, and by the first of the month. Days are the firm's already: no time
    zone moves them."""
    # 1900 began with a Monday.
    since_start = f"({column} - DATE '1900-01-01' + 7 - {{week_start}}) % 7"
    return (
        Dimension("day", column),
        Dimension("week", f"{column} - {since_start}"),
        Dimension("month", f"date_trunc('month', {column}::timestamp)::date"),
    )
