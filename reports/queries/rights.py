"""Who is in charge of what. The doors ask first; the actions ask again under the lock."""

from accounts.models import StaffRole, User
from accounts.states import Role


def is_manager(user: User, market_id: int) -> bool:
    """Whether the person manages this market."""
    return (
        user.is_active
        and StaffRole.objects.filter(user=user, role=Role.MANAGER, market=market_id).exists()
    )


def is_handler(user: User, department_id: int) -> bool:
    """Whether the person puts things right for this department."""
    return (
        user.is_active
        and StaffRole.objects.filter(
            user=user, role=Role.HANDLER, department=department_id
        ).exists()
    )
