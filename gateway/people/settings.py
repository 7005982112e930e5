"""The people of a farm: who works there and whom an alarm wakes."""

from typing import Annotated, Literal, get_args

from pydantic import Field

from gateway.parts import Key, Name, Part

Phone = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")]
Role = Literal["owner", "worker", "technician", "neighbour", "officer"]
ROLES: tuple[Role, ...] = get_args(Role)


class PersonSettings(Part):
    """One person; `phone` with the country's code, `urls` what apprise understands (Telegram, e-mail and the like).

    Owners, workers and technicians can have an account under their `id`; neighbours and officers are only called.
    """

    id: Key
    name: Name
    role: Role = "worker"
    phone: Phone | None = None
    language: Literal["vi", "en"] = "vi"
    urls: list[Annotated[str, Field(min_length=5, max_length=400)]] = []
