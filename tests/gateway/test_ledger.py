"""Rows leave the outbox only on the cloud's word."""

from gateway.uplink.ledger import CONFIRM_S, Ledger


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def ledger(clock: Clock, window: int = 2) -> Ledger:
    return Ledger(clock, session="s", window=window, rows_per_message=3, backlog_rows_per_s=10)


def test_rows_on_their_way_are_not_sent_twice() -> None:
    made = ledger(Clock())
    made.send([("sample", 1), ("sample", 2)], backlog=False)
    assert made.waiting([("sample", 1), ("sample", 2), ("sample", 3), ("event", 1)]) == [("sample", 3), ("event", 1)]


def test_the_window_closes_and_opens() -> None:
    made = ledger(Clock())
    number = made.send([("sample", 1)], backlog=False)
    made.send([("sample", 2)], backlog=False)
    assert not made.room
    assert made.confirm(number) == [("sample", 1)]
    assert made.room


def test_an_unknown_confirmation_confirms_nothing() -> None:
    made = ledger(Clock())
    number = made.send([("sample", 1)], backlog=False)
    assert made.confirm("s-99") == []
    assert made.confirm(number) == [("sample", 1)]
    assert made.confirm(number) == []


def test_what_is_not_confirmed_in_time_is_sent_again_and_stays_unconfirmed() -> None:
    clock = Clock()
    made = ledger(clock)
    number = made.send([("sample", 1)], backlog=False)
    clock.now_s += CONFIRM_S + 1
    made.give_up_late()
    assert made.waiting([("sample", 1)]) == [("sample", 1)]
    assert made.unconfirmed_since_s == 100.0
    assert made.confirm(number) == [("sample", 1)]
    made.release([("sample", 1)])
    again = made.send([("sample", 1)], backlog=False)
    made.confirm(again)
    assert made.unconfirmed_since_s is None


def test_a_lost_connection_gives_all_rows_back() -> None:
    made = ledger(Clock())
    made.send([("sample", 1)], backlog=False)
    made.disconnected()
    assert made.room
    assert made.waiting([("sample", 1)]) == [("sample", 1)]


def test_the_backlog_has_a_rate() -> None:
    clock = Clock()
    made = ledger(clock, window=100)
    clock.now_s += 1000
    assert made.backlog_budget() == 20
    made.send([("sample", n) for n in range(20)], backlog=True)
    assert made.backlog_budget() == 0
    clock.now_s += 0.5
    assert made.backlog_budget() == 5
