"""What the clients of the oracle ask for: a board, and what changes on it. Some of them hold the items of each job too:
to read these for everybody would take as long as all else."""

from functools import cache

_ITEMS = "items(first: 10) { nodes { id kind title open awaited } pageInfo { hasNextPage } }"
_CARD = """
fragment Card on Job {
  id version name position priority dueDate stage { id } pipeline { id } status { id name category }
  account { id name tags { id name } } assignees { id name } budget tracked blocked ...Linked
}
fragment Linked on Job {
  id openTaskCount openItemCount outstanding { itemId kind title awaited party } %s
}
"""
_BOARD = """
query Board($id: ID!) {
  pipeline(id: $id) { id name stages { id name position jobs(limit: 1000) { ...Card } } }
}
"""
_CHANGES = """
subscription Changes($pipelines: [ID!], $after: Revision, $epoch: ID) {
  boardChanges(pipelines: $pipelines, after: $after, epoch: $epoch) {
    revision previous resync epoch
    events {
      __typename
      ... on JobEvent { jobId job { ...Card } }
      ... on ItemEvent { linkedJob { ...Linked } }
      ... on TimeEvent { linkedJob { budget tracked } }
      ... on PipelineEvent { pipelineId pipeline { id name stages { id name position } } }
      ... on StageEvent { pipelineId stageId stage { id name position } }
      ... on StatusEvent { statusId status { id name category } }
      ... on AccountEvent { accountId account { id name tags { id name } } }
      ... on TagEvent { tagId tag { id name } }
      ... on MemberEvent { memberId member { id name } }
    }
  }
}
"""

#: Read first: what comes later is at least as new as this revision.
OVERVIEW = "{ revision epoch pipelines(first: 100) { nodes { id } } }"


@cache
def board(*, holds_items: bool) -> str:
    """The query of a board."""
    return _BOARD + _card(holds_items)


@cache
def changes(*, holds_items: bool) -> str:
    """The subscription to what changes on boards."""
    return _CHANGES + _card(holds_items)


def _card(holds_items: bool) -> str:
    return _CARD % (_ITEMS if holds_items else "")


SIGN_IN = """
mutation SignIn($input: SignInInput!) { signIn(input: $input) { accessToken errors { code message retryAfter } } }
"""
