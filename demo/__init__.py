"""Two firms to look at and to try things on: their people, their boards, and traffic that keeps them moving."""

from demo.people import PASSWORD as PASSWORD
from demo.seeding import seed as seed
