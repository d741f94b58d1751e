"""Who may hold points. Owners live on other floors, so the ledger knows them by kind and id."""

from typing import NamedTuple


class Holder(NamedTuple):
    """A holder of a running account: `kind` is person, household or merchant."""

    kind: str
    id: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


def person(user_id: int) -> Holder:
    return Holder("person", user_id)


def household(household_id: int) -> Holder:
    return Holder("household", household_id)


def merchant(merchant_id: int) -> Holder:
    return Holder("merchant", merchant_id)
