"""What the clients of the oracle ask for: a board, and what changes on it."""

CARD = """
fragment Card on Job {
  id version name position priority dueDate stage { id } pipeline { id } status { id name category }
  account { id name tags { id name } } assignees { id name } openTaskCount budget tracked
}
"""

#: Read first: what comes later is at least as new as this revision.
OVERVIEW = "{ revision epoch pipelines(first: 100) { nodes { id } } }"

BOARD = (
    """
query Board($id: ID!) {
  pipeline(id: $id) { id name stages { id name position jobs(limit: 1000) { ...Card } } }
}
"""
    + CARD
)

CHANGES = (
    """
subscription Changes($pipelines: [ID!], $after: Revision, $epoch: ID) {
  boardChanges(pipelines: $pipelines, after: $after, epoch: $epoch) {
    revision previous resync epoch
    events {
      __typename
      ... on JobEvent { jobId job { ...Card } }
      ... on TaskEvent { linkedJob { id openTaskCount } }
      ... on TimeEvent { linkedJob { id budget tracked } }
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
    + CARD
)

SIGN_IN = """
mutation SignIn($input: SignInInput!) { signIn(input: $input) { accessToken errors { code message retryAfter } } }
"""
