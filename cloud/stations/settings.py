"""`stations.toml` in the cloud's data folder: which folder is watched, and what is exported to whom."""

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cloud.stations.file_name import DEFAULT, FileName


class SettingsError(Exception):
    """stations.toml cannot be used; the text says where and why."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ImportSettings(_Part):
    """A watched folder and how its files are named."""

    folder: Path
    names: str = DEFAULT

    @model_validator(mode="after")
    def _names_stations(self) -> "ImportSettings":
        FileName(self.names)
        return self


class ExportSettings(_Part):
    """One station (by code), or one pond (by farm and pond), written every so many minutes to a folder or an FTP address.

    `target` is a folder, or ftp:// or ftps://user@host:port/folder with its password in `password_file`.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    station: str | None = None
    farm: str | None = None
    pond: str | None = None
    code: Annotated[str, Field(pattern=r"^[^/\\\x00-\x1f]{1,60}$")]
    names: str = DEFAULT
    province: str = ""
    facility: str = ""
    every_minutes: Annotated[int, Field(ge=1, le=60)] = 5
    target: str
    password_file: Path | None = None
    ca_file: Path | None = None
    symbols: dict[str, str] = {}

    @model_validator(mode="after")
    def _one_source(self) -> "ExportSettings":
        if (self.station is None) == (self.farm is None or self.pond is None):
            raise ValueError("name either `station`, or `farm` and `pond`")
        if 60 % self.every_minutes:
            raise ValueError("every_minutes must divide an hour")
        self.file_name()
        return self

    def file_name(self) -> FileName:
        """How files are named; ValueError."""
        return FileName(self.names, province=self.province, facility=self.facility)


class StationSettings(_Part):
    """Everything in stations.toml; without the file nothing is watched or exported."""

    import_: Annotated[list[ImportSettings], Field(alias="import")] = []
    export: list[ExportSettings] = []

    @model_validator(mode="after")
    def _ids_once(self) -> "StationSettings":
        ids = [export.id for export in self.export]
        if len(set(ids)) != len(ids):
            raise ValueError("two exports have the same id")
        return self


def read_station_settings(path: Path) -> StationSettings:
    """Settings from the file, none without one; SettingsError."""
    try:
        return StationSettings.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return StationSettings()
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in problem["loc"])
        raise SettingsError(
            f"{path}: {place or 'file'}: {problem['msg']}; mend it and start the cloud again"
        ) from error
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path}: {error}; mend it and start the cloud again") from error
