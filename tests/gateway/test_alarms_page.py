"""The page of alarms, before a real control process whose passes are made by hand."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.process import ControlProcess
from gateway.web.server import make_app
from tests.gateway.farms import FARM, Steps, sample, small_farm

PEOPLE = '\n[[person]]\nid = "lan"\nname = "Chị Lan"\n\n[[person]]\nid = "bac"\nname = "Bác"\nrole = "neighbour"\n'


class House:
    """One farm: control, pages, and a phone that is signed in."""

    def __init__(self, folder: Path) -> None:
        farm = small_farm(folder, FARM + PEOPLE)
        self.steps = Steps()
        self.control = ControlProcess(farm, self.steps.clock())
        self.app = make_app(farm, folder / "farm.toml")
        self.desk: Any = self.app.state.desk
        self.phone = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://farm")
        self._number = 0

    @contextlib.asynccontextmanager
    async def open(self, who: str | None = "lan") -> AsyncIterator["House"]:
        """Everything runs."""
        self.control.journal.open()
        await self.control.link.start()
        listening = asyncio.create_task(self.desk.link.run())
        if who is not None:
            self.phone.cookies.set("session", self.desk.people.begin(who))
        try:
            yield self
        finally:
            listening.cancel()
            await self.phone.aclose()
            await self.control.link.stop()
            self.control.journal.close()

    async def live(self, do_mg_l: float, after_s: float = 10.0) -> None:
        """A sample and a pass; the page hears of it."""
        self.steps.forward(after_s)
        self._number += 1
        self.control.control.take("node-1", sample(self._number, self.steps.now_s, do_mg_l), 10.0)
        before = self.desk.link.received_s
        while self.desk.link.received_s == before:
            self.control._pass()
            await asyncio.sleep(0.01)

    async def page(self, path: str) -> str:
        answer = await self.phone.get(path)
        assert answer.status_code == 200, (path, answer.text)
        return answer.text

    async def press(self, path: str, **form: Any) -> str:
        answer = await self.phone.post(path, data=form)
        assert answer.status_code == 200, (path, answer.text)
        return answer.text


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


async def test_an_alarm_says_what_is_wrong_and_what_to_do_and_one_thumb_acknowledges_it(house: House) -> None:
    async with house.open():
        await house.live(4.5)
        assert "Không có báo động" in await house.page("/alarms")
        assert "alarm-bar" not in await house.page("/alarms/bar")
        await house.live(3.9)
        page = await house.page("/alarms")
        for words in (
            "Ao 1: Oxy thấp",
            "KHẨN CẤP",
            "CHƯA AI BIẾT",
            "Ngừng cho ăn",
            "Oxy có thể xuống mức nguy hiểm",
            "Còi",
        ):
            assert words in page
        assert "1 báo động chưa ai xác nhận" in await house.page("/alarms/bar")
        assert "1 báo động chưa ai xác nhận" in await house.page("/")
        assert 'hx-get="/alarms/bar"' in await house.page("/more")
        answer = await house.press("/alarms/1/acknowledge")
        assert "Chị Lan đã biết" in answer
        assert "Tôi đã biết" not in answer
        assert "alarm-bar" not in await house.page("/alarms/bar")


async def test_alarms_that_fail_say_so_on_every_page(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_facts: object) -> None:
        raise ArithmeticError("broken")

    async with house.open():
        monkeypatch.setattr(house.control.alarms, "step", broken)
        await house.live(4.5)
        assert "Báo động bị lỗi" in await house.page("/alarms/bar")


async def test_oxygen_is_put_off_for_a_quarter_of_an_hour_and_no_more(house: House) -> None:
    async with house.open():
        await house.live(3.9)
        assert "Không hoãn lâu như vậy được" in await house.press("/alarms/1/shelve", minutes="480")
        assert "Hoãn 15 phút" in await house.page("/alarms")
        assert "đang hoãn – hoãn, còn 15" in await house.press("/alarms/1/shelve", minutes="15")
        assert "CHƯA AI BIẾT" in await house.press("/alarms/1/unshelve")
        assert "không còn nữa" in await house.press("/alarms/99/acknowledge")


async def test_the_button_tests_the_alarm_and_the_history_tells_of_it(house: House) -> None:
    async with house.open():
        await house.live(5.0)
        assert "Đang thử" in await house.press("/alarms/test")
        await house.live(5.0, 1)
        assert house.control.keepers["panel-1"]._wish.siren
        page = await house.page("/alarms")
        assert "Thử báo động" in page
        await house.press("/alarms/0/acknowledge")
        await asyncio.to_thread(house.control.journal.flush)
        history = await house.page("/alarms/history")
        assert "Chị Lan đã biết: Thử báo động" in history
        assert "Thử báo động" not in (await house.page("/events"))


async def test_cards_that_have_not_changed_stay_under_the_thumb(house: House) -> None:
    async with house.open():
        await house.live(3.9)
        page = await house.page("/alarms/list")
        mark = page.split("have=")[1].split('"')[0]
        assert (await house.phone.get(f"/alarms/list?have={mark}")).status_code == 204
        await house.press("/alarms/1/acknowledge")
        assert (await house.phone.get(f"/alarms/list?have={mark}")).status_code == 200


async def test_a_stranger_sees_and_presses_nothing(house: House) -> None:
    async with house.open(None):
        await house.live(3.9)
        assert (await house.phone.get("/alarms")).status_code == 303
        assert (await house.phone.post("/alarms/1/acknowledge", headers={"hx-request": "true"})).status_code in (
            204,
            401,
        )
        assert house.control.snapshot()["alarms"]["list"][0]["state"] == "unack"


async def test_without_control_the_page_says_so(house: House) -> None:
    async with house.open():
        await house.live(3.9)
        await house.control.link.stop()
        await asyncio.sleep(0.05)
        assert "Bộ điều khiển không trả lời" in await house.press("/alarms/1/acknowledge")
