"""Where a page stands in its list."""

from __future__ import annotations

import strawberry


@strawberry.type(description="Whether there is more, and from where.")
class PageInfo:
    """Relay's PageInfo (https://relay.dev/graphql/connections.htm#sec-undefined.PageInfo)."""

    has_next_page: bool = strawberry.field(description="Whether there are things after this page.")
    has_previous_page: bool = strawberry.field(description="Whether there are things before this page.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first thing; null on an empty page.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last thing; null on an empty page.")
