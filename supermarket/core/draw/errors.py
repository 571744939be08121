"""What can be wrong with anything that belongs to a draw."""


class DrawError(ValueError):
    """A pool file, source, value or record that breaks the format.

    `field` names the part that is wrong, as the record names it; `reason` is one English clause.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason
