"""Reports, as clients ask for them and see them. Each is a module of what it is called, filtered by and made of."""

from schema.reports import capacity, flow, jobs, time

#: In this order they are printed.
REPORTS = (*time.REPORTS, *jobs.REPORTS, *capacity.REPORTS, *flow.REPORTS)
