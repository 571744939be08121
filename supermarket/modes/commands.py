"""What an office asks of the modes room, as frozen values; the forms make them."""

from dataclasses import dataclass

from supermarket.modes.combining import StageWanted


@dataclass(frozen=True)
class ModeWording:
    """A region's own mode as its office words it; a sentence left empty is put together from the stages."""

    region_code: str
    label: str
    label_zh: str
    stages: tuple[StageWanted, ...]
    fewest_valid: int
    fewest_after_extension: int
    owner_accepts_fewer: bool = False
    sentence: str = ""
    sentence_zh: str = ""
