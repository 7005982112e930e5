"""What a crop came to, where its figures support it."""

from cloud.crops.models import Crop

SPECIES = ("vannamei", "monodon", "other")


def fcr(crop: Crop) -> float | None:
    """Feed per harvest, kg/kg, of a crop that is over; postlarvae weigh next to nothing and are left out."""
    if crop.harvested_on is None or not crop.harvest_kg or not crop.feed_kg:
        return None
    return crop.feed_kg / crop.harvest_kg


def survival(crop: Crop) -> float | None:
    """The share (0 to 1) of the stocked animals that were harvested; None where more came out than went in."""
    if crop.harvested_on is None or not crop.harvest_kg or not crop.per_kg or not crop.stocked_count:
        return None
    share = crop.harvest_kg * crop.per_kg / crop.stocked_count
    return share if share <= 1 else None


def contradicts(crop: Crop) -> bool:
    """More animals were harvested than stocked: one of the figures is wrong."""
    known = crop.harvest_kg and crop.per_kg and crop.stocked_count
    return bool(known) and survival(crop) is None and crop.harvested_on is not None
