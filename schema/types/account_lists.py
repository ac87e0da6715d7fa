"""Pages of accounts, for the things that have them."""

from schema.types.accounts import Account
from schema.types.pages import connection

AccountConnection = connection(Account, "accounts")
