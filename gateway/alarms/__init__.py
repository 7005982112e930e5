"""Alarms: what is wrong, whom it wakes, and who has said that he knows. Pure computing inside the control process."""
