"""What an advice may be, over REST and in the officer's form alike."""

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from cloud.advisories.models import Advisory, Answer
from cloud.ids import MOST_ID

AdviceKind = Literal["salinity_front", "heat", "heavy_rain", "disease_nearby", "other"]
Severity = Literal["minor", "moderate", "severe"]
Certainty = Literal["observed", "likely", "possible", "unknown"]
PondKind = Literal["intensive", "semi_intensive", "rice_shrimp", "improved_extensive"]
Phase = Literal["", "preparing", "stocking", "growing", "harvest"]
State = Literal["draft", "issued", "withdrawn"]
ADVICE_KINDS: tuple[AdviceKind, ...] = get_args(AdviceKind)
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
CERTAINTIES: tuple[Certainty, ...] = get_args(Certainty)
POND_KINDS: tuple[PondKind, ...] = get_args(PondKind)
PHASES: tuple[Phase, ...] = get_args(Phase)

LONGEST_TITLE, LONGEST_BODY = 160, 4000
LATEST_S = 1e11

MISFITS = {
    "times": "valid_until must be later than valid_from",
    "english": "in English there are a title and a text, or neither",
    "nowhere": "name a commune or an extension area",
}

NO_SIGN = r"\x00-\x08\x0b\x0c\x0e-\x1f\uFFFE\uFFFF"
PLAIN = f"^[^{NO_SIGN}]*$"
WRITTEN = f"^[^{NO_SIGN}]*[^\\s{NO_SIGN}][^{NO_SIGN}]*$"

Plain = Annotated[str, Field(pattern=PLAIN), AfterValidator(str.strip)]
Written = Annotated[str, Field(min_length=1, pattern=WRITTEN), AfterValidator(str.strip)]
Code = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,20}$")]
At = Annotated[float, Field(ge=0, le=LATEST_S, allow_inf_nan=False)]


class AdvisoryIn(BaseModel):
    """An advice as an officer writes it; Unix seconds. Empty `pond_kinds` and `phase` mean all of them."""

    model_config = ConfigDict(extra="forbid")

    kind: AdviceKind
    severity: Severity = "moderate"
    certainty: Certainty = "likely"
    title_vi: Annotated[Written, Field(max_length=LONGEST_TITLE)]
    body_vi: Annotated[Written, Field(max_length=LONGEST_BODY)]
    title_en: Annotated[Plain, Field(max_length=LONGEST_TITLE)] = ""
    body_en: Annotated[Plain, Field(max_length=LONGEST_BODY)] = ""
    communes: Annotated[list[Code], Field(max_length=500)] = []
    areas: Annotated[list[Annotated[int, Field(ge=0, le=MOST_ID)]], Field(max_length=100)] = []
    pond_kinds: Annotated[list[PondKind], Field(max_length=4)] = []
    phase: Phase = ""
    valid_from: At
    valid_until: At

    def misfit(self) -> str:
        """Which of its parts do not fit each other: a key of MISFITS, empty where all do."""
        if self.valid_until <= self.valid_from:
            return "times"
        if bool(self.title_en) != bool(self.body_en):
            return "english"
        return "" if self.communes or self.areas else "nowhere"


class AdvisoryOut(BaseModel):
    """An advice; `communes` are the codes it is for, its extension areas among them. Unix seconds."""

    id: int
    kind: AdviceKind
    severity: Severity
    certainty: Certainty
    title_vi: str
    body_vi: str
    title_en: str
    body_en: str
    place: str
    communes: list[str]
    pond_kinds: list[PondKind]
    phase: Phase
    valid_from: float
    valid_until: float
    state: State
    author: str
    issued_at: float | None
    withdrawn_at: float | None


class DeliveryOut(BaseModel):
    """Where an advice is with one person and channel; times are null while it has not come there."""

    person: str
    channel: str
    delivered_at: float | None
    read_at: float | None


class AnswerIn(BaseModel):
    """What a farmer writes back."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: Annotated[Written, Field(max_length=1000)]


class AnswerOut(BaseModel):
    """An answer; Unix seconds."""

    person: str
    text: str
    at: float


def advisory_out(advisory: Advisory, communes: list[str]) -> AdvisoryOut:
    """An advice as the interface shows it."""
    own = {name: getattr(advisory, name) for name in AdvisoryOut.model_fields if name not in ("communes", "pond_kinds")}
    return AdvisoryOut.model_validate({**own, "communes": communes, "pond_kinds": kinds_of(advisory)})


def answer_out(answer: Answer, person: str) -> AnswerOut:
    """An answer as the interface shows it."""
    return AnswerOut(person=person, text=answer.text, at=answer.at)


def kinds_of(advisory: Advisory) -> list[str]:
    """The kinds of ponds that it is for; none means all."""
    return advisory.pond_kinds.split(",") if advisory.pond_kinds else []
