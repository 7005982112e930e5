"""Why a request gets no data: status, place, cause, next step."""


class Refusal(Exception):
    """A request that is not answered; `place` names the part of the request, `advice` what to do instead."""

    code = 400

    def __init__(self, place: str, cause: str, advice: str = "") -> None:
        super().__init__(f"{place}: {cause}")
        self.place = place
        self.cause = cause
        self.advice = advice


class Invalid(Refusal):
    """The query options do not make sense."""

    code = 400


class Absent(Refusal):
    """The path leads nowhere that this asker may see."""

    code = 404


class NotAllowed(Refusal):
    """Here is only reading."""

    code = 405


class NotBuilt(Refusal):
    """The standard has it, this service does not."""

    code = 501
