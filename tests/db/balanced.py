"""What must hold of the money in a database after every test, whatever the test did."""

from sqlalchemy import Connection

from activities.db import invoices, money_ledger
from domain.money_ledger import Book


def assert_balanced(connection: Connection) -> None:
    """Every transfer sums to zero, and so do all accounts; numbers have no gaps; nobody's deposit is below nothing."""
    assert money_ledger.unbalanced(connection) == []
    balances = money_ledger.balances(connection)
    assert sum(balances.values()) == 0
    assert invoices.gaps(connection) == []
    assert [account for account, cents in balances.items() if account.book is Book.DEPOSIT and cents > 0] == []
