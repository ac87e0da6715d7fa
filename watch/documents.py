"""What is asked of the API.

The board and its changes ask for the same fields of each kind of thing, so that what a change brings can take the
place of what the board brought. A card says where it is only in the changes: on the board its place says so.
"""

WHO = """
query Who { viewer { rights member { name } firm { id name } } }
"""

PIPELINES = """
query Pipelines($after: String) {
  pipelines(first: 100, after: $after) { nodes { id name } pageInfo { hasNextPage endCursor } }
}
"""

SIGN_IN = """
mutation SignIn($input: SignInInput!) {
  session: signIn(input: $input) { accessToken expiresAt refreshToken errors { message retryAfter } }
}
"""

REFRESH = """
mutation Refresh($input: RefreshSessionInput!) {
  session: refreshSession(input: $input) { accessToken expiresAt refreshToken errors { message retryAfter } }
}
"""

_PARTS = """
fragment PipelineParts on Pipeline { __typename id version name cardFields jobOrder }
fragment StageParts on Stage { __typename id version name position timeLimit }
fragment StatusParts on Status { __typename id version name nameOrder category color countsAsOverdue }
fragment MemberParts on Member { __typename id version name nameOrder active }
fragment TagParts on Tag { __typename id version name nameOrder color }
fragment AccountParts on Account { __typename id version name archived tags { ...TagParts } }
fragment Card on Job {
  __typename id version name priority startDate dueDate deadline position createdAt stageEnteredAt archivedAt
  openTaskCount blocked period { text }
  description @include(if: $descriptions)
  budget @include(if: $budgets) tracked @include(if: $budgets)
  clientStatus { visible name color }
  status { ...StatusParts } account { ...AccountParts } assignees { ...MemberParts }
}
"""

#: `$budgets`: whether the viewer has the right MANAGE_TIME_BUDGETS. `$descriptions`: whether cards show them, which may
#: be long. `$cards`: how many of a stage at most.
BOARD = (
    """
query Board($id: ID!, $budgets: Boolean!, $descriptions: Boolean! = false, $cards: Int! = 500) {
  revision epoch
  firm { __typename id name timeZone }
  pipeline(id: $id) {
    ...PipelineParts
    stages { ...StageParts jobs(limit: $cards) { ...Card } }
    statuses { ...StatusParts }
  }
}
"""
    + _PARTS
)

CHANGES = (
    """
subscription Changes(
  $pipelines: [ID!], $after: Revision, $epoch: ID, $budgets: Boolean!, $descriptions: Boolean! = false
) {
  boardChanges(pipelines: $pipelines, after: $after, epoch: $epoch) {
    revision previous resync epoch
    events {
      __typename revision at
      actor { kind label member { ...MemberParts } }
      ... on JobEvent { jobId job { ...Card ...Place } }
      ... on JobMoved { fromStageId toStageId }
      ... on JobDeleted { name }
      ... on TaskEvent { taskId task { __typename id name state } linkedJob { __typename id name openTaskCount } }
      ... on TimeEvent { timeEntryId linkedJob { __typename id name tracked @include(if: $budgets) } }
      ... on PipelineEvent { pipelineId pipeline {
        ...PipelineParts stages { ...StageParts } statuses { ...StatusParts }
      } }
      ... on StageEvent { stageId pipelineId stage { ...StageParts } }
      ... on StatusEvent { statusId pipelineId status { ...StatusParts } }
      ... on AccountEvent { accountId account { ...AccountParts } }
      ... on MemberEvent { memberId member { ...MemberParts } }
      ... on TagEvent { tagId tag { ...TagParts } }
      ... on FirmUpdated { changes { field after } }
    }
  }
}
fragment Place on Job { stage { __typename id name } pipeline { __typename id name } }
"""
    + _PARTS
)
