"""Bringing a programme's published catalogue in."""

from django.db import transaction

from points.models import Programme
from rewards.models import Reward

PICTURES = {
    "rice": Reward.Picture.RICE,
    "oil": Reward.Picture.OIL,
    "voucher": Reward.Picture.VOUCHER,
}


@transaction.atomic
def load_catalogue(*, programme: Programme) -> list[Reward]:
    """Make a reward of each line in `extras["catalogue"]` that is not there by its name yet.

    What a manager changed since stays changed; a second time makes nothing. Locks the programme.
    """
    programme = Programme.objects.select_for_update().get(pk=programme.pk)
    there = {reward.name: reward for reward in Reward.objects.filter(programme=programme)}
    rewards = []
    for order, line in enumerate(programme.extras.get("catalogue", []), start=1):
        reward = there.get(line["name"])
        if reward is None:
            yuan = line.get("yuan")
            reward = Reward.objects.create(
                programme=programme,
                kind=Reward.Kind.VOUCHER if yuan else Reward.Kind.GOODS,
                name=line["name"],
                name_en=line.get("name_en", ""),
                note=line.get("note", ""),
                picture=PICTURES.get(line["code"].split("_")[0], Reward.Picture.GIFT),
                points=line["points"],
                value_fen=yuan * 100 if yuan else line["points"] * 100 // programme.points_per_yuan,
                valid_days=line.get("valid_days", 90 if yuan else 30),
                order=order * 10,
            )
        rewards.append(reward)
    return rewards
