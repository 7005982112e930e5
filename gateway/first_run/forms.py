"""What people typed in the first run, as parts of the draft."""

from typing import Any

from gateway.first_run.draft import Draft, DraftPerson, DraftPond
from gateway.numbers import number_typed
from gateway.people.phones import international
from gateway.people.settings import ROLES
from gateway.text import Text

MOST_PEOPLE = 12


def ponds_typed(form: Any, draft: Draft, words: Text) -> list[DraftPond]:
    """A node without a pond's name is left out; so is a panel that has no output ticked."""
    found = []
    for at, node in enumerate(draft.nodes):
        name = str(form.get(f"name-{at}", "")).strip()[:60]
        if not name:
            continue
        panel = next((board for board in draft.panels if board.key == form.get(f"panel-{at}")), None)
        outputs = {int(text) for text in form.getlist(f"aerator-{at}") if str(text).isdigit()}
        aerators = sorted(outputs & set(range(1, panel.aerators + 1))) if panel else []
        found.append(
            DraftPond(
                name=name,
                node=node.key,
                panel=panel.key if panel and aerators else "",
                aerators=aerators,
                area_m2=number_typed(str(form.get(f"area-{at}", "")), words.language),
                power_kw=number_typed(str(form.get(f"power-{at}", "")), words.language),
            )
        )
    return found


def people_typed(form: Any) -> list[DraftPerson]:
    """Lines without a name are left out."""
    found = []
    for at in range(MOST_PEOPLE):
        name = str(form.get(f"name-{at}", "")).strip()[:60]
        phone = international(str(form.get(f"phone-{at}", "")))
        role = str(form.get(f"role-{at}", ""))
        if name:
            found.append(DraftPerson(name, phone, role if role in ROLES else "worker"))
    return found
